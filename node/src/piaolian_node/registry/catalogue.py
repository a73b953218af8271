"""Charge items as the index has them, for one unit at one time.

An item belongs to an area; a unit may use the items of every area that contains its own. Where several areas have an
item of one code, the smallest area's is used, and the limits of all of them hold together (a city narrows the
province's limits, it does not widen them).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database.index import chain_events, item_versions
from piaolian_node.database.records import item_names


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it may be charged now.

    Attributes:
        item: Number in the Registry.
        code: 6 to 12 digits.
        area: Area prefix that it belongs to.
        kind: Receipt kind that it is bound to, 0 for any.
        enabled_until: Unix seconds, 0 when open.
    """

    item: int
    code: str
    name: str
    area: int
    min_fen: int
    max_fen: int
    kind: int
    is_listed_only: bool
    enabled_from: int
    enabled_until: int
    is_enabled: bool
    is_rounding: bool


async def catalogue_for(connection: AsyncConnection, area: int, now_unix: int) -> dict[str, Item]:
    """Return the items by code that a unit of an area sees.

    Args:
        connection: Open transaction.
        area: Area of the unit, six digits with a leading 1.
        now_unix: Unix seconds.
    """
    rows = (
        await connection.execute(
            select(item_versions).order_by(item_versions.c.block_number, item_versions.c.log_index)
        )
    ).all()
    names = {row.code: row for row in await connection.execute(select(item_names))}
    items = (_current(history, names, now_unix) for history in _by_item(rows).values())
    wanted = [item for item in items if item is not None and contains(item.area, area)]
    found: dict[str, Item] = {}
    for item in sorted(wanted, key=lambda candidate: candidate.area):
        # A longer prefix is a smaller area and comes later.
        found[item.code] = _within(item, found[item.code]) if item.code in found else item
    return found


def contains(area: int, inner: int) -> bool:
    """Whether an area prefix contains another; both have a leading 1."""
    return str(inner).startswith(str(area))


async def permitted_items(connection: AsyncConnection, unit: int) -> set[int]:
    """Return the items that a unit is listed for."""
    rows = await connection.execute(
        select(chain_events.c["values"])
        .where(chain_events.c.name == "ItemPermitSet", chain_events.c.unit == unit)
        .order_by(chain_events.c.block_number, chain_events.c.log_index)
    )
    listed: dict[int, bool] = {}
    for row in rows:
        event = _read(row[0])
        listed[event["item"]] = event["permitted"]
    return {item for item, is_listed in listed.items() if is_listed}


async def set_name(connection: AsyncConnection, code: str, name: str, *, is_rounding: bool) -> None:
    """Write the name of an item."""
    values = {"name": name, "is_rounding": int(is_rounding)}
    changed = await connection.execute(update(item_names).where(item_names.c.code == code).values(**values))
    if changed.rowcount == 0:
        await connection.execute(insert(item_names).values(code=code, **values))


def _read(text: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(text)
    return values


def _by_item(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    histories: dict[int, list[Row[Any]]] = {}
    for row in rows:
        histories.setdefault(row.item, []).append(row)
    return histories


def _current(history: list[Row[Any]], names: Mapping[str, Row[Any]], now_unix: int) -> Item | None:
    """Return an item by its versions in order: the newest that has begun holds, a disabling ends it."""
    version: Row[Any] | None = None
    until = 0
    for row in history:
        if row.enabled_from == -1:
            until = row.enabled_until
        elif version is None or row.enabled_from <= now_unix:
            version, until = row, row.enabled_until
    if version is None:
        return None
    named = names.get(version.code)
    return Item(
        item=version.item,
        code=version.code,
        name=named.name if named else "",
        area=version.area,
        min_fen=version.min_fen,
        max_fen=version.max_fen,
        kind=version.kind,
        is_listed_only=bool(version.is_listed_only),
        enabled_from=version.enabled_from,
        enabled_until=until,
        is_enabled=version.enabled_from <= now_unix and (until == 0 or now_unix < until),
        is_rounding=bool(named and named.is_rounding),
    )


def _within(item: Item, outer: Item) -> Item:
    return replace(
        item,
        min_fen=max(item.min_fen, outer.min_fen),
        max_fen=min(item.max_fen, outer.max_fen),
        is_enabled=item.is_enabled and outer.is_enabled,
        name=item.name or outer.name,
    )
