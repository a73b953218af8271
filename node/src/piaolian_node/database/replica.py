# ruff: noqa: S608 # Every name in a statement is one of our own tables or columns.
"""A second copy of the records, written before anybody is answered.

**SQLite.** The replica is another database file, best on another disk. It is attached to the connection of the only
writer, and temporary triggers write every changed row of a record table into it within the same transaction::

    write lock of both ─► rows, each with its trigger ─► commit of the database, commit of the replica ─► answer
                                                     the lock is free only when both are on their disks

A crash between the two commits leaves the replica one transaction behind, and nobody was answered or could act on it:
whatever a worker does outside needs a write first. Each write leaves a count and a token in both; where the replica is
behind, the records are copied anew before the next write. A replica that is ahead, or that knows records while the
database knows none, means that the database is an old or an empty one: nothing is written, and a person restores it.
The index is not copied: it is made again from the chain.

**PostgreSQL.** The replica is a synchronous standby of the server's own (``synchronous_standby_names``): the server
answers a commit when the standby has it. Here it is checked before each write that there is one.
"""

import hashlib
import logging
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from piaolian_node.config import ReplicaSetting
from piaolian_node.database.index import INDEX_TABLES, indexed_blocks, known_facts
from piaolian_node.database.records import metadata
from piaolian_node.errors import ConfigError, RecordError, UnavailableError

_logger = logging.getLogger(__name__)

# Value of the setting that means a standby of PostgreSQL.
SYNCHRONOUS = "synchronous"
_PREFIX = "replica_"
_MARK = "records"
_COUNT_DIGITS = 20


def record_tables() -> list[Table]:
    """Return the tables that are records, in an order in which rows can be written."""
    index = {*INDEX_TABLES, indexed_blocks, known_facts}
    return [table for table in metadata.sorted_tables if table not in index]


