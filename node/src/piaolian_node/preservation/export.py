"""The index in one canonical form: the same chain gives the same bytes, on every node and on either database.

::

    {"block":812,"chain_id":7,"format":"piaolian-index-1"}
    ["batches",{"bodies":"0x...","block_number":17,...}]          one line for each row: tables and rows in fixed order
    {"rows":4711,"sha256":"..."}                                  SHA-256 of everything before this line

UTF-8, one JSON value a line, members sorted, no spaces, bytes as 0x-hex. Rows of blocks above the named one are left
out, so two nodes whose indexes have come to different heights can be compared at a block that both have.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.chain.settling import indexed_number
from piaolian_node.database.index import INDEX_TABLES, payment_marks
from piaolian_node.database.records import notices
from piaolian_node.errors import RefusedError

FORMAT = "piaolian-index-1"
# Of a notice, what the chain says of it, whoever brought it there.
_NOTICE_COLUMNS = ("range", "sequence", "payment_code", "unit", "amount_fen", "lines_hash", "due_day")


async def export_index(connection: AsyncConnection, chain_id: int, at: int | None = None) -> AsyncIterator[bytes]:
    """Give the lines of the export, each with its line feed.

    Args:
        connection: Open read transaction.
        chain_id: Of the chain that was indexed.
        at: Highest block of the rows; the highest that is indexed when None.

    Raises:
        RefusedError: The index has not come to that block.
    """
    mark = await indexed_number(connection)
    block = mark if at is None else at
    if not 0 <= block <= mark:
        raise RefusedError(
            "block-not-final",
            f"the index has come to block {mark}, not to {block}",
            f"索引到第 {mark} 块，尚无第 {block} 块",
            field="at",
            remedy="wait until the worker has read that block, or name a lower one",
        )
    digest = hashlib.sha256()
    head = _line({"format": FORMAT, "chain_id": chain_id, "block": block})
    digest.update(head)
    yield head
    rows = 0
    for name, query in _queries(block):
        found = await connection.stream(query)
        async for row in found:
            line = _line([name, _plain(row._mapping)])  # noqa: SLF001 # SQLAlchemy's public name for a row by column.
            digest.update(line)
            rows += 1
            yield line
    yield _line({"rows": rows, "sha256": digest.hexdigest()})


def _queries(block: int) -> list[tuple[str, Select[Any]]]:
    """Return the rows of each table in the order of its primary key."""
    queries: list[tuple[str, Select[Any]]] = [
        (table.name, select(table).where(table.c.block_number <= block).order_by(*table.primary_key.columns))
        for table in sorted(INDEX_TABLES, key=lambda table: table.name)
    ]
    registered = (
        select(*[notices.c[name] for name in _NOTICE_COLUMNS], payment_marks.c.block_number)
        .join(
            payment_marks,
            (payment_marks.c.range == notices.c.range) & (payment_marks.c.sequence == notices.c.sequence),
        )
        .where(payment_marks.c.mark == "registered", payment_marks.c.block_number <= block)
        .order_by(notices.c.range, notices.c.sequence)
    )
    return [*queries, ("notices", registered)]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): "0x" + value.hex() if isinstance(value, bytes) else value for name, value in row.items()}


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
