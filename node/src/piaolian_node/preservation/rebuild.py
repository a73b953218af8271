"""The index made again from nothing: deleted, then read from the chain's final blocks.

A kill between the two leaves a short index and no wrong one: the worker, or another ``rebuild``, reads on from there.
Records are not touched; notices that the chain alone told of are index as well, and are made again with the rest.
"""

import asyncio
from collections.abc import Callable

from sqlalchemy import delete

from piaolian_node.chain.gateway import ChainGateway
from piaolian_node.chain.indexer import Indexer
from piaolian_node.chain.settling import indexed_number
from piaolian_node.chain.view import ChainView
from piaolian_node.database import Database
from piaolian_node.database.index import INDEX_TABLES, indexed_blocks
from piaolian_node.payments.registered import forget_unregistered

# Block that was read, and the block to be reached.
Progress = Callable[[int, int], None]


async def rebuild_index(
    database: Database, view: ChainView, gateway: ChainGateway, first_block: int, progress: Progress
) -> int:
    """Delete the index, make it again up to the final block, and return that block.

    Args:
        database: Nobody else writes to it.
        view: Tells the final block.
        gateway: Gives blocks and events.
        first_block: Block of the deployment.
        progress: Told after each stretch of blocks.

    Raises:
        RemoteError: No chain node answers. Before the first block was read, nothing is deleted.
    """
    goal = (await asyncio.to_thread(view.final)).number
    async with database.write() as connection:
        for table in INDEX_TABLES:
            await connection.execute(delete(table))
        await connection.execute(delete(indexed_blocks))
        await forget_unregistered(connection)
    indexer = Indexer(database, view, gateway, first_block)
    while True:
        read = await indexer.step()
        async with database.read() as connection:
            reached = await indexed_number(connection)
        progress(reached, max(goal, reached))
        if read == 0 or reached >= goal:
            return reached
