"""The synchronous standby of a PostgreSQL server: whether there is one, and whether commits wait for it."""

import logging

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.config import ReplicaSetting
from piaolian_node.database.replica import unavailable

_logger = logging.getLogger(__name__)

# https://www.postgresql.org/docs/15/warm-standby.html#SYNCHRONOUS-REPLICATION
_QUESTION = text(
    "SELECT current_setting('synchronous_commit') IN ('on', 'remote_apply') AND EXISTS "
    "(SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum'))"
)


async def require_standby(connection: AsyncConnection, setting: ReplicaSetting) -> None:
    """Check that this transaction's commit will be on a standby too.

    Args:
        connection: Open write transaction. Its role needs ``pg_monitor`` to see the standbys.
        setting: Whether to go on without.

    Raises:
        UnavailableError: ``replica-unavailable``.
    """
    if (await connection.execute(_QUESTION)).scalar_one():
        return
    if setting.is_required:
        raise unavailable("no synchronous standby is streaming")
    _logger.error("no synchronous standby is streaming: the records have ONE copy")
