"""What every request passes first and every answer passes last.

1. A request gets an id, which its answer and the log name.
2. Its headers are short. Its body has at most as many bytes as its address takes, by what it declares and by what
   arrives, and keeps coming.
3. An error that nobody foresaw becomes a problem document, and the log names its class and place alone.
4. Every answer carries the headers that keep browsers from doing more than they should (OWASP ASVS 4.0.3, V14.4).
"""

import asyncio
import logging
import secrets
import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from piaolian_node.api.problems import answer_problem
from piaolian_node.errors import RefusedError
from piaolian_node.observation import Metrics
from piaolian_sdk.wire import paths

_logger = logging.getLogger(__name__)

# A batch of 1,000 documents of 20 KB in base64.
MAX_REQUEST_BYTES: Final = 32 << 20
# Everything that is no batch: one document of 20 KB with what belongs to it fits.
MAX_SMALL_REQUEST_BYTES: Final = 128 << 10
# Request line and headers: those of a signed request have about 1 KB.
MAX_HEADER_BYTES: Final = 16 << 10
_BATCHES: Final = frozenset(
    {
        paths.RECEIPTS_PREPARE,
        paths.RECEIPTS_SUBMIT,
        paths.NOTICES_PREPARE,
        paths.NOTICES_SUBMIT,
        paths.NOTICES_CANCEL,
        paths.REVERSALS_PREPARE,
        paths.REVERSALS_SUBMIT,
    }
)
# How long the next part of a body may take to arrive.
_PART_SECONDS: Final = 20.0
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
# Two years, as browsers' preload lists want it (RFC 6797).
_TLS_ONLY: Final = {"Strict-Transport-Security": "max-age=63072000"}


class Door:
    """Wraps the application; see the module.

    Args:
        app: The application.
        is_tls: Whether callers reach it over TLS alone.
        metrics: Counts requests and refusals, or None.
        part_seconds: How long the next part of a body may take.
    """

    def __init__(
        self, app: ASGIApp, *, is_tls: bool, metrics: Metrics | None = None, part_seconds: float = _PART_SECONDS
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = {**_HEADERS, **(_TLS_ONLY if is_tls else {})}
        self._part_seconds = part_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.monotonic()
        is_started = False

        async def answer(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                self._count(scope, message["status"], time.monotonic() - started)
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        limit = MAX_REQUEST_BYTES if scope["path"] in _BATCHES else MAX_SMALL_REQUEST_BYTES
        body = _Body(receive, limit, self._part_seconds)
        try:
            _require_short_headers(scope)
            body.require_room(_declared_bytes(scope))
            if limit == MAX_SMALL_REQUEST_BYTES:
                await body.read_ahead()
            await self._app(scope, body.receive, answer)
        except RefusedError as exc:
            await answer_problem(exc, Request(scope))(scope, receive, answer)
        except Exception as exc:
            _logger.exception("unexpected error", extra={"request_id": request_id})
            if is_started:
                raise
            await answer_problem(_internal(exc), Request(scope))(scope, receive, answer)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        if self._metrics is None:
            return
        # The template of the address, which names nobody; what is at no address of ours is one.
        path = getattr(scope.get("route"), "path", "none")
        self._metrics.requests.labels(scope["method"], path, str(status)).inc()
        self._metrics.request_seconds.labels(scope["method"], path).observe(seconds)
        code = scope["state"].get("problem_code")
        if code is not None:
            self._metrics.refusals.labels(code).inc()


class _Body:
    """Counts what arrives of a body."""

    def __init__(self, receive: Receive, limit: int, part_seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._part_seconds = part_seconds
        self._count = 0
        self._is_complete = False
        self._ahead: list[Message] = []

    def require_room(self, count: int) -> None:
        """Refuse a body of so many bytes.

        Raises:
            RefusedError: ``request-too-large``.
        """
        if count > self._limit:
            raise RefusedError(
                "request-too-large",
                f"a request to this address may have at most {self._limit} bytes",
                f"该地址的请求不得超过 {self._limit} 字节",
                remedy="send fewer items in a batch",
                values={"max_request_bytes": self._limit},
            )

    async def read_ahead(self) -> None:
        """Take the whole body before the application sees the request.

        Raises:
            RefusedError: ``request-too-large`` or ``request-too-slow``.
        """
        while not self._is_complete:
            self._ahead.append(await self._next())

    async def receive(self) -> Message:
        """Return the next part.

        Raises:
            RefusedError: ``request-too-large`` or ``request-too-slow``.
        """
        if self._ahead:
            return self._ahead.pop(0)
        # After the body there is only the end of the connection, which may take as long as it likes.
        return await (self._receive() if self._is_complete else self._next())

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout(self._part_seconds):
                message = await self._receive()
        except TimeoutError as exc:
            raise RefusedError(
                "request-too-slow",
                f"the next part of the request did not arrive within {self._part_seconds:g} seconds",
                "请求正文传输过慢",
                remedy="send the request again",
            ) from exc
        self._count += len(message.get("body", b""))
        self._is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        self.require_room(self._count)
        return message


def _require_short_headers(scope: Scope) -> None:
    """Refuse long headers; the server itself bounds what has not arrived whole."""
    count = len(scope.get("raw_path", b"")) + len(scope["query_string"])
    if count + sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        raise RefusedError(
            "request-headers-too-large",
            f"address and headers may have at most {MAX_HEADER_BYTES} bytes",
            f"请求地址与请求头不得超过 {MAX_HEADER_BYTES} 字节",
            remedy="send what is long in the body",
        )


def _declared_bytes(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _internal(cause: Exception) -> RefusedError:
    error = RefusedError(
        "internal-error",
        "the node failed; the request may be sent again with the same Idempotency-Key",
        "系统内部错误，可用同一幂等键重发",
        remedy="tell the operator the request id",
    )
    error.__cause__ = cause
    return error
