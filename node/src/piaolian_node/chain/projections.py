"""Events as rows of the index. Every function works on the caller's open write transaction."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.chain.openings import red_header_of
from piaolian_node.database.index import (
    batches,
    chain_events,
    item_versions,
    payment_marks,
    ranges,
    reversals,
    units,
)
from piaolian_node.database.writing import insert_missing
from piaolian_node.payments.registered import add_unknown_notices
from piaolian_sdk.contracts.events import DecodedLog
from piaolian_sdk.contracts.events_payments import (
    NoticeCancelled,
    NoticeRegistered,
    PaymentsSettled,
    PaymentTakenBack,
    ReversalRefunded,
)
from piaolian_sdk.contracts.events_receipts import BatchIssued, PaymentsReceipted, Reversed
from piaolian_sdk.contracts.events_registry import ItemDisabledFrom, ItemSet, RangeAllotted, UnitRegistered
from piaolian_sdk.tree import Header

_SEQUENCE_BYTES = 5


async def project(connection: AsyncConnection, logged: DecodedLog, block_time: int) -> None:
    """Write one event and what follows from it.

    Args:
        connection: Open write transaction.
        logged: The event with its place.
        block_time: Unix seconds of its block.
    """
    await _keep(connection, logged, block_time)
    place = {"block_number": logged.block_number}
    match logged.event:
        case UnitRegistered() as event:
            await connection.execute(
                insert(units).values(
                    unit=event.unit, credit_code_digest=event.credit_code_digest, area=event.area, **place
                )
            )
        case RangeAllotted() as event:
            await connection.execute(insert(ranges).values(**_range(event), **place))
        case ItemSet() | ItemDisabledFrom() as event:
            await connection.execute(insert(item_versions).values(**_item(event), log_index=logged.log_index, **place))
        case BatchIssued() as event:
            await connection.execute(insert(batches).values(**_batch(event, logged, block_time)))
        case Reversed() as event:
            await connection.execute(insert(batches).values(**_red_batch(event, logged, block_time)))
            await connection.execute(insert(reversals).values(**_reversal(event), **place))
        case event:
            await _mark_payments(connection, event, logged.block_number)


async def _keep(connection: AsyncConnection, logged: DecodedLog, block_time: int) -> None:
    event = logged.event
    values = {name: _plain(value) for name, value in _members(event)}
    await connection.execute(
        insert(chain_events).values(
            block_number=logged.block_number,
            log_index=logged.log_index,
            block_time=block_time,
            transaction_hash=logged.transaction_hash,
            name=type(event).__name__,
            unit=getattr(event, "unit", None),
            range=getattr(event, "range", None),
            values=json.dumps(values, separators=(",", ":")),
        )
    )


def _members(event: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 # Any dataclass.
    for member in dataclasses.fields(event):
        yield member.name, getattr(event, member.name)


def _plain(value: Any) -> Any:  # noqa: ANN401 # Any ABI value.
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if dataclasses.is_dataclass(value):
        return {name: _plain(part) for name, part in _members(value)}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value


def _range(event: RangeAllotted) -> dict[str, Any]:
    return {
        "range": event.range,
        "unit": event.unit,
        "range_class": event.class_,
        "prefix": event.prefix,
        "first": event.from_,
        "last": event.to,
        "kind": event.kind,
        "mode": event.mode,
        "place": event.place,
    }


def _item(event: ItemSet | ItemDisabledFrom) -> dict[str, Any]:
    """Return a version; a disabling is a version that says when the item ends and leaves the rest open (-1)."""
    if isinstance(event, ItemDisabledFrom):
        nothing = dict.fromkeys(("area", "enabled_from", "min_fen", "max_fen", "kind", "is_listed_only"), -1)
        return {
            **nothing,
            "item": event.item,
            "code": "",
            "enabled_until": event.at,
            "catalog_version": event.catalog_version,
        }
    version = event.version
    return {
        "item": event.item,
        "catalog_version": event.catalog_version,
        "code": event.code.rstrip(b"\0").decode("ascii"),
        "area": event.area,
        "enabled_from": version.enabled_from,
        "enabled_until": version.enabled_until,
        "min_fen": version.min_fen,
        "max_fen": version.max_fen,
        "kind": version.kind,
        "is_listed_only": int(version.listed_units_only),
    }


def _batch(event: BatchIssued, logged: DecodedLog, block_time: int) -> dict[str, Any]:
    return {**_header(event), "is_red": 0, **_place(logged, block_time)}


def _header(of: BatchIssued | Header) -> dict[str, Any]:
    values = dict(_members(of))
    values["size"] = values.pop("count")
    return values


def _red_batch(event: Reversed, logged: DecodedLog, block_time: int) -> dict[str, Any]:
    """Return the red receipt's batch of one: its root is its header alone."""
    return {
        "root_id": event.root_id,
        "position": 0,
        **_header(red_header_of(event)),
        "bodies": event.bodies,
        "is_red": 1,
        **_place(logged, block_time),
    }


def _place(logged: DecodedLog, block_time: int) -> dict[str, Any]:
    return {
        "transaction_hash": logged.transaction_hash,
        "block_time": block_time,
        "block_number": logged.block_number,
        "log_index": logged.log_index,
    }


def _reversal(event: Reversed) -> dict[str, Any]:
    return {
        "range": event.range,
        "number": event.number,
        "red_range": event.red_range,
        "red_number": event.red_number,
    }


async def _mark_payments(connection: AsyncConnection, event: object, block_number: int) -> None:
    notice_batch = None
    match event:
        case NoticeRegistered():
            await add_unknown_notices(connection, event)
            range_id, mark, notice_batch = event.range, "registered", event.notice_batch
            sequences = list(range(event.first, event.first + event.count))
        case NoticeCancelled():
            range_id, mark, sequences = event.range, "cancelled", [event.sequence]
        case PaymentsSettled():
            range_id, mark = event.range, "paid"
            sequences = [sequence for sequence, _ in event.parts()]
        case ReversalRefunded() if event.child_sequence:
            # The remainder's notice is born paid.
            range_id, mark, sequences = event.child_range, "paid", [event.child_sequence]
        case PaymentTakenBack():
            range_id, mark, sequences = event.range, "ended", [event.sequence]
        case PaymentsReceipted():
            range_id, mark, sequences = event.payment_range, "used", split_sequences(event.sequences)
        case _:
            return
    rows = [
        {
            "range": range_id,
            "sequence": sequence,
            "mark": mark,
            "notice_batch": notice_batch,
            "block_number": block_number,
        }
        for sequence in sequences
    ]
    await insert_missing(connection, payment_marks, rows)


def split_sequences(packed: bytes) -> list[int]:
    """Return the sequences of packed bytes, 5 bytes each."""
    return [int.from_bytes(packed[at : at + _SEQUENCE_BYTES], "big") for at in range(0, len(packed), _SEQUENCE_BYTES)]
