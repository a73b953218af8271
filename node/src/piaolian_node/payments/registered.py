"""Notices that this node did not bring to the chain: a supervisor's, another node's, or before a rebuild its own."""

import json
from collections.abc import Iterator

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database.index import item_versions, payment_marks, ranges
from piaolian_node.database.records import notices, receipts
from piaolian_node.database.writing import insert_missing
from piaolian_sdk.contracts.events_payments import NoticeRegistered
from piaolian_sdk.tree import Line, lines_hash

_LANE = 8
_AMOUNT = 6


async def add_unknown_notices(connection: AsyncConnection, event: NoticeRegistered) -> None:
    """Write the notices of an event that are not in the records.

    Args:
        connection: Open write transaction.
        event: What the contract registered.
    """
    known = (
        await connection.execute(
            select(notices.c.sequence).where(
                notices.c.range == event.range,
                notices.c.sequence.between(event.first, event.first + event.count - 1),
            )
        )
    ).scalars()
    missing = set(range(event.first, event.first + event.count)) - set(known)
    if not missing:
        return
    prefix = (await connection.execute(select(ranges.c.prefix).where(ranges.c.range == event.range))).scalar_one()
    codes = {
        row.item: row.code
        for row in await connection.execute(
            select(item_versions.c.item, item_versions.c.code).where(item_versions.c.code != "")
        )
    }
    rows = [
        {
            "range": event.range,
            "sequence": sequence,
            "payment_code": f"{prefix:010d}{sequence:010d}",
            "unit": event.unit,
            "submission": "",
            "business_number": "",
            "amount_fen": sum(line.amount_fen for line in lines),
            "lines": json.dumps([[codes.get(line.item, ""), line.item, line.amount_fen] for line in lines]),
            "lines_hash": lines_hash(lines),
            "due_day": event.due_day,
            "is_refused": 0,
        }
        for sequence, lines in zip(
            range(event.first, event.first + event.count), notice_lines(event.lanes, event.lines), strict=True
        )
        if sequence in missing
    ]
    await insert_missing(connection, notices, rows)
    await note_uses(connection, event.range, event.first, event.first + event.count - 1)


async def forget_unregistered(connection: AsyncConnection) -> None:
    """Delete the notices that the chain alone told of and tells of no more, in a database whose index was cut back."""
    registered = exists().where(
        payment_marks.c.range == notices.c.range,
        payment_marks.c.sequence == notices.c.sequence,
        payment_marks.c.mark == "registered",
    )
    await connection.execute(delete(notices).where(notices.c.submission == "", ~registered))


async def note_uses(connection: AsyncConnection, range_id: int, first: int, last: int) -> None:
    """Write again which of this node's receipts takes a payment, where a notice was made again."""
    taker = (
        select(receipts.c.submission)
        .where(
            receipts.c.payment_code == notices.c.payment_code,
            receipts.c.is_red == 0,
            receipts.c.is_refused == 0,
        )
        .scalar_subquery()
    )
    await connection.execute(
        update(notices)
        .where(
            notices.c.range == range_id,
            notices.c.sequence.between(first, last),
            notices.c.submission == "",
            notices.c.used_by.is_(None),
        )
        .values(used_by=taker)
    )


def notice_lines(lanes: bytes, lines: bytes) -> Iterator[list[Line]]:
    """Give the lines of each notice as the contract packs them: see ``wire.SubmitNotices``."""
    at = 0
    for place in range(0, len(lanes), _LANE):
        line = _line(lanes[place : place + _LANE])
        if line.item:
            yield [line]
            continue
        count = lines[at]
        yield [_line(lines[at + 1 + _LANE * index : at + 1 + _LANE * (index + 1)]) for index in range(count)]
        at += 1 + _LANE * count


def _line(lane: bytes) -> Line:
    return Line(int.from_bytes(lane[:_AMOUNT], "big"), int.from_bytes(lane[_AMOUNT:], "big"))
