"""What the chain said last, on disk: a process that starts while the chain is down goes on with it.

Written when something other than the next number changed, or the last writing is an hour old: the next number follows
from this node's own rows and from the index.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database import Database
from piaolian_node.database.index import batches, known_facts, ranges
from piaolian_node.errors import UnavailableError
from piaolian_node.outbox.rows import queue_end
from piaolian_node.registry.fact_types import RangeFacts, UnitFacts
from piaolian_sdk.contracts.records import ControlMode, RangeClass, RangeRecord

_logger = logging.getLogger(__name__)
_RENEWED_SECONDS = 3600.0
FactKey = tuple[str, int, int]


class FactStore:
    """Keeps the last facts of each unit and range.

    Args:
        database: Where they are kept.
        now: Clock, Unix seconds.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._written: dict[FactKey, tuple[str, float]] = {}

    async def keep(self, key: FactKey, facts: UnitFacts | RangeFacts) -> None:
        """Write facts that changed; where the disk does not take them, the request goes on without."""
        lasting = json.dumps(_lasting(facts), sort_keys=True)
        written = self._written.get(key)
        if written is not None and written[0] == lasting and self._now() - written[1] < _RENEWED_SECONDS:
            return
        kind, unit, range_id = key
        place = {"kind": kind, "unit": unit, "range": range_id}
        try:
            async with self._database.write() as connection:
                await connection.execute(
                    delete(known_facts).where(*[known_facts.c[name] == value for name, value in place.items()])
                )
                await connection.execute(
                    insert(known_facts).values(
                        **place, facts=json.dumps(_packed(asdict(facts))), block_number=facts.stamp.number
                    )
                )
        except UnavailableError as exc:
            _logger.warning("what the chain says is not written: %s", exc.message)
            return
        self._written[key] = (lasting, self._now())

    async def last(self, key: FactKey) -> UnitFacts | RangeFacts | None:
        """Return the last facts that were written, or None."""
        kind, unit, range_id = key
        async with self._database.read() as connection:
            query = select(known_facts.c.facts).where(
                known_facts.c.kind == kind, known_facts.c.unit == unit, known_facts.c.range == range_id
            )
            text = (await connection.execute(query)).scalar()
        if text is None:
            return None
        model: type[UnitFacts | RangeFacts] = UnitFacts if kind == "unit" else RangeFacts
        try:
            return TypeAdapter(model).validate_python(_unpacked(json.loads(text)))
        except ValidationError:
            # Written by another version of the node.
            return None

    async def moved_on(self, facts: RangeFacts) -> RangeFacts:
        """Return facts of a range whose next number is at least what the index shows."""
        async with self._database.read() as connection:
            reached = await issued_to(connection, facts.range)
        return replace(facts, numbers=replace(facts.numbers, next=max(facts.numbers.next, reached)))


async def issued_to(connection: AsyncConnection, range_id: int) -> int:
    """Return the number after the last one of a range that final blocks have, 0 without one."""
    query = (
        select(batches.c.first + batches.c.size)
        .where(batches.c.range == range_id)
        .order_by(batches.c.first.desc())
        .limit(1)
    )
    return int((await connection.execute(query)).scalar() or 0)


def _lasting(facts: UnitFacts | RangeFacts) -> Any:  # noqa: ANN401 # JSON.
    values = asdict(facts)
    values.pop("stamp")
    if "numbers" in values:
        values["numbers"].pop("next")
    return _packed(values)


def _packed(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, bytes):
        return {"b": value.hex()}
    if isinstance(value, dict):
        return {name: _packed(part) for name, part in value.items()}
    return value


def _unpacked(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        if value.keys() == {"b"}:
            return bytes.fromhex(value["b"])
        return {name: _unpacked(part) for name, part in value.items()}
    return value


async def ranges_of_index(connection: AsyncConnection, unit: int) -> dict[int, RangeRecord]:
    """Return the ranges of a unit as the index has them, each with the next number as far as this node knows it."""
    found = await connection.execute(select(ranges).where(ranges.c.unit == unit).order_by(ranges.c.range))
    return {
        row.range: RangeRecord(
            unit=row.unit,
            prefix=row.prefix,
            first=row.first,
            last=row.last,
            next=max(row.first, await issued_to(connection, row.range), await queue_end(connection, row.range) or 0),
            range_class=RangeClass(row.range_class),
            mode=ControlMode(row.mode),
            kind=row.kind,
        )
        for row in found.all()
    }
