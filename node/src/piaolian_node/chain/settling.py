"""What outcomes do to rows and to what hangs on them. Every function works on the caller's open write transaction."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.chain.outcomes import Outcome
from piaolian_node.database.index import indexed_blocks
from piaolian_node.database.records import business_numbers, leases, notices, outbox, receipts, transactions
from piaolian_node.outbox.rows import OutboxRow, change, postpone, rows_of_transaction, to_row
from piaolian_node.outbox.states import WAITING, WITH_BODIES, State
from piaolian_sdk.errors import ContractRefusedError


def _waiting_state(kind: str) -> State:
    return "stored" if kind in WITH_BODIES else "accepted"


def problem_of(refusal: ContractRefusedError) -> dict[str, Any]:
    """Return the problem members of a contract's refusal."""
    return {**refusal.to_problem(), "decided_by": "contract"}


async def apply(connection: AsyncConnection, rows: Sequence[OutboxRow], found: Sequence[Outcome], now_ms: int) -> None:
    """Write the outcomes of a mined transaction."""
    for row, outcome in zip(rows, found, strict=True):
        if outcome.is_done:
            await change(connection, [row.sequence], now_ms, state="mined", refusal=None)
        elif outcome.refusal is None or _is_only_early(row, outcome.refusal):
            # The transaction does not tell, or a batch before this one was refused: the act itself is still good.
            waiting = _waiting_state(row.kind)
            await change(connection, [row.sequence], now_ms, state=waiting, transaction=None, position=None)
            await postpone(connection, row, now_ms)
        else:
            refusal = json.dumps(problem_of(outcome.refusal), ensure_ascii=False)
            await change(connection, [row.sequence], now_ms, state="mined", refusal=refusal)


def _is_only_early(row: OutboxRow, refusal: ContractRefusedError) -> bool:
    """Whether numbers before this row's are missing on the chain; a notice's numbers can simply be taken anew."""
    if refusal.name != "NumberNotNext" or row.kind not in WITH_BODIES:
        return False
    return int(refusal.values.get("given", 0)) > int(refusal.values.get("expected", 0))


async def finish(connection: AsyncConnection, transaction: int, now_ms: int) -> None:
    """Make the outcomes of a final transaction final."""
    for row in await rows_of_transaction(connection, transaction):
        if row.state != "mined":
            continue
        if row.refusal is None:
            await change(connection, [row.sequence], now_ms, state="final")
        else:
            await change(connection, [row.sequence], now_ms, state="refused")
            await _release(connection, row)


async def take_back(connection: AsyncConnection, transaction: int, now_ms: int) -> None:
    """Undo outcomes that a reorganisation took out of the chain."""
    rows = await rows_of_transaction(connection, transaction)
    await change(connection, [row.sequence for row in rows if row.state == "mined"], now_ms, state="sent", refusal=None)


async def put_back(connection: AsyncConnection, transaction: int, now_ms: int) -> None:
    """Let the rows of a transaction that can never be mined wait for another one."""
    for row in await rows_of_transaction(connection, transaction):
        waiting = _waiting_state(row.kind)
        await change(connection, [row.sequence], now_ms, state=waiting, transaction=None, position=None)


async def refuse(connection: AsyncConnection, row: OutboxRow, refusal: ContractRefusedError, now_ms: int) -> None:
    """Refuse a row that was not sent: a call at the newest block told why."""
    text = json.dumps(problem_of(refusal), ensure_ascii=False)
    await change(connection, [row.sequence], now_ms, state="refused", refusal=text)
    await _release(connection, row)


async def indexed_number(connection: AsyncConnection) -> int:
    """Return the highest block that the index has read, -1 before the first."""
    found = (await connection.execute(select(func.max(indexed_blocks.c.number)))).scalar()
    return -1 if found is None else int(found)


async def held_ranges(connection: AsyncConnection) -> set[int]:
    """Return ranges whose rows wait: a refused batch is not voided, or a refusal of notices is not final yet."""
    refused = (
        await connection.execute(
            select(outbox.c.range, func.max(outbox.c.first))
            .where(outbox.c.refusal.is_not(None), outbox.c.kind.in_(WITH_BODIES))
            .group_by(outbox.c.range)
        )
    ).all()
    notices_refused = await connection.execute(
        select(outbox.c.range).where(
            outbox.c.kind == "notice", outbox.c.state == "mined", outbox.c.refusal.is_not(None)
        )
    )
    held = {int(range_id) for range_id in notices_refused.scalars()}
    for range_id, first in refused:
        voided = await connection.execute(
            select(outbox.c.sequence).where(
                outbox.c.range == range_id,
                outbox.c.kind == "void",
                outbox.c.refusal.is_(None),
                outbox.c.state.in_(("sent", "mined", "final")),
                outbox.c.first + outbox.c.size > first,
            )
        )
        if voided.first() is None:
            held.add(int(range_id))
    return held


async def _release(connection: AsyncConnection, row: OutboxRow) -> None:
    """Free what a refused act had taken: business numbers, payment codes, and numbers after it in a payment range."""
    if row.range is None or row.first is None or row.count is None:
        return
    last = row.first + row.count - 1
    if row.kind in ("issue", "reverse", "notice"):
        await connection.execute(
            delete(business_numbers).where(
                business_numbers.c.range == row.range, business_numbers.c.number.between(row.first, last)
            )
        )
    if row.kind in WITH_BODIES:
        await connection.execute(update(receipts).where(receipts.c.submission == row.submission).values(is_refused=1))
        await connection.execute(update(notices).where(notices.c.used_by == row.submission).values(used_by=None))
    if row.kind == "notice":
        await _release_notices(connection, row)


async def _release_notices(connection: AsyncConnection, row: OutboxRow) -> None:
    """Refuse the notice batches that wait behind a refused one: their codes can no longer be the next."""
    behind = await connection.execute(
        select(outbox).where(
            outbox.c.range == row.range,
            outbox.c.first > row.first,
            outbox.c.state.in_(WAITING),
            outbox.c.kind == "notice",
        )
    )
    rows = [row, *[to_row(found) for found in behind]]
    for later in rows[1:]:
        await change(connection, [later.sequence], 0, state="refused", refusal=json.dumps(row.refusal))
        if later.first is not None and later.count is not None:
            await connection.execute(
                delete(business_numbers).where(
                    business_numbers.c.range == later.range,
                    business_numbers.c.number.between(later.first, later.first + later.count - 1),
                )
            )
    await connection.execute(
        update(notices).where(notices.c.submission.in_([item.submission for item in rows])).values(is_refused=1)
    )
    await connection.execute(
        update(leases).where(leases.c.range == row.range, leases.c.state == "open").values(state="expired")
    )


async def reopen(connection: AsyncConnection, common: int) -> None:
    """Take transactions above the last common block out of their final state: the relayer looks at them again."""
    lost = await connection.execute(
        select(transactions.c.sequence).where(
            transactions.c.state.in_(("mined", "final")), transactions.c.block_number > common
        )
    )
    for (sequence,) in lost.all():
        await connection.execute(
            update(transactions)
            .where(transactions.c.sequence == sequence)
            .values(state="sent", block_number=None, block_hash=None)
        )
        rows = [row.sequence for row in await rows_of_transaction(connection, sequence) if row.state in _SETTLED]
        await connection.execute(update(outbox).where(outbox.c.sequence.in_(rows)).values(state="sent", refusal=None))


_SETTLED = frozenset({"mined", "final", "refused"})
