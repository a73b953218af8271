"""Addresses of what a caller may know: its ranges, the catalogue, limits, and the network."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from sqlalchemy import select

from piaolian_node.api.authentication import Context, reads
from piaolian_node.api.door import MAX_REQUEST_BYTES
from piaolian_node.context import NodeContext
from piaolian_node.database.index import ranges
from piaolian_node.receipts.terms import items_for
from piaolian_node.registry.known import ranges_of_index
from piaolian_node.registry.parties import Party
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.contracts.records import ControlMode, RangeClass, RangeRecord
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.requests import WINDOW_SECONDS
from piaolian_sdk.signing import point_of
from piaolian_sdk.wire import (
    MAX_BATCH_ITEMS,
    MAX_DOCUMENT_BYTES,
    Catalogue,
    CatalogueEntry,
    Limits,
    Mode,
    NetworkInfo,
    RangeEntry,
    Ranges,
    paths,
)

router = APIRouter(tags=["registry"])

_CATEGORIES: dict[int, Literal["receipt", "payment", "paper"]] = {
    RangeClass.RECEIPT: "receipt",
    RangeClass.PAYMENT_CODE: "payment",
    RangeClass.PAPER: "paper",
}
_PREFIX_DIGITS = {RangeClass.RECEIPT: 8, RangeClass.PAYMENT_CODE: 10, RangeClass.PAPER: 1}


@router.get(paths.CATALOGUE)
async def catalogue(context: Context, party: Annotated[Party, Depends(reads("unit"))]) -> Catalogue:
    """Return the items that the calling unit may charge."""
    facts = await context.facts.unit(_unit(party))
    async with context.database.read() as connection:
        items = await items_for(context, connection, facts.unit, facts.record)
    return Catalogue(
        version=facts.catalog_version,
        items=[
            CatalogueEntry(
                item_code=code,
                item=item.item,
                name=item.name,
                minimum=text_from_fen(item.min_fen),
                maximum=text_from_fen(item.max_fen),
                kind=f"{item.kind:04d}" if item.kind else None,
                enabled=item.is_enabled,
                enabled_from=_moment(item.enabled_from),
                enabled_until=_moment(item.enabled_until) if item.enabled_until else None,
                is_rounding=item.is_rounding,
            )
            for code, (item, is_permitted) in sorted(items.items())
            if is_permitted
        ],
    )


@router.get(paths.RANGES)
async def own_ranges(context: Context, party: Annotated[Party, Depends(reads("unit"))]) -> Ranges:
    """Return the ranges of the calling unit."""
    unit = _unit(party)
    async with context.database.read() as connection:
        found = list(
            (await connection.execute(select(ranges.c.range).where(ranges.c.unit == unit).order_by(ranges.c.range)))
            .scalars()
            .all()
        )
        last_known = await ranges_of_index(connection, unit)
    try:
        records = await asyncio.to_thread(_read_ranges, context, found)
    except RemoteError:
        # A window that starts while the chain is down needs them all the same.
        records = last_known
    return Ranges(ranges=[_entry(range_id, record) for range_id, record in records.items() if record.unit == unit])


@router.get(paths.LIMITS)
async def limits(context: Context) -> Limits:
    """Return the limits of this node."""
    return Limits(
        max_batch_items=MAX_BATCH_ITEMS,
        max_document_bytes=MAX_DOCUMENT_BYTES,
        max_request_bytes=MAX_REQUEST_BYTES,
        lease_seconds=int(context.config.lease_time.total_seconds()),
        clock_window_seconds=WINDOW_SECONDS,
        requests_per_minute=context.config.requests_per_minute,
    )


@router.get(paths.NETWORK)
async def network(context: Context) -> NetworkInfo:
    """Return what a client needs to know of the network; nothing of it is secret."""
    book = context.address_book
    return NetworkInfo(
        chain_id=book.chain_id,
        genesis_hash=book.genesis_hash,
        contracts={name: contract.address for name, contract in book.contracts.items()},
        finality_depth=context.config.finality_depth,
        server_time=context.beijing_now(),
        finance_certificates=[context.supervision.certificate.der],
        encryption_recipients={
            context.department_recipient: point_of(context.private_key.public_key).hex(),
            **{f"auditor:{name}": point for name, point in context.config.auditors.items()},
        },
    )


def _unit(party: Party) -> int:
    if party.unit is None:
        raise RuntimeError("the endpoint admits units alone")
    return party.unit


def _read_ranges(context: NodeContext, found: list[int]) -> dict[int, RangeRecord]:
    stamp = context.chain.latest()
    return {range_id: context.chain.range(range_id, stamp) for range_id in found}


def _entry(range_id: int, record: RangeRecord) -> RangeEntry:
    mode: Mode | None = None
    if record.mode != ControlMode.NONE:
        mode = "code" if record.mode == ControlMode.BY_CODE else "list"
    return RangeEntry(
        range=range_id,
        unit=record.unit,
        category=_CATEGORIES[record.range_class],
        prefix=f"{record.prefix:0{_PREFIX_DIGITS[record.range_class]}d}",
        first=record.first,
        last=record.last,
        next=record.next,
        kind=f"{record.kind:04d}",
        mode=mode,
    )


def _moment(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, tz=BEIJING)
