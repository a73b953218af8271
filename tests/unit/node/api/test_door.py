"""The door: sizes, slow bodies, unforeseen errors, and headers on whatever is answered."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.types import Message

from piaolian_node.api import problems
from piaolian_node.api.door import MAX_REQUEST_BYTES, MAX_SMALL_REQUEST_BYTES, Door
from piaolian_node.logs import JSONFormatter
from piaolian_sdk.wire import paths

SECRET = "测试甲 3201061990"


def make_app(*, is_tls: bool = False, part_seconds: float = 5.0) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Door, is_tls=is_tls, part_seconds=part_seconds)

    @app.post("/echo")
    @app.post(paths.RECEIPTS_SUBMIT)
    async def echo(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.post("/typed")
    async def typed(message: dict[str, int]) -> dict[str, int]:
        return message

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError(SECRET)

    return app


async def ask(
    app: FastAPI,
    path: str,
    parts: Iterable[bytes] = (b"",),
    *,
    method: str = "POST",
    headers: Iterable[tuple[bytes, bytes]] = (),
    wait: Callable[[], Awaitable[None]] | None = None,
) -> tuple[int, dict[str, str], Any]:
    """Send a request in parts to the application itself; `wait` is awaited before the last part."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False
    sent: list[Message] = []

    async def receive() -> Message:
        if not messages:
            return {"type": "http.disconnect"}
        if wait is not None and len(messages) == 1:
            await wait()
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"node.test"), *headers],
        "client": ("198.51.100.7", 1),
        "server": ("node.test", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    await app(scope, receive, send)
    start, *bodies = sent
    content = b"".join(part["body"] for part in bodies)
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], told, json.loads(content)


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        pytest.param("/echo", MAX_SMALL_REQUEST_BYTES, id="single message"),
        pytest.param(paths.RECEIPTS_SUBMIT, MAX_REQUEST_BYTES, id="batch"),
    ],
)
async def test_body__at_the_limit_and_one_byte_more__taken_and_413(path: str, limit: int) -> None:
    half = bytes(limit // 2)
    status, _, content = await ask(make_app(), path, [half, half])
    assert (status, content) == (200, {"bytes": limit})
    status, _, content = await ask(make_app(), path, [half, half, b"x"])
    assert (status, content["code"], content["max_request_bytes"]) == (413, "request-too-large", limit)


async def test_body__declared_over_the_limit__413_unread() -> None:
    async def fail() -> None:
        raise AssertionError("the body was read")

    declared = (b"content-length", str(MAX_SMALL_REQUEST_BYTES + 1).encode())
    status, _, content = await ask(make_app(), "/echo", headers=[declared], wait=fail)
    assert (status, content["code"]) == (413, "request-too-large")


@pytest.mark.parametrize("path", ["/echo", paths.RECEIPTS_SUBMIT])
async def test_body__stops_coming__408(path: str) -> None:
    async def stall() -> None:
        await asyncio.sleep(5)

    app = make_app(part_seconds=0.05)
    status, _, content = await ask(app, path, [b"{", b"}"], wait=stall)
    assert (status, content["code"]) == (408, "request-too-slow")


async def test_body__no_json__422_and_not_an_address_unknown() -> None:
    json_type = (b"content-type", b"application/json")
    for body in (b"\xff\xfe", b"{", b"[]", b'{"a": "x"}'):
        status, _, content = await ask(make_app(), "/typed", [body], headers=[json_type])
        assert (status, content["code"]) == (422, "request-malformed"), body


async def test_unforeseen_error__problem_with_headers_and_a_log_without_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    status, headers, content = await ask(make_app(), "/broken", method="GET")
    assert (status, content["code"], content["retry"]) == (500, "internal-error", "same")
    assert content["request_id"] == headers["x-request-id"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    (record,) = caplog.records
    line = JSONFormatter().format(record)
    assert SECRET not in line + json.dumps(content, ensure_ascii=False)
    assert json.loads(line)["error"] == "ZeroDivisionError"
    assert any("test_door.py" in frame for frame in json.loads(line)["trace"])


@pytest.mark.parametrize(("is_tls", "expected"), [(True, True), (False, False)])
async def test_headers__tls__strict_transport_security(is_tls: bool, expected: bool) -> None:
    _, headers, _ = await ask(make_app(is_tls=is_tls), "/echo")
    assert ("strict-transport-security" in headers) is expected


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nothing", 404, "address-unknown"), ("DELETE", "/echo", 405, "method-not-allowed")],
)
async def test_nothing_there__problem_with_headers(method: str, path: str, status: int, code: str) -> None:
    answered, headers, content = await ask(make_app(), path, method=method)
    assert (answered, content["code"]) == (status, code)
    assert headers["x-content-type-options"] == "nosniff"
