"""The nonce ledger: every transaction of the node's account, with its raw bytes, before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database.records import transactions


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One transaction.

    Attributes:
        kind: Kind of the acts that it holds.
        state: ``signed``, ``sent``, ``mined``, ``final`` or ``replaced``.
        sent_at: Unix milliseconds of the last sending, or None.
    """

    sequence: int
    nonce: int
    hash: bytes
    raw: bytes
    kind: str
    state: str
    block_number: int | None
    block_hash: bytes | None
    is_success: bool | None
    created_at: int
    sent_at: int | None


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(
        sequence=row.sequence,
        nonce=row.nonce,
        hash=row.hash,
        raw=row.raw,
        kind=row.kind,
        state=row.state,
        block_number=row.block_number,
        block_hash=row.block_hash,
        is_success=None if row.is_success is None else bool(row.is_success),
        created_at=row.created_at,
        sent_at=row.sent_at,
    )


async def entries(connection: AsyncConnection, states: Sequence[str]) -> list[LedgerEntry]:
    """Return transactions in these states, in order of nonces."""
    query = select(transactions).where(transactions.c.state.in_(states)).order_by(transactions.c.nonce)
    return [_entry(row) for row in await connection.execute(query)]


async def next_nonce(connection: AsyncConnection, chain_count: int) -> int:
    """Return the nonce of the next transaction.

    Args:
        connection: Open write transaction.
        chain_count: Mined transactions of the account. More than the ledger knows means that somebody else used the
            key; the ledger then goes on after them.
    """
    query = select(func.max(transactions.c.nonce)).where(transactions.c.state != "replaced")
    highest = (await connection.execute(query)).scalar()
    return max(chain_count, 0 if highest is None else int(highest) + 1)


async def record(
    connection: AsyncConnection, *, nonce: int, transaction_hash: bytes, raw: bytes, kind: str, now_ms: int
) -> int:
    """Write a signed transaction and return its sequence."""
    done = await connection.execute(
        insert(transactions)
        .values(nonce=nonce, hash=transaction_hash, raw=raw, kind=kind, state="signed", created_at=now_ms)
        .returning(transactions.c.sequence)
    )
    return int(done.scalar_one())


async def set_state(connection: AsyncConnection, sequence: int, state: str, **values: Any) -> None:  # noqa: ANN401
    """Set the state and other columns of a transaction."""
    await connection.execute(
        update(transactions).where(transactions.c.sequence == sequence).values(state=state, **values)
    )
