"""One database, SQLite or PostgreSQL, with one writer at a time.

A write transaction takes the write lock when it begins (``BEGIN IMMEDIATE``; on PostgreSQL one advisory lock), so what
it reads stays true until it commits and no two writers can lease the same number. Read transactions take no lock.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from piaolian_node.errors import UnavailableError

# How long a writer waits for the one before it.
_BUSY_MILLISECONDS = 5000
# Any constant: it names this application's write lock in PostgreSQL.
_WRITE_LOCK = 0x7069616F


class Database:
    """Opens transactions.

    Args:
        url: ``sqlite+aiosqlite:///path`` or ``postgresql+asyncpg://...``.
    """

    def __init__(self, url: str) -> None:
        # Errors must not carry what was to be written: the log takes them.
        self.engine: AsyncEngine = create_async_engine(
            url, pool_pre_ping=url.startswith("postgresql"), hide_parameters=True
        )
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees one state of the database."""
        async with self._connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give the connection of the only writer; commits at the end, or rolls back on an error.

        When this returns, what was written is on the disk.
        """
        async with self._connect(is_writer=True) as connection:
            if not self.is_sqlite:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITE_LOCK})
            yield connection
            await connection.commit()

    @asynccontextmanager
    async def _connect(self, *, is_writer: bool = False) -> AsyncIterator[AsyncConnection]:
        try:
            connection = await self.engine.connect()
        except (OSError, OperationalError) as exc:
            raise UnavailableError(
                "internal-error",
                "the database cannot be opened",
                "数据库无法打开",
                remedy="check database_url and disk",
            ) from exc
        try:
            await connection.execution_options(piaolian_writer=is_writer)
            yield connection
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 # The driver's own class.
    # The driver would begin transactions by itself, and late.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # A commit is the promise to the caller: it must survive a power cut.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get("piaolian_writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")
