"""Numbers kept for a unit until it submits them.

Leases of one range are submitted in order. When one expires, those after it can no longer be submitted in order either
and expire with it; their numbers are handed out again. A range whose queue ends in a refused batch takes no new lease
until the refused numbers are voided.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database.records import leases, outbox
from piaolian_node.errors import RefusedError
from piaolian_node.outbox.rows import queue_end
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS


@dataclass(frozen=True, slots=True)
class Lease:
    """Numbers of one range for one batch.

    Attributes:
        kind: ``issue``, ``notice`` or ``reverse``.
        content: What was prepared, as JSON values.
        expires_at: Unix milliseconds.
    """

    lease: str
    kind: str
    key_id: str
    unit: int
    range: int
    first: int
    count: int
    state: str
    expires_at: int
    content: Mapping[str, Any]


async def next_number(connection: AsyncConnection, range_id: int, chain_next: int, now_ms: int) -> int:
    """Return the first number of a range that neither chain, queue nor an open lease has.

    Args:
        connection: Open write transaction.
        range_id: The range.
        chain_next: The range's next number as the chain says.
        now_ms: Unix milliseconds.

    Raises:
        RefusedError: ``range-needs-void``: refused numbers stand in the way.
    """
    await expire(connection, range_id, now_ms)
    await _require_unblocked(connection, range_id, chain_next)
    query = select(func.max(leases.c.first + leases.c.size)).where(leases.c.range == range_id, leases.c.state == "open")
    leased = (await connection.execute(query)).scalar()
    queued = await queue_end(connection, range_id)
    return max(chain_next, int(leased or 0), queued or 0)


async def take(connection: AsyncConnection, lease: Lease, last: int, now_ms: int) -> None:
    """Write a lease.

    Args:
        connection: Open write transaction in which ``next_number`` gave ``lease.first``.
        lease: What to write; its state is ``open``.
        last: Last number of the range.
        now_ms: Unix milliseconds.

    Raises:
        ContractRefusedError: ``range-exhausted``.
    """
    needed = lease.first + lease.count - 1
    if needed > last:
        raise CONTRACT_ERRORS["RangeExhausted"]({"range": lease.range, "to": last, "needed": needed})
    await connection.execute(
        insert(leases).values(
            lease=lease.lease,
            kind=lease.kind,
            key_id=lease.key_id,
            unit=lease.unit,
            range=lease.range,
            first=lease.first,
            size=lease.count,
            state="open",
            expires_at=lease.expires_at,
            content=json.dumps(lease.content, ensure_ascii=False, separators=(",", ":")),
            created_at=now_ms,
        )
    )


async def open_lease(connection: AsyncConnection, lease: str, kind: str, key_id: str, now_ms: int) -> Lease:
    """Return a lease that may be submitted now.

    Raises:
        RefusedError: It is unknown, of somebody else, submitted, expired, or not the next of its range.
    """
    found = (await connection.execute(select(leases).where(leases.c.lease == lease))).first()
    if found is None or found.key_id != key_id or found.kind != kind:
        raise RefusedError(
            "lease-unknown",
            "there is no such lease of this caller",
            "没有该预留",
            field="lease",
            remedy="prepare again",
        )
    if found.state == "submitted":
        raise RefusedError(
            "lease-submitted",
            "the lease was submitted before",
            "该预留已提交",
            field="lease",
            remedy="ask for the state of that submission by its Idempotency-Key",
        )
    if found.state == "expired" or found.expires_at <= now_ms:
        raise RefusedError(
            "lease-expired",
            "the lease has expired, its numbers were given back",
            "预留已过期，号码已收回",
            field="lease",
            remedy="prepare again and sign with the new numbers",
        )
    await _require_next(connection, found, now_ms)
    return _to_lease(found)


async def close(connection: AsyncConnection, lease: str) -> None:
    """Mark a lease as submitted."""
    await connection.execute(update(leases).where(leases.c.lease == lease).values(state="submitted"))


async def find(connection: AsyncConnection, lease: str) -> Lease | None:
    """Return a lease whatever its state."""
    found = (await connection.execute(select(leases).where(leases.c.lease == lease))).first()
    return _to_lease(found) if found else None


async def expire(connection: AsyncConnection, range_id: int, now_ms: int) -> None:
    """End the leases of a range whose time is over, and those after them."""
    oldest = (
        await connection.execute(
            select(func.min(leases.c.first)).where(
                leases.c.range == range_id, leases.c.state == "open", leases.c.expires_at <= now_ms
            )
        )
    ).scalar()
    if oldest is not None:
        await connection.execute(
            update(leases)
            .where(leases.c.range == range_id, leases.c.state == "open", leases.c.first >= oldest)
            .values(state="expired")
        )


async def leased_business_numbers(connection: AsyncConnection, unit: int, kind: str, now_ms: int) -> set[str]:
    """Return the business numbers of a unit's open leases."""
    query = select(leases.c.content).where(
        leases.c.unit == unit, leases.c.kind == kind, leases.c.state == "open", leases.c.expires_at > now_ms
    )
    found: set[str] = set()
    for row in await connection.execute(query):
        found.update(item["business_number"] for item in json.loads(row.content).get("items", ()))
    return found


