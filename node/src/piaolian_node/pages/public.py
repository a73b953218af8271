"""Public verification: a form, the address in the printed QR, and a result in parts."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from piaolian_node.pages.elements import Elements, given_elements, read_elements
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.wire import VerificationAnswer

Verify = Callable[[Request, Elements], Awaitable[VerificationAnswer | int]]
Allow = Callable[[Request], Awaitable[int | None]]

_HERE = Path(__file__).parent
# Nothing may be loaded from elsewhere, no script runs, nobody may frame the page.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TONES = {"match": "good", "mismatch": "bad", "not-found": "unknown", "unavailable": "unknown"}


def public_pages(verify: Verify, allow: Allow, department: str) -> APIRouter:
    """Return the routes of the public pages.

    Args:
        verify: Answers for well-formed elements, or returns the seconds after which they may be tried again.
        allow: Returns None, or the seconds after which this address may ask again.
        department: Name of the finance department that runs the node.
    """
    router = APIRouter(include_in_schema=False)
    templates = _templates()

    def page(status: int, **values: object) -> HTMLResponse:
        text = templates.get_template("verify.html").render(department=department, **values)
        return HTMLResponse(text, status_code=status, headers=SECURITY_HEADERS)

    def too_often(given: dict[str, str], retry_after: int) -> HTMLResponse:
        response = page(429, given=given, problems={}, answer=None, tone=None, retry_after=retry_after)
        response.headers["Retry-After"] = str(retry_after)
        return response

    @router.get("/")
    async def start() -> Response:
        return RedirectResponse("/verify")

    @router.get("/pages/style.css")
    async def style() -> Response:
        return FileResponse(_HERE / "static" / "style.css", media_type="text/css")

    @router.get("/v")
    @router.get("/verify")
    async def verification(request: Request) -> Response:
        given = given_elements(request.query_params)
        if not any(given.values()):
            return page(200, given=given, problems={}, answer=None, tone=None, retry_after=None)
        retry_after = await allow(request)
        if retry_after is not None:
            return too_often(given, retry_after)
        elements, problems = read_elements(given)
        if elements is None:
            return page(422, given=given, problems=problems, answer=None, tone=None, retry_after=None)
        answer = await verify(request, elements)
        if isinstance(answer, int):
            return too_often(given, answer)
        return page(200, given=given, problems={}, answer=answer, tone=_tone_of(answer), retry_after=None)

    return router


def _tone_of(answer: VerificationAnswer) -> str:
    # A receipt that was reversed or voided is authentic and of no use: that must not look green.
    if answer.result == "match" and answer.state not in {"stamped", "awaiting-stamp", "booked", "booking"}:
        return "caution"
    return _TONES[answer.result]


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["beijing"] = lambda moment: f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
    return environment
