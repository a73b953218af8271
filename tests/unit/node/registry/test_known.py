"""The last facts outlive the process, and are written only when they changed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from piaolian_node.database import Database
from piaolian_node.database.index import batches, known_facts
from piaolian_node.registry.fact_types import RangeFacts, UnitFacts
from piaolian_node.registry.facts import ChainFacts
from piaolian_node.registry.known import FactStore
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.records import ControlMode, Overdue, RangeClass, RangeRecord, UnitRecord
from piaolian_sdk.errors import RemoteError
from support.node_fakes import fresh_database

UNIT = UnitRecord("0x" + "11" * 20, 1_320_100, 0, 0, 0, bytes(range(32)), b"\xff" * 32)
NUMBERS = RangeRecord(3, 32010126, 1, 500, 40, RangeClass.RECEIPT, ControlMode.BY_LIST, 601)


class Chain:
    """A chain that can go down."""

    def __init__(self) -> None:
        self.is_down = False
        self.height = 9
        self.numbers = NUMBERS
        self.record = UNIT

    def latest(self) -> BlockStamp:
        if self.is_down:
            raise RemoteError("chain-unreachable", "down", "链节点没有应答")
        return BlockStamp(self.height, b"\x01" * 32, 1_800_000_000)

    def unit(self, _unit: int, _at: BlockStamp) -> UnitRecord:
        return self.record

    def signer(self, _unit: int, _at: BlockStamp) -> str:
        return UNIT.signer

    def range(self, _range: int, _at: BlockStamp) -> RangeRecord:
        return self.numbers

    def overdue(self, _unit: int, _kind: int, _at: BlockStamp) -> Overdue:
        return Overdue(month=24_309, deadline=1_800_000_100, overdue=False)

    def catalog_version(self, _at: BlockStamp) -> int:
        return 17


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(tmp_path) as made:
        yield made


def process(database: Database, chain: Chain, now: float = 0.0) -> ChainFacts:
    """Return the facts as a process has them that starts now."""
    return ChainFacts(chain, FactStore(database, lambda: now))  # type: ignore[arg-type] # What is asked of it is here.


async def heights(database: Database) -> list[int]:
    async with database.read() as connection:
        return list((await connection.execute(select(known_facts.c.block_number))).scalars())


async def test_facts__process_starts_while_the_chain_is_down__same_facts(database: Database) -> None:
    chain = Chain()
    before = process(database, chain)
    unit, numbers = await before.unit(3), await before.range(3, 5)
    chain.is_down = True
    after = process(database, chain)
    assert isinstance(await after.unit(3), UnitFacts)
    assert await after.unit(3) == unit
    assert isinstance(await after.range(3, 5), RangeFacts)
    assert await after.range(3, 5) == numbers
    with pytest.raises(RemoteError):
        await after.range(3, 6)


async def test_facts__only_the_next_number_moves__not_written_again_and_taken_from_the_index(
    database: Database,
) -> None:
    chain = Chain()
    facts = process(database, chain)
    await facts.range(3, 5)
    chain.height, chain.numbers = 20, replace(NUMBERS, next=60)
    await facts.range(3, 5)
    assert await heights(database) == [9]
    async with database.write() as connection:
        header = {"root_id": 1, "position": 0, "unit": 3, "range": 5, "mode": 2, "issue_day": 1, "total_fen": 1}
        header |= {"catalog_version": 1, "block_time": 1, "block_number": 15, "log_index": 0}
        digests = dict.fromkeys(("unit_root", "bodies", "transaction_hash"), bytes(32))
        await connection.execute(insert(batches).values(**header, **digests, first=40, size=21, is_red=0))
    chain.is_down = True
    assert (await process(database, chain).range(3, 5)).numbers.next == 61


async def test_facts__restricted_or_an_hour_old__written_again(database: Database) -> None:
    chain = Chain()
    facts = process(database, chain)
    await facts.unit(3)
    chain.height, chain.record = 20, replace(UNIT, restricted_at=1, restriction_reason=2)
    await facts.unit(3)
    assert await heights(database) == [20]
    chain.is_down = True
    assert (await process(database, chain).unit(3)).record.restriction_reason == 2
