"""One database, SQLite or PostgreSQL, with one writer at a time.

A write transaction takes the write lock when it begins (``BEGIN IMMEDIATE``; on PostgreSQL one advisory lock), so what
it reads stays true until it commits and no two writers can lease the same number. Read transactions take no lock.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from piaolian_node.config import ReplicaSetting
from piaolian_node.database.replica import SYNCHRONOUS, FileReplica, unavailable
from piaolian_node.database.standby import require_standby
from piaolian_node.errors import ConfigError, UnavailableError

# How long a writer waits for the one before it.
_BUSY_MILLISECONDS = 5000
# A server whose standby is gone keeps a commit waiting for ever.
_COMMIT_SECONDS = 10.0
# Any constant: it names this application's write lock in PostgreSQL.
_WRITE_LOCK = 0x7069616F


class Database:
    """Opens transactions.

    Args:
        url: ``sqlite+aiosqlite:///path`` or ``postgresql+asyncpg://...``.
        replica: Where every write goes as well before it is done, or None.

    Raises:
        ConfigError: The replica is of the other kind of database.
    """

    def __init__(self, url: str, replica: ReplicaSetting | None = None) -> None:
        # Errors must not carry what was to be written: the log takes them.
        self.engine: AsyncEngine = create_async_engine(
            url, pool_pre_ping=url.startswith("postgresql"), hide_parameters=True
        )
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._standby = None if self.is_sqlite else replica
        self._file = FileReplica(replica) if self.is_sqlite and replica is not None else None
        if replica is not None and (replica.place == SYNCHRONOUS) == self.is_sqlite:
            raise ConfigError(
                "the replica is of the other kind of database",
                "副本设置与数据库类型不符",
                field="replica",
                remedy="with SQLite the path of a file, with PostgreSQL the word synchronous",
            )
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", self._begin_sqlite)

    @property
    def file(self) -> Path | None:
        """Path of an SQLite database."""
        return Path(self.engine.url.database) if self.is_sqlite and self.engine.url.database else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees one state of the database."""
        async with self._connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give the connection of the only writer; commits at the end, or rolls back on an error.

        When this returns, what was written is on the disk, and on that of the replica if there is one.

        Raises:
            UnavailableError: ``records-unavailable`` (disk full or broken, another writer does not end) or
                ``replica-unavailable``. The transaction is undone, or nobody may count on it.
        """
        async with self._connect(is_writer=True) as connection:
            try:
                await connection.begin()
                if not self.is_sqlite:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITE_LOCK})
                if self._standby is not None:
                    await require_standby(connection, self._standby)
                yield connection
                await self._commit(connection)
            except OperationalError as exc:
                raise _unavailable(exc) from exc

    async def _commit(self, connection: AsyncConnection) -> None:
        if self._standby is None:
            await connection.commit()
            return
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await connection.commit()
        except (TimeoutError, DBAPIError) as exc:
            await connection.invalidate()
            raise unavailable("the standby does not confirm") from exc

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

    def _begin_sqlite(self, connection: Connection) -> None:
        if not connection.get_execution_options().get("piaolian_writer", False):
            connection.exec_driver_sql("BEGIN")
        elif self._file is None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            self._file.begin(connection)

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
    # Keys that are destroyed must not be read out of free pages.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    cursor.close()


def _unavailable(exc: OperationalError) -> UnavailableError:
    # The driver's words name no values, and are for the operator.
    words = str(exc.orig)
    return UnavailableError(
        "records-unavailable",
        f"the database does not take writes: {words}",
        "数据库暂不可写",
        remedy="make room on the disk" if "full" in words else "look at the database's disk and at other writers",
        values={"retry_after_seconds": 10},
    )
