"""The same records on PostgreSQL: migrations, one writer at a time, relayer and index."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from piaolian_node.chain.indexer import Indexer
from piaolian_node.chain.relayer import Relayer
from piaolian_node.database import Database
from piaolian_node.database.migrate import migrate, require_current
from piaolian_node.database.records import leases as lease_table
from piaolian_node.outbox import leases
from piaolian_node.outbox.leases import Lease
from piaolian_node.outbox.rows import row_by_submission
from piaolian_sdk.contracts.events_receipts import BatchIssued
from support.node_fakes import KEY_ID, SIGNER, FakeGateway, accept, address_book, issue_payload


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    made = Database(postgres_url.replace("postgresql://", "postgresql+asyncpg://"))
    await migrate(made)
    yield made
    await made.close()


async def test_postgres__batch_to_final_and_concurrent_leases__as_on_sqlite(database: Database) -> None:
    await require_current(database)
    gateway = FakeGateway()
    relayer = Relayer(
        database, gateway, SIGNER, address_book(), in_flight=8, interval_ms=1000, now_ms=lambda: 1_000_000
    )
    indexer = Indexer(database, gateway, gateway, 1)  # type: ignore[arg-type] # Only its final block is asked for.
    await accept(database, "a", issue_payload(1, 2))
    await relayer.step()
    gateway.mine(BatchIssued(1, 1, 5, 0, 2, 1, 2, 20_000, 100, 1, bytes(32), bytes(32)))
    await relayer.step()
    await indexer.step()
    await relayer.step()
    async with database.read() as connection:
        row = await row_by_submission(connection, "a")
    assert row is not None
    assert row.state == "final"

    await asyncio.gather(*[take(database, f"lease-{number}") for number in range(10)])
    async with database.read() as connection:
        firsts = (await connection.execute(select(lease_table.c.first).order_by(lease_table.c.first))).scalars().all()
    assert list(firsts) == list(range(3, 33, 3))


async def take(database: Database, name: str) -> None:
    async with database.write() as connection:
        first = await leases.next_number(connection, 5, 3, 0)
        lease = Lease(name, "issue", KEY_ID, 1, 5, first, 3, "open", 10_000, {"items": []})
        await leases.take(connection, lease, 1000, 0)
