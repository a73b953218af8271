"""What a mined transaction did to each of its acts."""

from collections.abc import Sequence
from dataclasses import dataclass

from piaolian_node.chain.gateway import MinedTransaction
from piaolian_node.outbox.payloads import BookPayload
from piaolian_node.outbox.rows import OutboxRow
from piaolian_sdk.contracts.errors import decode_revert
from piaolian_sdk.contracts.events_payments import NoticeRefused, NoticeRegistered
from piaolian_sdk.contracts.events_receipts import BatchIssued, BatchRefused, Booked, BookingRefused
from piaolian_sdk.errors import ContractRefusedError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one act.

    Attributes:
        is_done: The chain did it.
        refusal: Why not; None with ``is_done`` false means that the transaction does not tell, and the act is tried
            again.
    """

    is_done: bool
    refusal: ContractRefusedError | None = None


_UNTOLD = Outcome(is_done=False)


def outcomes(kind: str, rows: Sequence[OutboxRow], mined: MinedTransaction) -> list[Outcome]:
    """Return the outcome of each row of a collected transaction, in their order.

    A transaction that failed as a whole (too little gas, no role) says nothing about its members.
    """
    if not mined.is_success:
        return [_UNTOLD] * len(rows)
    if kind == "book":
        return [_booking(index, row, mined) for index, row in enumerate(rows)]
    return [_batch(row, mined) for row in rows]


def _batch(row: OutboxRow, mined: MinedTransaction) -> Outcome:
    for logged in mined.events:
        event = logged.event
        if isinstance(event, BatchIssued | NoticeRegistered) and (event.range, event.first) == (row.range, row.first):
            return Outcome(is_done=True)
        if isinstance(event, BatchRefused | NoticeRefused) and (event.range, event.first) == (row.range, row.first):
            return Outcome(is_done=False, refusal=decode_revert(event.error))
    return _UNTOLD


def _booking(index: int, row: OutboxRow, mined: MinedTransaction) -> Outcome:
    act = row.payload
    if not isinstance(act, BookPayload):
        raise TypeError("a booking row has a booking payload")
    for logged in mined.events:
        event = logged.event
        if isinstance(event, BookingRefused) and event.position == index:
            return Outcome(is_done=False, refusal=decode_revert(event.error))
        if isinstance(event, Booked) and (event.range, event.number, event.counter) == (
            act.range,
            act.number,
            act.counter + 1,
        ):
            return Outcome(is_done=True)
    return _UNTOLD
