"""The index through reorganisations and rebuilding: what it says is what the chain says, whatever way it came there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from piaolian_node.chain.indexer import Indexer
from piaolian_node.database import Database
from piaolian_node.database.records import notices
from piaolian_node.errors import RefusedError
from piaolian_node.preservation.export import export_index
from piaolian_node.preservation.rebuild import rebuild_index
from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.events_payments import NoticeRegistered
from piaolian_sdk.contracts.events_receipts import BatchIssued
from piaolian_sdk.contracts.events_registry import RangeAllotted
from support.node_fakes import FakeGateway, fresh_database

_PAYMENT = RangeAllotted(6, 1, 2, 3200002601, 1, 1000, 0, 1, 0)


def notice(first: int, fen: int, *, batch: int = 1) -> NoticeRegistered:
    lane = fen.to_bytes(6, "big") + (1).to_bytes(2, "big")
    return NoticeRegistered(1, 6, first, 1, 20_010, batch, lane, b"")


def batch(root: int, first: int) -> BatchIssued:
    return BatchIssued(root, 1, 5, 0, 2, first, 1, 20_000, 100, 1, bytes(32), bytes(32))


def mine(chain: FakeGateway, *events: ContractEvent) -> None:
    chain.height += 1
    chain.logs.extend(chain.log(event, index) for index, event in enumerate(events))


def reorganise(chain: FakeGateway, blocks: int) -> None:
    """Take blocks away; those that follow are of another fork."""
    chain.height -= blocks
    chain.logs = [log for log in chain.logs if log.block_number <= chain.height]
    chain.forked_at, chain.fork = chain.height, chain.fork + "x"


async def exported(database: Database, at: int | None = None) -> bytes:
    async with database.read() as connection:
        return b"".join([line async for line in export_index(connection, 7, at)])


async def catch_up(indexer: Indexer) -> None:
    while await indexer.step():
        pass


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(tmp_path) as made:
        yield made


async def test_c085_indexer__two_blocks_reorganised__agrees_with_a_node_that_never_saw_them(
    database: Database, tmp_path: Path
) -> None:
    chain = FakeGateway()
    indexer = Indexer(database, chain, chain, 1)  # type: ignore[arg-type] # Only its final block is asked for.
    mine(chain, _PAYMENT)
    mine(chain, batch(1, 1))
    await catch_up(indexer)
    mine(chain, notice(1, 100))
    mine(chain, batch(2, 2), notice(2, 200, batch=2))
    await catch_up(indexer)
    before = await exported(database)

    reorganise(chain, 2)
    mine(chain, notice(1, 999))
    mine(chain)
    mine(chain, batch(3, 2))
    await catch_up(indexer)

    (tmp_path / "empty").mkdir()
    async with fresh_database(tmp_path / "empty") as empty:
        await catch_up(Indexer(empty, chain, chain, 1))  # type: ignore[arg-type]
        assert await exported(empty) == await exported(database)
    assert await exported(database) != before
    async with database.read() as connection:
        amounts = (await connection.execute(select(notices.c.sequence, notices.c.amount_fen))).all()
    assert [tuple(row) for row in amounts] == [(1, 999)]


async def test_rebuild__after_reorganisation_and_uses__same_bytes_and_uses_again(database: Database) -> None:
    chain = FakeGateway()
    mine(chain, _PAYMENT)
    mine(chain, notice(1, 100), batch(1, 1))
    mine(chain, notice(2, 200, batch=2))
    await catch_up(Indexer(database, chain, chain, 1))  # type: ignore[arg-type]
    async with database.write() as connection:
        # A unit of this node brought the second one, and what is known of it is a record.
        await connection.execute(
            update(notices).where(notices.c.sequence == 2).values(submission="own", used_by="mine")
        )
    before, told = await exported(database), list[tuple[int, int]]()
    reached = await rebuild_index(database, chain, chain, 1, lambda at, of: told.append((at, of)))  # type: ignore[arg-type]

    assert reached == chain.height
    assert told[-1] == (chain.height, chain.height)
    assert await exported(database) == before
    async with database.read() as connection:
        rows = (
            await connection.execute(select(notices.c.submission, notices.c.used_by).order_by(notices.c.sequence))
        ).all()
    assert [tuple(row) for row in rows] == [("", None), ("own", "mine")]


async def test_export__lower_block__is_what_a_node_had_there(database: Database) -> None:
    chain = FakeGateway()
    indexer = Indexer(database, chain, chain, 1)  # type: ignore[arg-type]
    mine(chain, _PAYMENT)
    mine(chain, notice(1, 100))
    await catch_up(indexer)
    then, height = await exported(database), chain.height
    mine(chain, notice(2, 200), batch(1, 1))
    await catch_up(indexer)
    assert await exported(database, at=height) == then
    with pytest.raises(RefusedError) as refused:
        await exported(database, at=chain.height + 1)
    assert refused.value.code == "block-not-final"
