"""The records as lines of text, out of any database and into any other.

::

    {"chain_id":7,"created_at":1795600000000,"format":"piaolian-records-1","tables":{"outbox":["sequence",...],...}}
    ["outbox",[1,"4f...",{"b":"base64 of bytes"},null,...]]                                       one line for each row
    {"rows":4711,"sha256":"..."}                                             SHA-256 of everything before this line

All rows are of one moment: they are read in one transaction, which a writer does not disturb (SQLite: a snapshot of
the WAL; PostgreSQL: REPEATABLE READ). The mark of the replica belongs to one database and is left out.
"""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database import Database
from piaolian_node.database.records import replica_marks
from piaolian_node.database.replica import record_tables
from piaolian_node.errors import ConfigError

FORMAT = "piaolian-records-1"
_ROWS_AT_ONCE = 500


def kept_tables() -> list[Table]:
    """Return the tables that are copied."""
    return [table for table in record_tables() if table is not replica_marks]


async def write_records(database: Database, chain_id: int, now_ms: int) -> AsyncIterator[bytes]:
    """Give the lines, each with its line feed."""
    digest, rows = hashlib.sha256(), 0
    tables = kept_tables()
    columns = {table.name: [column.name for column in table.columns] for table in tables}
    head = _line({"format": FORMAT, "chain_id": chain_id, "created_at": now_ms, "tables": columns})
    digest.update(head)
    yield head
    async with database.read() as connection:
        if not database.is_sqlite:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        for table in tables:
            found = await connection.stream(select(table).order_by(*table.primary_key.columns))
            async for row in found:
                line = _line([table.name, [_packed(value) for value in row]])
                digest.update(line)
                rows += 1
                yield line
    yield _line({"rows": rows, "sha256": digest.hexdigest()})


async def require_empty(connection: AsyncConnection) -> None:
    """Refuse a database that has records.

    Raises:
        ConfigError: It has.
    """
    for table in kept_tables():
        if (await connection.execute(select(func.count()).select_from(table))).scalar_one():
            raise ConfigError(
                f"the database has records ({table.name}): it is not overwritten",
                "目标数据库非空，拒绝覆盖",
                field="database_url",
                remedy="name a new database, or move the old one away",
            )


async def read_records(connection: AsyncConnection, lines: Iterable[bytes], chain_id: int) -> int:
    """Write the rows of a file into an empty database, and return how many.

    Args:
        connection: Open write transaction; the caller commits it when this returns, and not before.
        lines: The file, line by line.
        chain_id: Of the chain that this node serves.

    Raises:
        ConfigError: It is no such file, of another chain or version, or not whole.
    """
    await require_empty(connection)
    digest, given = hashlib.sha256(), iter(lines)
    tables = _tables(next(given, b""), chain_id, digest)
    waiting: list[dict[str, Any]] = []
    current = ""
    for rows, line in enumerate(given):
        value = _parsed(line)
        if isinstance(value, dict):
            await _flush(connection, tables, current, waiting)
            _require_end(value, rows, digest.hexdigest(), given)
            await _go_on_counting(connection)
            return rows
        name, values = value
        if name != current or len(waiting) == _ROWS_AT_ONCE:
            await _flush(connection, tables, current, waiting)
            current = name
        waiting.append(_row(tables, name, values))
        digest.update(line)
    raise _not_whole("it has no end")


def split_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the lines of bytes that come in pieces, each with its line feed."""
    waiting = b""
    for piece in pieces:
        *whole, waiting = (waiting + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if waiting:
        yield waiting


def _tables(head: bytes, chain_id: int, digest: "hashlib._Hash") -> dict[str, tuple[Table, list[str]]]:
    value = _parsed(head)
    digest.update(head)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _not_whole("it begins with something else")
    if value.get("chain_id") != chain_id:
        raise _not_whole(f"it is of chain {value.get('chain_id')}, this node serves {chain_id}")
    known = {table.name: table for table in kept_tables()}
    found: dict[str, tuple[Table, list[str]]] = {}
    for name, columns in value["tables"].items():
        if name not in known or not set(columns) <= {column.name for column in known[name].columns}:
            raise _not_whole(f"it is of a later version of the node ({name})")
        found[name] = (known[name], columns)
    return found


def _row(tables: dict[str, tuple[Table, list[str]]], name: str, values: list[Any]) -> dict[str, Any]:
    if name not in tables or len(values) != len(tables[name][1]):
        raise _not_whole(f"a row of {name} has another shape")
    return dict(zip(tables[name][1], [_unpacked(value) for value in values], strict=True))


async def _flush(
    connection: AsyncConnection, tables: dict[str, tuple[Table, list[str]]], name: str, waiting: list[dict[str, Any]]
) -> None:
    if waiting:
        await connection.execute(insert(tables[name][0]), waiting)
        waiting.clear()


def _require_end(value: dict[str, Any], rows: int, digest: str, rest: Iterator[bytes]) -> None:
    if value.get("rows") != rows or value.get("sha256") != digest or next(rest, None) is not None:
        raise _not_whole("its digest is another")


async def _go_on_counting(connection: AsyncConnection) -> None:
    """Let PostgreSQL count on from the highest number; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in ("outbox", "transactions"):
        await connection.execute(
            text(
                "SELECT setval(pg_get_serial_sequence(:name, 'sequence'), "
                "greatest((SELECT max(sequence) FROM outbox), (SELECT max(sequence) FROM transactions), 1))"
            ),
            {"name": table},
        )


def _parsed(line: bytes) -> Any:  # noqa: ANN401 # What JSON holds.
    try:
        return json.loads(line)
    except ValueError as exc:
        raise _not_whole("a line is no JSON") from exc


def _packed(value: Any) -> Any:  # noqa: ANN401 # Any column.
    return {"b": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value


def _unpacked(value: Any) -> Any:  # noqa: ANN401
    return base64.b64decode(value["b"]) if isinstance(value, dict) else value


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _not_whole(what: str) -> ConfigError:
    return ConfigError(
        f"the backup cannot be restored: {what}",
        f"备份无法恢复：{what}",
        field="file",
        remedy="take another backup, or the version of the node that wrote it; nothing was written",
    )
