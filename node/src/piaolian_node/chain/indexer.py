"""Reads final blocks into the index, at one frozen block a round.

The index goes from block to block in one transaction for each stretch: events, projections and the mark are written
together, so a killed indexer goes on where it was. Where the chain no longer has the block of the mark, everything
above the last common block is deleted and read again.
"""

import asyncio
import logging

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.chain import projections, settling
from piaolian_node.chain.gateway import ChainGateway
from piaolian_node.chain.view import ChainView
from piaolian_node.database import Database
from piaolian_node.database.index import INDEX_TABLES, indexed_blocks
from piaolian_node.payments.registered import forget_unregistered
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.events import DecodedLog

_logger = logging.getLogger(__name__)

# geth answers this many blocks of sparse logs within a second.
STRETCH_BLOCKS = 2_000
# Marks kept to find the last common block after a reorganisation.
_MARKS_KEPT = 2_000


class Indexer:
    """Keeps the index at the final block.

    Args:
        database: Where the index is.
        view: Tells the final block.
        gateway: Gives blocks and events.
        first_block: Block of the deployment.
    """

    def __init__(self, database: Database, view: ChainView, gateway: ChainGateway, first_block: int) -> None:
        self._database = database
        self._view = view
        self._gateway = gateway
        self._first_block = first_block

    async def step(self) -> int:
        """Index up to the final block, at most one stretch, and return how many blocks were read.

        Raises:
            RemoteError: No chain node answers.
        """
        final = await asyncio.to_thread(self._view.final)
        async with self._database.read() as connection:
            mark = await settling.indexed_number(connection)
        if mark >= 0 and not await self._is_on_chain(mark):
            mark = await self._roll_back(mark)
        first = max(mark + 1, self._first_block)
        if first > final.number:
            return 0
        last = min(final.number, first + STRETCH_BLOCKS - 1)
        stamp = final if last == final.number else await asyncio.to_thread(self._gateway.block, last)
        if stamp is None:
            return 0
        events = await asyncio.to_thread(self._gateway.events, first, last)
        times = await self._times(events, stamp)
        async with self._database.write() as connection:
            for event in events:
                await projections.project(connection, event, times[event.block_number])
            await _set_mark(connection, stamp)
        return last - first + 1

    async def _times(self, events: list[DecodedLog], stamp: BlockStamp) -> dict[int, int]:
        """Return the Unix time of each block that has events."""
        times = {stamp.number: stamp.timestamp}
        for number in {event.block_number for event in events} - times.keys():
            times[number] = await asyncio.to_thread(self._gateway.block_time, number)
        return times

    async def _is_on_chain(self, number: int) -> bool:
        async with self._database.read() as connection:
            kept = (
                await connection.execute(select(indexed_blocks.c.hash).where(indexed_blocks.c.number == number))
            ).scalar_one()
        block = await asyncio.to_thread(self._gateway.block, number)
        return block is not None and block.hash == kept

    async def _roll_back(self, mark: int) -> int:
        """Delete what lies above the last common block, and return its height."""
        async with self._database.read() as connection:
            marks = [
                int(row.number)
                for row in await connection.execute(
                    select(indexed_blocks.c.number).order_by(indexed_blocks.c.number.desc())
                )
            ]
        common = -1
        for number in marks[1:]:
            if await self._is_on_chain(number):
                common = number
                break
        _logger.warning("a reorganisation below the final block: the index goes back from %s to %s", mark, common)
        async with self._database.write() as connection:
            for table in INDEX_TABLES:
                await connection.execute(delete(table).where(table.c.block_number > common))
            await connection.execute(delete(indexed_blocks).where(indexed_blocks.c.number > common))
            await forget_unregistered(connection)
            await settling.reopen(connection, common)
        return common


async def _set_mark(connection: AsyncConnection, stamp: BlockStamp) -> None:
    await connection.execute(
        insert(indexed_blocks).values(number=stamp.number, hash=stamp.hash, timestamp=stamp.timestamp)
    )
    await connection.execute(delete(indexed_blocks).where(indexed_blocks.c.number < stamp.number - _MARKS_KEPT))
