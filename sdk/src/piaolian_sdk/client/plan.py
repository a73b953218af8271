"""Requests and answers as plain data: an asynchronous client can use the same functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ValidationError

from piaolian_sdk.client.errors import NodeRefusedError, malformed_answer
from piaolian_sdk.errors import InputError, RemoteError
from piaolian_sdk.requests import sign_request
from piaolian_sdk.signing import DocumentSigner
from piaolian_sdk.wire import Problem

_Answer = TypeVar("_Answer", bound=BaseModel)

# A signed request may be used for a minute: long enough for a slow network, short for a thief.
REQUEST_LIFETIME_SECONDS = 60
JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request before it is signed; it can be signed and sent again with the same idempotency key."""

    method: str
    url: str
    body: bytes
    idempotency_key: str | None = None

    def headers(self, signer: DocumentSigner | None, *, nonce: str, now: int) -> dict[str, str]:
        """Return the headers, signed when there is a signer.

        Raises:
            SignerError: The key could not sign.
        """
        headers = {"Accept": JSON_TYPE}
        if self.body:
            headers["Content-Type"] = JSON_TYPE
        if self.idempotency_key is not None:
            headers["Idempotency-Key"] = self.idempotency_key
        if signer is None:
            return headers
        return sign_request(
            self.method,
            self.url,
            headers,
            self.body,
            signer,
            nonce=nonce,
            created=now,
            expires=now + REQUEST_LIFETIME_SECONDS,
        )


def plan_get(base_url: str, path: str, query: Mapping[str, str] | None = None, **parts: str) -> PlannedRequest:
    """Return a GET of ``path`` with its ``{parts}`` filled in and quoted."""
    filled = path.format(**{name: quote(value, safe="") for name, value in parts.items()})
    suffix = "?" + urlencode(query) if query else ""
    return PlannedRequest("GET", base_url.rstrip("/") + filled + suffix, b"")


def plan_post(base_url: str, path: str, message: BaseModel, idempotency_key: str) -> PlannedRequest:
    """Return a POST of ``message``."""
    return PlannedRequest("POST", base_url.rstrip("/") + path, message.model_dump_json().encode(), idempotency_key)


def read_answer(status: int, headers: Mapping[str, str], body: bytes, model: type[_Answer]) -> _Answer:
    """Return the answer as ``model``.

    Raises:
        NodeRefusedError: The node answered with a problem document.
        RemoteError: The answer is neither.
    """
    try:
        if 200 <= status < 300:
            return model.model_validate_json(body)
        problem = Problem.model_validate_json(body)
    except ValidationError as exc:
        raise _unreadable(status, exc) from exc
    raise NodeRefusedError(problem, _retry_after(headers))


def build_request(model: type[_Answer], **members: object) -> _Answer:
    """Return a request message.

    Raises:
        InputError: A member breaks the message's rules; nothing is sent.
    """
    try:
        return model.model_validate(members)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(
            "value-out-of-range",
            f"{field or 'the message'}: {first['msg']}",
            f"{field or '请求'} 不符合接口要求：{first['msg']}",
            field=field or None,
            rule=first["type"],
            remedy="correct the value and call again; nothing was sent",
        ) from exc


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isdigit() else None


def _unreadable(status: int, exc: ValidationError) -> RemoteError:
    where = ".".join(str(part) for part in exc.errors(include_input=False)[0]["loc"]) or "body"
    return malformed_answer(f"status {status}, unreadable at {where}", f"状态 {status}，{where} 无法读取")