class FileReplica:
    """The replica of an SQLite database.

    Args:
        setting: Its file.
    """

    def __init__(self, setting: ReplicaSetting) -> None:
        self._path = Path(setting.place)
        self._is_required = setting.is_required

    def begin(self, connection: Connection) -> None:
        """Begin a write transaction over the database and its replica.

        Raises:
            UnavailableError: The replica cannot be written, and it is required.
        """
        is_attached = self._attach(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        mark = _mark(connection, "main.replica_marks")
        if is_attached:
            copied = _mark(connection, "replica.replica_replica_marks")
            if copied is not None and (mark is None or copied[:_COUNT_DIGITS] > mark[:_COUNT_DIGITS]):
                raise _older()
            if mark is None or copied != mark:
                _logger.warning("the replica is behind the database: the records are copied anew")
                _copy(connection)
        count = 1 + int(mark[:_COUNT_DIGITS]) if mark else 1
        connection.exec_driver_sql(
            "INSERT INTO replica_marks (name, token) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET token = excluded.token",
            (_MARK, f"{count:0{_COUNT_DIGITS}d}:{secrets.token_hex(8)}"),
        )

    def _attach(self, connection: Connection) -> bool:
        """Attach the replica where it is not, or is another file by now, and return whether it is there."""
        try:
            place = self._place()
            if connection.info.get("replica") == place:
                return True
            if "replica" in connection.info:
                connection.info.pop("replica")
                _drop_triggers(connection)
                connection.exec_driver_sql("DETACH DATABASE replica")
            connection.exec_driver_sql("ATTACH DATABASE ? AS replica", (str(self._path),))
            connection.info["replica"] = None
            _prepare(connection)
            connection.info["replica"] = self._place()
        except (OSError, DBAPIError) as exc:
            self._missing(connection, exc)
            return False
        return True

    def _place(self) -> tuple[int, int]:
        """Return device and inode of the file: one that was removed under us goes on taking writes, into nothing.

        An absent file is never made here: its folder may be the mount point of a disk that is gone.
        """
        found = self._path.stat()
        return found.st_dev, found.st_ino

    def _missing(self, connection: Connection, exc: Exception) -> None:
        if "replica" in connection.info:
            connection.info.pop("replica")
            _drop_triggers(connection)
            connection.exec_driver_sql("DETACH DATABASE replica")
        if self._is_required:
            raise unavailable(type(exc).__name__) from exc
        _logger.error("the replica is not there (%s): the records have ONE copy", type(exc).__name__)


def _mark(connection: Connection, table: str) -> str | None:
    """Return count and token of the last write that a table of marks knows."""
    found = connection.exec_driver_sql(f"SELECT token FROM {table} WHERE name = ?", (_MARK,)).scalar()
    return None if found is None else str(found)


def _older() -> RecordError:
    return RecordError(
        "the replica has records that the database lacks: the database is an old or an empty one. Restore it from the "
        "replica (piaolian-node restore --from-replica), or move that file away and make a new replica",
        "副本中的记录比数据库更新：请先从副本恢复数据库",
    )


def unavailable(what: str) -> UnavailableError:
    """Return the refusal of a write that would have one copy."""
    return UnavailableError(
        "replica-unavailable",
        f"the replica of the records cannot be written ({what}): nothing is accepted with one copy",
        "记录副本不可写，暂不受理新业务",
        remedy="bring the replica's disk or standby back; see docs/operations.md",
        values={"retry_after_seconds": 10},
    )


def _prepare(connection: Connection) -> None:
    """Make the replica's tables and this connection's triggers."""
    for pragma in ("journal_mode = TRUNCATE", "synchronous = FULL", "secure_delete = ON"):
        connection.exec_driver_sql(f"PRAGMA replica.{pragma}")
    tables = record_tables()
    wanted, shape = [_create(table) for table in tables], _shape()
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS replica.replica_shape (digest TEXT NOT NULL)")
    if connection.exec_driver_sql("SELECT digest FROM replica.replica_shape").scalar() != shape:
        for table in tables:
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS replica."{_PREFIX}{table.name}"')
        for statement in wanted:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("DELETE FROM replica.replica_shape")
        connection.exec_driver_sql("INSERT INTO replica.replica_shape VALUES (?)", (shape,))
    for table in tables:
        for statement in _triggers(table):
            connection.exec_driver_sql(statement)


def _shape() -> str:
    """Return the digest that names this version's tables."""
    return hashlib.sha256("".join(_create(table) for table in record_tables()).encode()).hexdigest()


def _drop_triggers(connection: Connection) -> None:
    for table in record_tables():
        for act in ("insert", "update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS temp.{_PREFIX}{table.name}_{act}")


def _create(table: Table) -> str:
    columns = [f'"{column.name}" {_affinity(str(column.type))}' for column in table.columns]
    return f'CREATE TABLE replica."{_PREFIX}{table.name}" ({", ".join(columns)}, PRIMARY KEY ({_names(_keys(table))}))'


def _affinity(type_name: str) -> str:
    return {"TEXT": "TEXT", "BLOB": "BLOB"}.get(type_name, "INTEGER")


def _triggers(table: Table) -> list[str]:
    """Return the triggers that write a table's changes into the replica's table, found by its name alone."""
    columns = [column.name for column in table.columns]
    copy = f'"{_PREFIX}{table.name}"'
    values = ", ".join(f'NEW."{name}"' for name in columns)
    row = " AND ".join(f'"{name}" = OLD."{name}"' for name in _keys(table))
    write = f"INSERT OR REPLACE INTO {copy} ({_names(columns)}) VALUES ({values});"
    return [
        f'CREATE TEMP TRIGGER {_PREFIX}{table.name}_{act} AFTER {act.upper()} ON main."{table.name}" BEGIN {steps} END'
        for act, steps in (
            ("insert", write),
            ("update", f"DELETE FROM {copy} WHERE {row}; {write}"),
            ("delete", f"DELETE FROM {copy} WHERE {row};"),
        )
    ]


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _names(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _copy(connection: Connection) -> None:
    for table in record_tables():
        names = _names([column.name for column in table.columns])
        connection.exec_driver_sql(f'DELETE FROM replica."{_PREFIX}{table.name}"')
        connection.exec_driver_sql(
            f'INSERT INTO replica."{_PREFIX}{table.name}" ({names}) SELECT {names} FROM main."{table.name}"'
        )


def make_replica(path: Path) -> None:
    """Make the file of a new replica; the next write fills it.

    Raises:
        ConfigError: There is a file already, or no folder.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)
    except OSError as exc:
        raise ConfigError(
            f"the replica cannot be made: {type(exc).__name__}",
            "无法建立副本文件",
            field="replica",
            remedy="the folder must be there and must not hold a replica yet",
        ) from exc


def copy_back(database: Path, replica: Path) -> int:
    """Copy the records of a replica into an empty SQLite database of the same shape, and return how many rows.

    Args:
        database: File of a database that was migrated and that nobody uses.
        replica: The replica's file.

    Raises:
        ConfigError: It is no replica, or one of another version.
    """
    # SQLite would make a file that is not there.
    if not replica.is_file():
        raise _no_replica()
    rows = 0
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("ATTACH DATABASE ? AS replica", (str(replica),))
            if connection.execute("SELECT digest FROM replica.replica_shape").fetchone() != (_shape(),):
                raise _no_replica()
            connection.execute("PRAGMA main.synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            for table in record_tables():
                names = _names([column.name for column in table.columns])
                copied = connection.execute(
                    f'INSERT INTO main."{table.name}" ({names}) SELECT {names} FROM replica."{_PREFIX}{table.name}"'
                )
                rows += copied.rowcount
            connection.execute("COMMIT")
    except sqlite3.Error as exc:
        raise _no_replica() from exc
    return rows


def _no_replica() -> ConfigError:
    return ConfigError(
        "the file is no replica of this version of the node",
        "该文件不是本版本节点的副本",
        field="replica",
        remedy="name the file that the setting REPLICA named; use the version of the node that wrote it",
    )
