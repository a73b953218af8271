"""Notices as records and index have them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database.index import payment_marks
from piaolian_node.database.records import notices
from piaolian_node.errors import RefusedError
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.rules import NoticeLine, PaidNotice

# A database takes a bounded number of values in one question.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice of a unit of this node.

    Attributes:
        lines: (item code, item number, fen) in order.
        marks: What final blocks say: ``registered``, ``paid``, ``used``, ``cancelled``.
        used_by: Submission whose receipt takes the payment, final or not.
    """

    payment_code: str
    range: int
    sequence: int
    unit: int
    amount_fen: int
    lines: tuple[tuple[str, int, int], ...]
    lines_hash: bytes
    due_day: int
    submission: str
    used_by: str | None
    is_refused: bool
    marks: frozenset[str]


async def find_notices(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, NoticeRow]:
    """Return notices by payment code."""
    found: dict[str, NoticeRow] = {}
    for at in range(0, len(codes), _CHUNK):
        rows = (
            await connection.execute(select(notices).where(notices.c.payment_code.in_(codes[at : at + _CHUNK])))
        ).all()
        marks = await _marks(connection, rows)
        for row in rows:
            found[row.payment_code] = _notice(row, marks.get((row.range, row.sequence), frozenset()))
    return found


async def _marks(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[tuple[int, int], frozenset[str]]:
    found: dict[tuple[int, int], set[str]] = {}
    for range_id in {row.range for row in rows}:
        sequences = [row.sequence for row in rows if row.range == range_id]
        query = select(payment_marks.c.sequence, payment_marks.c.mark).where(
            payment_marks.c.range == range_id, payment_marks.c.sequence.in_(sequences)
        )
        for sequence, mark in await connection.execute(query):
            found.setdefault((range_id, sequence), set()).add(mark)
    return {place: frozenset(marks) for place, marks in found.items()}


def paid_notice(notice: NoticeRow | None, code: str, unit: int) -> PaidNotice:
    """Return a notice for which a receipt may be issued.

    Raises:
        RefusedError: There is no such notice.
        ContractRefusedError: It is another unit's, cancelled, not paid or used.
    """
    if notice is None or notice.is_refused:
        raise RefusedError(
            "unknown-payment",
            "there is no payment notice with this code",
            "没有该缴款码",
            field="payment_code",
            remedy="check the 20 digits",
        )
    place = {"range": notice.range, "sequence": notice.sequence}
    if notice.unit != unit:
        raise CONTRACT_ERRORS["NotYourPayment"]({"range": notice.range, "owner": notice.unit, "unit": unit})
    if "cancelled" in notice.marks:
        raise CONTRACT_ERRORS["NoticeIsCancelled"](place)
    if "ended" in notice.marks:
        raise CONTRACT_ERRORS["PaymentHasEnded"](place)
    if "paid" not in notice.marks:
        raise CONTRACT_ERRORS["PaymentNotPaid"](place)
    if "used" in notice.marks or notice.used_by is not None:
        raise CONTRACT_ERRORS["PaymentAlreadyUsed"](place)
    lines = tuple(NoticeLine(item_code, fen) for item_code, _, fen in notice.lines)
    return PaidNotice(code, notice.amount_fen, lines)


def _notice(row: Row[Any], marks: frozenset[str]) -> NoticeRow:
    return NoticeRow(
        payment_code=row.payment_code,
        range=row.range,
        sequence=row.sequence,
        unit=row.unit,
        amount_fen=row.amount_fen,
        lines=tuple((code, item, fen) for code, item, fen in json.loads(row.lines)),
        lines_hash=row.lines_hash,
        due_day=row.due_day,
        submission=row.submission,
        used_by=row.used_by,
        is_refused=bool(row.is_refused),
        marks=marks,
    )
