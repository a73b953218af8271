"""Accepting an act on its own: tried against the newest block, then written with its first answer."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from web3 import Web3

from piaolian_node.api.answers import first_answer, keep_answer
from piaolian_node.api.call import Call
from piaolian_node.chain.calls import plan_call
from piaolian_node.context import NodeContext
from piaolian_node.errors import RefusedError
from piaolian_node.outbox.backpressure import require_room
from piaolian_node.outbox.payloads import Payload
from piaolian_node.outbox.rows import NewRow, OutboxRow, add_row, is_busy
from piaolian_sdk.wire import Submitted

# Refusals that depend on numbers which acts ahead in the queue will use.
_BY_ORDER = frozenset({"NumberNotNext"})


@dataclass(frozen=True, slots=True)
class Act:
    """One act as a service hands it in, its signature already checked.

    Attributes:
        unit: Whose act it is, or None for a booker's.
        range: Range whose numbers it uses, or None.
        first: First of these numbers.
        count: How many.
        subject: Range and number of the one receipt it is about, or None.
    """

    payload: Payload
    unit: int | None
    range: int | None = None
    first: int | None = None
    count: int | None = None
    subject: tuple[int, int] | None = None


async def accept_act(context: NodeContext, call: Call, act: Act) -> Submitted:
    """Write an act to the outbox and answer.

    Raises:
        ContractRefusedError: The contract would refuse it now.
        RefusedError: Another act on the same receipt is on its way.
        RemoteError: No chain node answers.
    """
    async with context.database.read() as connection:
        answered = await first_answer(connection, call)
        if answered is not None:
            return Submitted.model_validate_json(answered.answer)
        await require_room(connection, context)
        await require_not_busy(connection, act.subject)
        await _try(context, connection, act)
    answer = Submitted(submission=secrets.token_hex(16), state="accepted")
    async with context.database.write() as connection:
        answered = await first_answer(connection, call)
        if answered is not None:
            return Submitted.model_validate_json(answered.answer)
        await require_not_busy(connection, act.subject)
        await add_row(connection, new_row(call, act, answer.submission), context.now_ms())
        await keep_answer(connection, call, answer, context.now_ms(), submission=answer.submission)
    return answer


_Message = TypeVar("_Message", bound=BaseModel)
_Answer = TypeVar("_Answer", bound=BaseModel)


async def once(
    context: NodeContext,
    call: Call,
    message: _Message,
    service: Callable[[NodeContext, Call, _Message], Awaitable[_Answer]],
    model: type[_Answer],
) -> _Answer:
    """Return the first answer to this key, or let the service answer: what was done must not be judged again.

    Raises:
        RefusedError: ``idempotency-conflict``.
        PiaolianError: Whatever the service refuses.
    """
    async with context.database.read() as connection:
        answered = await first_answer(connection, call)
    if answered is not None and answered.answer:
        return model.model_validate_json(answered.answer)
    return await service(context, call, message)


def new_row(call: Call, act: Act, submission: str) -> NewRow:
    """Return the outbox row of an act without bodies."""
    return NewRow(
        submission=submission,
        payload=act.payload,
        state="accepted",
        unit=act.unit,
        key_id=call.caller.key_id,
        idempotency_key=call.idempotency_key,
        content_digest=call.content_digest,
        range=act.range,
        first=act.first,
        count=act.count,
        subject=act.subject,
    )


async def require_not_busy(connection: AsyncConnection, subject: tuple[int, int] | None) -> None:
    """Refuse while another act on the same receipt is on its way.

    Raises:
        RefusedError: ``receipt-busy``.
    """
    if subject is not None and await is_busy(connection, *subject):
        raise RefusedError(
            "receipt-busy",
            "another act on this receipt is on its way to the chain",
            "该票据的另一项业务正在上链",
            remedy="send again in a few seconds",
            values={"retry_after_seconds": 3},
        )


async def _try(context: NodeContext, connection: AsyncConnection, act: Act) -> None:
    """Call the contract at the newest block without a transaction."""
    row = OutboxRow(
        sequence=0,
        submission="",
        kind=act.payload.KIND,
        unit=act.unit,
        key_id="",
        range=act.range,
        first=act.first,
        count=act.count,
        state="accepted",
        payload=act.payload,
        bodies_root=bytes(32),
        transaction=None,
        position=None,
        refusal=None,
        attempts=0,
        retry_at=0,
        created_at=0,
    )
    planned = await plan_call(connection, row.kind, [row])
    if planned.gas_limit is not None:
        # A collected call swallows the refusals of its members: services judge these by reads.
        return
    address = Web3.to_checksum_address(context.address_book.address_of(planned.contract))
    refusal = await asyncio.to_thread(context.gateway.simulate, context.chain_signer.address, address, planned.data)
    if refusal is not None and refusal.name not in _BY_ORDER:
        raise refusal
