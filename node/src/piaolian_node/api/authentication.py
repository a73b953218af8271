"""Who asks: HTTP message signatures (RFC 9421) over everything that matters, once for each nonce.

1. The Host header names this node: a request that was signed for another node is not for us.
2. The signature is of a registered, trusted certificate, over method, host, path, query, body and idempotency key, and
   of now; the certificate is neither expired nor revoked.
3. The nonce was not seen before.
4. The role may use the endpoint.
5. The key has not used up its limit.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from piaolian_node.api.call import Call
from piaolian_node.api.limits import asker_of
from piaolian_node.api.problems import malformed_error
from piaolian_node.context import NodeContext
from piaolian_node.database.records import nonces
from piaolian_node.errors import RefusedError
from piaolian_node.registry.parties import Party, Role
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.requests import VerifiedRequest, verify_request

MAX_IDEMPOTENCY_KEY = 128
_Message = TypeVar("_Message", bound=BaseModel)


def context_of(request: Request) -> NodeContext:
    """Return the node of the application."""
    context: NodeContext = request.app.state.context
    return context


Context = Annotated[NodeContext, Depends(context_of)]


async def authenticate(request: Request, context: NodeContext, body: bytes) -> Party:
    """Return who signed the request.

    Raises:
        VerificationError: The signature is missing, wrong or not of now.
        RefusedError: The host is not ours, the certificate is expired or revoked, or the limit is used up.
    """
    url = _url_of(request, context)
    await context.parties.refresh()
    now = int(context.now())
    verified = await asyncio.to_thread(
        verify_request,
        request.method,
        url,
        dict(request.headers),
        body,
        context.parties.certificate,
        now=now,
    )
    party = context.parties.get(verified.key_id)
    if party is None:
        raise RuntimeError("a certificate that verified belongs to a party")
    if party.fault is not None:
        raise RefusedError(
            "caller-certificate-refused",
            f"the certificate of this caller does not count: {party.fault.message}",
            f"调用方证书不可用：{party.fault.message_zh}",
            rule=party.fault.code,
            remedy=party.fault.remedy or "have a new certificate registered",
        )
    await _use_nonce(context, verified)
    await context.limits.use_key(party.key_id)
    return party


def _url_of(request: Request, context: NodeContext) -> str:
    host = request.headers.get("host", "")
    if host not in context.config.allowed_authorities:
        raise RefusedError(
            "host-unknown",
            "the request was addressed to another host",
            "请求的主机名不属于本节点",
            field="Host",
            remedy="use the address that the finance department gave, or have it added to the node's authorities",
        )
    query = f"?{request.url.query}" if request.url.query else ""
    raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return f"{request.url.scheme}://{host}{raw_path.decode('ascii')}{query}"


async def _use_nonce(context: NodeContext, verified: VerifiedRequest) -> None:
    try:
        async with context.database.write() as connection:
            await connection.execute(
                insert(nonces).values(
                    key_id=verified.key_id, nonce=verified.nonce, expires_at=(verified.expires + 1) * 1000
                )
            )
    except IntegrityError as exc:
        raise VerificationError(
            "request-replayed",
            "a request with this nonce was received before",
            "该请求已经收到过（重放）",
            step="nonce",
            field="nonce",
            remedy="sign again with a fresh nonce and the same Idempotency-Key",
        ) from exc


@dataclass(frozen=True)
class Writes(Generic[_Message]):
    """Dependency of an endpoint that takes a signed message from some roles.

    Attributes:
        message: Form of the body.
        roles: Who may send it.
    """

    message: type[_Message]
    roles: tuple[Role, ...]

    async def __call__(self, request: Request) -> tuple[Call, _Message]:
        """Return who calls and what.

        Raises:
            PiaolianError: The request is refused; see the module.
        """
        context = context_of(request)
        body = await request.body()
        party = await authenticate(request, context, body)
        _require_role(party, self.roles)
        key = request.headers.get("idempotency-key", "")
        if not 1 <= len(key) <= MAX_IDEMPOTENCY_KEY:
            raise RefusedError(
                "idempotency-key-missing",
                f"every write carries an Idempotency-Key of 1 to {MAX_IDEMPOTENCY_KEY} characters",
                f"写请求须带 1 至 {MAX_IDEMPOTENCY_KEY} 个字符的 Idempotency-Key",
                field="Idempotency-Key",
                remedy="send the business number or another key of your own, the same for every try",
            )
        try:
            parsed = self.message.model_validate_json(body)
        except ValidationError as exc:
            raise malformed_error(exc.errors(include_input=False, include_url=False)[0]) from exc
        return Call(party, request.url.path, key, hashlib.sha256(body).digest()), parsed


def writes(message: type[_Message], *roles: Role) -> Writes[_Message]:
    """Return the dependency of an endpoint that takes a signed message from some roles."""
    return Writes(message, roles)


@dataclass(frozen=True)
class Reads:
    """Dependency of an endpoint that answers some roles.

    Attributes:
        roles: Who may ask.
    """

    roles: tuple[Role, ...]

    async def __call__(self, request: Request) -> Party:
        """Return who asks.

        Raises:
            PiaolianError: The request is refused; see the module.
        """
        context = context_of(request)
        party = await authenticate(request, context, await request.body())
        _require_role(party, self.roles)
        return party


def reads(*roles: Role) -> Reads:
    """Return the dependency of an endpoint that answers some roles."""
    return Reads(roles)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks about a receipt.

    Attributes:
        party: Who signed the request, or None.
        name: Under which wrong tries are counted: key id, or address.
    """

    party: Party | None
    name: str


@dataclass(frozen=True)
class Asks:
    """Dependency of an endpoint that answers some roles, and anybody who shows a secret of the receipt.

    Attributes:
        roles: Who may ask with a signature.
    """

    roles: tuple[Role, ...]

    async def __call__(self, request: Request) -> Asker:
        """Return who asks.

        Raises:
            PiaolianError: The request is refused; see the module.
        """
        context = context_of(request)
        if "signature-input" not in request.headers and "check_code" in request.query_params:
            return Asker(None, await use_address(request, context))
        party = await authenticate(request, context, await request.body())
        _require_role(party, self.roles)
        return Asker(party, party.key_id)


def asks(*roles: Role) -> Asks:
    """Return the dependency of an endpoint that answers some roles, and anybody who shows a secret of the receipt."""
    return Asks(roles)


async def use_address(request: Request, context: NodeContext) -> str:
    """Count a public request of an address, and return the name under which it was counted.

    Raises:
        RefusedError: ``rate-limited``.
    """
    address = address_of(request)
    await context.limits.use_address(address)
    return address


def address_of(request: Request) -> str:
    """Return the name under which the address of a request is counted."""
    return asker_of(request.client.host if request.client else "")


def _require_role(party: Party, roles: tuple[Role, ...]) -> None:
    if party.role not in roles:
        raise RefusedError(
            "role-not-allowed",
            f"the role {party.role} may not do this",
            f"角色 {party.role} 无权执行此操作",
            rule=f"roles: {', '.join(roles)}",
            remedy="use the certificate of a party that may",
        )
