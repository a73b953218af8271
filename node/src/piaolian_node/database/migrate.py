"""Bring a database to the shape that this version of the node works with."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from piaolian_node.database.engine import Database
from piaolian_node.database.records import replica_marks
from piaolian_node.errors import ConfigError

# Name of the mark that a restored database bears until it was compared with the chain.
RESTORED = "restored"
_MIGRATIONS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> str:
    """Apply all versions that are missing, and return the newest. The database is opened without its replica."""
    async with database.engine.connect() as connection:
        await connection.execution_options(piaolian_writer=True)
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))
        # A migration may change rows: the replica, if there is one, is copied anew by the next write.
        await connection.execute(update(replica_marks).values(token=replica_marks.c.token + "m"))
        await connection.commit()
    return _head()


async def require_current(database: Database) -> None:
    """Check that the database has the newest shape, and may be used.

    Raises:
        ConfigError: It has another one, or was restored and not compared with the chain since.
    """
    async with database.read() as connection:
        current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    if current != _head():
        raise ConfigError(
            f"the database has version {current}, this program needs {_head()}",
            f"数据库版本为 {current}，本程序需要 {_head()}",
            field="database_url",
            remedy="run piaolian-node migrate",
        )
    async with database.read() as connection:
        restored = (
            await connection.execute(select(replica_marks.c.token).where(replica_marks.c.name == RESTORED))
        ).scalar()
    if restored is not None:
        raise ConfigError(
            "the records were restored and not yet compared with the chain",
            "记录已恢复，尚未与链核对",
            field="database_url",
            remedy="run piaolian-node rebuild",
        )


def _head() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migrations")
    return head
