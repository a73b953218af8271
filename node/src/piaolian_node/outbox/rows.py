"""Reading and writing outbox rows. Every function works on the caller's open transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database.records import outbox, transactions
from piaolian_node.outbox.payloads import Payload, read_payload
from piaolian_node.outbox.states import OPEN, WAITING, State


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row.

    Attributes:
        sequence: Order of acceptance.
        submission: Public id.
        range: Range whose numbers the act uses, or None.
        first: First of these numbers.
        count: How many.
        refusal: Problem document of a refusal; it is final when the state is ``refused``.
    """

    sequence: int
    submission: str
    kind: str
    unit: int | None
    key_id: str
    range: int | None
    first: int | None
    count: int | None
    state: State
    payload: Payload
    bodies_root: bytes | None
    transaction: int | None
    position: int | None
    refusal: Mapping[str, Any] | None
    attempts: int
    retry_at: int
    created_at: int


@dataclass(frozen=True, slots=True)
class NewRow:
    """What a request brings.

    Attributes:
        content_digest: SHA-256 of the request's body.
        range: Range whose numbers the act uses, or None.
        subject: Range and number of the one receipt that the act is about, or None.
    """

    submission: str
    payload: Payload
    state: State
    unit: int | None
    key_id: str
    idempotency_key: str
    content_digest: bytes
    range: int | None = None
    first: int | None = None
    count: int | None = None
    subject: tuple[int, int] | None = None


def to_row(row: Row[Any]) -> OutboxRow:
    """Return the row as an object."""
    found = row._mapping  # noqa: SLF001 # SQLAlchemy's public name for a row by column.
    refusal = found["refusal"]
    return OutboxRow(
        sequence=found["sequence"],
        submission=found["submission"],
        kind=found["kind"],
        unit=found["unit"],
        key_id=found["key_id"],
        range=found["range"],
        first=found["first"],
        count=found["size"],
        state=found["state"],
        payload=read_payload(found["kind"], found["payload"]),
        bodies_root=found["bodies_root"],
        transaction=found["transaction"],
        position=found["position"],
        refusal=json.loads(refusal) if refusal else None,
        attempts=found["attempts"],
        retry_at=found["retry_at"],
        created_at=found["created_at"],
    )


async def add_row(connection: AsyncConnection, row: NewRow, now_ms: int) -> None:
    """Accept a request: this insert, committed, is the promise to the caller."""
    await connection.execute(
        insert(outbox).values(
            submission=row.submission,
            kind=row.payload.KIND,
            unit=row.unit,
            key_id=row.key_id,
            range=row.range,
            first=row.first,
            size=row.count,
            subject_range=row.subject[0] if row.subject else None,
            subject_number=row.subject[1] if row.subject else None,
            state=row.state,
            payload=row.payload.model_dump_json(),
            content_digest=row.content_digest,
            idempotency_key=row.idempotency_key,
            attempts=0,
            retry_at=0,
            created_at=now_ms,
            changed_at=now_ms,
        )
    )


async def rows_in_state(
    connection: AsyncConnection,
    states: Sequence[State],
    *,
    kinds: Sequence[str] | None = None,
    limit: int = 500,
    due_ms: int | None = None,
) -> list[OutboxRow]:
    """Return rows in order of acceptance.

    Args:
        connection: Open transaction.
        states: Wanted states.
        kinds: Wanted kinds, or all.
        limit: Most rows.
        due_ms: Leave out rows whose next try is later than this, Unix milliseconds.
    """
    query = select(outbox).where(outbox.c.state.in_(states)).order_by(outbox.c.sequence).limit(limit)
    if kinds is not None:
        query = query.where(outbox.c.kind.in_(kinds))
    if due_ms is not None:
        query = query.where(outbox.c.retry_at <= due_ms)
    return [to_row(row) for row in await connection.execute(query)]


async def rows_of_transaction(connection: AsyncConnection, transaction: int) -> list[OutboxRow]:
    """Return the rows that a transaction holds, in their order within it."""
    query = select(outbox).where(outbox.c.transaction == transaction).order_by(outbox.c.position)
    return [to_row(row) for row in await connection.execute(query)]


async def change(connection: AsyncConnection, sequences: Sequence[int], now_ms: int, **values: Any) -> None:  # noqa: ANN401
    """Set columns of rows."""
    if sequences:
        statement = update(outbox).where(outbox.c.sequence.in_(sequences)).values(changed_at=now_ms, **values)
        await connection.execute(statement)


async def postpone(connection: AsyncConnection, row: OutboxRow, now_ms: int) -> None:
    """Try a row again later: 1, 2, 4 ... up to 60 seconds."""
    wait_ms = min(60_000, 1000 << min(row.attempts, 6))
    await change(connection, [row.sequence], now_ms, attempts=row.attempts + 1, retry_at=now_ms + wait_ms)


async def row_by_submission(connection: AsyncConnection, submission: str) -> OutboxRow | None:
    """Return the row of a submission."""
    found = (await connection.execute(select(outbox).where(outbox.c.submission == submission))).first()
    return to_row(found) if found else None


async def find_row(
    connection: AsyncConnection, key_id: str, *, idempotency_key: str | None, content_digest: bytes | None
) -> OutboxRow | None:
    """Return a caller's newest row with this key or this content."""
    query = select(outbox).where(outbox.c.key_id == key_id).order_by(outbox.c.sequence.desc())
    if idempotency_key is not None:
        query = query.where(outbox.c.idempotency_key == idempotency_key)
    if content_digest is not None:
        query = query.where(outbox.c.content_digest == content_digest)
    found = (await connection.execute(query)).first()
    return to_row(found) if found else None


async def waiting_count(connection: AsyncConnection) -> int:
    """Return how many rows wait to be sent."""
    query = select(func.count()).select_from(outbox).where(outbox.c.state.in_(WAITING))
    return int((await connection.execute(query)).scalar_one())


async def queue_end(connection: AsyncConnection, range_id: int) -> int | None:
    """Return the number after the last one of a range that a row of ours uses, or None without such a row.

    Final rows count: what is known of the chain may be older than they are. Rows that the chain refused do not: their
    numbers are void, or must be voided first.
    """
    query = (
        select(outbox.c.first + outbox.c.size)
        .where(outbox.c.range == range_id, outbox.c.refusal.is_(None), outbox.c.first.is_not(None))
        .order_by(outbox.c.first.desc())
        .limit(1)
    )
    found = (await connection.execute(query)).scalar()
    return None if found is None else int(found)


async def queued_in(connection: AsyncConnection, range_id: int, first: int, count: int) -> bool:
    """Whether an open row that was not refused uses one of these numbers."""
    query = select(outbox.c.sequence).where(
        outbox.c.range == range_id,
        outbox.c.state.in_(OPEN),
        outbox.c.refusal.is_(None),
        outbox.c.first < first + count,
        outbox.c.first + outbox.c.size > first,
    )
    return (await connection.execute(query)).first() is not None


async def is_busy(connection: AsyncConnection, range_id: int, number: int) -> bool:
    """Whether an act on a receipt is on its way to the chain and not mined yet."""
    query = select(outbox.c.sequence).where(
        outbox.c.subject_range == range_id,
        outbox.c.subject_number == number,
        outbox.c.state.in_((*WAITING, "sent")),
    )
    return (await connection.execute(query)).first() is not None


async def transaction_of(connection: AsyncConnection, row: OutboxRow) -> Row[Any] | None:
    """Return the transaction that holds a row."""
    if row.transaction is None:
        return None
    found = await connection.execute(select(transactions).where(transactions.c.sequence == row.transaction))
    return found.first()
