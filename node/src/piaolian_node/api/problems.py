"""Errors as problem documents (RFC 9457). The one place where an error becomes an HTTP answer."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from piaolian_node.errors import CATALOGUE, CatalogueEntry, NodeError, RecordError, RefusedError
from piaolian_sdk.errors import ContractRefusedError, InputError, PiaolianError, RemoteError, SignerError

_logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = 2


def problem_members(error: PiaolianError, request_id: str | None = None) -> dict[str, Any]:
    """Return the members of the problem document of an error."""
    entry = entry_of(error)
    members: dict[str, Any] = {
        "type": f"/problems#{error.code}",
        "title": entry.title_zh,
        "status": entry.status,
        **error.to_problem(),
        "retry": entry.retry,
        "decided_by": "node",
        "request_id": request_id,
    }
    if isinstance(error, NodeError):
        members |= error.values
    if isinstance(error, ContractRefusedError):
        members["values"] = {name: _plain(value) for name, value in error.values.items()}
    return members


def entry_of(error: PiaolianError) -> CatalogueEntry:
    """Return status, title and retry of an error."""
    if error.code in CATALOGUE:
        return CATALOGUE[error.code]
    if isinstance(error, ContractRefusedError):
        return CatalogueEntry(_contract_status(error.code), error.message_zh[:40], _contract_retry(error.code))
    if isinstance(error, InputError):
        return CatalogueEntry(422, "内容不符合规则")
    if isinstance(error, RemoteError | SignerError):
        return CatalogueEntry(503, "后台服务暂不可用", "after")
    return CatalogueEntry(422, "验证不通过")


def _contract_status(code: str) -> int:
    if code.startswith("unknown-"):
        return 404
    if code.startswith("not-your-") or code in ("unit-is-restricted", "unit-overdue"):
        return 403
    return 409


def _contract_retry(code: str) -> Any:  # noqa: ANN401 # One of three literals.
    return "after" if code in ("payment-not-paid", "month-not-ended") else "never"


def _plain(value: object) -> object:
    return "0x" + value.hex() if isinstance(value, bytes) else value


def answer_problem(error: PiaolianError, request: Request) -> JSONResponse:
    """Return the HTTP answer for an error."""
    members = problem_members(error, getattr(request.state, "request_id", None))
    # The door counts refusals by this.
    request.state.problem_code = error.code
    headers = {}
    if members["retry"] == "after":
        seconds = error.values.get("retry_after_seconds") if isinstance(error, NodeError) else None
        headers["Retry-After"] = str(seconds or _RETRY_AFTER_SECONDS)
    return JSONResponse(members, status_code=members["status"], headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every error of the application that has a name answered as a problem document; ``Door`` does the others."""

    @app.exception_handler(PiaolianError)
    async def known(request: Request, exc: PiaolianError) -> JSONResponse:
        if isinstance(exc, RecordError) or entry_of(exc).status >= 500:
            _logger.error("request failed: %s", exc.code, extra={"request_id": request.state.request_id})
        return answer_problem(exc, request)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, exc: RequestValidationError) -> JSONResponse:
        return answer_problem(malformed_error(exc.errors()[0]), request)

    @app.exception_handler(HTTPException)
    async def routing(request: Request, exc: HTTPException) -> JSONResponse:
        return answer_problem(_routing_error(exc.status_code), request)


def _routing_error(status: int) -> RefusedError:
    """Return the error for what the framework refuses before a function of ours is called."""
    if status == 400:
        return RefusedError(
            "request-malformed",
            "the body cannot be read",
            "请求正文无法读取",
            remedy="see /openapi.json for the form of the request",
        )
    code = "method-not-allowed" if status == 405 else "address-unknown"
    return RefusedError(code, "there is nothing at this address", "该地址没有可用的服务", remedy="see /openapi.json")


def malformed_error(found: Any) -> RefusedError:  # noqa: ANN401 # pydantic's error dictionary.
    """Return the error for a request that is not of the API's form. The value itself is not repeated."""
    where = ".".join(str(part) for part in found["loc"] if part != "body")
    return RefusedError(
        "request-malformed",
        f"{where or 'the request'}: {found['msg']}",
        f"{where or '请求'} 格式有误：{found['msg']}",
        field=where or None,
        rule=str(found["type"]),
        remedy="see /openapi.json for the form of the request",
    )
