"""A queue that only grows helps nobody: beyond its bound, callers are told to come later."""

from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.context import NodeContext
from piaolian_node.errors import RefusedError
from piaolian_node.outbox.rows import waiting_count


async def require_room(connection: AsyncConnection, context: NodeContext) -> None:
    """Refuse new work while too much waits for the chain.

    Raises:
        RefusedError: ``overloaded``.
    """
    if await waiting_count(connection) >= context.config.max_waiting:
        raise RefusedError(
            "overloaded",
            "too many submissions wait for the chain",
            "等待上链的提交过多，请稍后再试",
            remedy="send again after the time that Retry-After says",
            values={"retry_after_seconds": 10},
        )