async def leased_payment_codes(connection: AsyncConnection, unit: int, now_ms: int) -> set[str]:
    """Return the payment codes that open leases of a unit will use."""
    query = select(leases.c.content).where(
        leases.c.unit == unit, leases.c.kind == "issue", leases.c.state == "open", leases.c.expires_at > now_ms
    )
    found: set[str] = set()
    for row in await connection.execute(query):
        codes = (item.get("payment_code") for item in json.loads(row.content).get("items", ()))
        found.update(code for code in codes if code)
    return found


async def _require_next(connection: AsyncConnection, found: Row[Any], now_ms: int) -> None:
    earlier = (
        await connection.execute(
            select(leases.c.expires_at)
            .where(leases.c.range == found.range, leases.c.state == "open", leases.c.first < found.first)
            .order_by(leases.c.first)
        )
    ).first()
    if earlier is None:
        return
    if earlier.expires_at <= now_ms:
        raise RefusedError(
            "lease-expired",
            "an earlier lease of the range has expired, and this one with it",
            "同一号段前一预留已过期，本预留随之失效",
            field="lease",
            remedy="prepare again and sign with the new numbers",
        )
    raise RefusedError(
        "lease-not-next",
        "an earlier lease of the range is not submitted yet",
        "同一号段前一预留尚未提交",
        field="lease",
        remedy="submit again shortly; use one range for each issue place",
        values={"retry_after_seconds": 1},
    )


async def _require_unblocked(connection: AsyncConnection, range_id: int, chain_next: int) -> None:
    """Refuse while numbers that the chain refused are neither voided nor about to be."""
    refused = (
        await connection.execute(
            select(outbox.c.first, outbox.c.size)
            .where(
                outbox.c.range == range_id,
                outbox.c.refusal.is_not(None),
                outbox.c.kind != "void",
                outbox.c.first >= chain_next,
            )
            .order_by(outbox.c.first)
        )
    ).first()
    if refused is None:
        return
    voiding = (
        await connection.execute(
            select(outbox.c.sequence).where(
                outbox.c.range == range_id,
                outbox.c.kind == "void",
                outbox.c.refusal.is_(None),
                outbox.c.first <= refused.first,
                outbox.c.first + outbox.c.size >= refused.first + refused.size,
            )
        )
    ).first()
    if voiding is None:
        last = refused.first + refused.size - 1
        raise RefusedError(
            "range-needs-void",
            f"the numbers {refused.first} to {last} were refused by the chain and must be voided first",
            f"号码 {refused.first} 至 {last} 上链被拒，须先作废",
            field="range",
            remedy="void these numbers, then prepare again",
            values={"first": refused.first, "count": refused.size},
        )


def _to_lease(found: Row[Any]) -> Lease:
    return Lease(
        lease=found.lease,
        kind=found.kind,
        key_id=found.key_id,
        unit=found.unit,
        range=found.range,
        first=found.first,
        count=found.size,
        state=found.state,
        expires_at=found.expires_at,
        content=json.loads(found.content),
    )
