"""Every body opened again, and the receipts' rows made again from what is inside.

For each batch of the outbox, in order of acceptance:

1. The ciphertexts come from the records, or as one archive from IPFS under the root that the chain has.
2. The department's key opens each; the document gives digest, fields, amount and leaf.
3. The root over the leaves must be the one that the unit signed, and the chain has where the batch is final.
4. A row of ``receipts`` that is missing is written; one that says something else is an error, and nothing is changed.

What no document tells (the printed QR's signature, times) is kept where the row is there, and made anew where not.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.context import NodeContext
from piaolian_node.database.index import ranges
from piaolian_node.database.records import business_numbers, erased_receipts, leases, notices, outbox, receipts
from piaolian_node.errors import RecordError, UnavailableError
from piaolian_node.outbox.payloads import IssuePayload, ReversePayload
from piaolian_node.outbox.rows import OutboxRow, to_row
from piaolian_node.outbox.states import WITH_BODIES
from piaolian_node.preservation.opening import Place, opened_row
from piaolian_node.receipts import repository
from piaolian_node.receipts.countersign import receipt_key
from piaolian_sdk.beijing import date_from_day_number
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.qr import write_short_qr
from piaolian_sdk.sealing import ReceiptBody, open_body
from piaolian_sdk.tree import positional_root

_logger = logging.getLogger(__name__)

# Receipts that were opened, and how many there are.
Progress = Callable[[int, int], None]
# A batch's rows are read in these steps.
_BATCHES_AT_ONCE = 200


@dataclass
class BodiesFound:
    """What became of the bodies.

    Attributes:
        opened: Bodies that opened to what the chain committed to.
        written: Rows of ``receipts`` that were missing.
        erased: Bodies whose keys were destroyed under the rules.
        faults: Receipt key (18 digits) or submission, and what is wrong there.
    """

    opened: int = 0
    written: int = 0
    erased: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)


async def rebuild_receipts(context: NodeContext, progress: Progress) -> BodiesFound:
    """Open every body, and write the rows of receipts that are missing.

    Raises:
        UnavailableError: IPFS does not answer.
    """
    found = BodiesFound()
    async with context.database.read() as connection:
        query = select(func.sum(outbox.c.size)).where(outbox.c.kind.in_(WITH_BODIES))
        total = int((await connection.execute(query)).scalar() or 0)
    after, done = 0, 0
    while rows := await _rows(context, after):
        for row in rows:
            await _one_batch(context, row, found)
            done += row.count or 0
            progress(done, total)
        after = rows[-1].sequence
    return found


async def _rows(context: NodeContext, after: int) -> list[OutboxRow]:
    query = (
        select(outbox)
        .where(outbox.c.kind.in_(WITH_BODIES), outbox.c.sequence > after)
        .order_by(outbox.c.sequence)
        .limit(_BATCHES_AT_ONCE)
    )
    async with context.database.read() as connection:
        return [to_row(row) for row in await connection.execute(query)]


async def _one_batch(context: NodeContext, row: OutboxRow, found: BodiesFound) -> None:
    async with context.database.read() as connection:
        kept = await repository.bodies_of(connection, row.submission)
        batch_key = await repository.batch_key_of(connection, row.submission, context.department_recipient)
        known = {receipt.number: receipt for receipt in await repository.receipts_of(connection, row.submission)}
        place = await _place(connection, row)
        erased = await _erased(connection, row)
    found.erased += len(erased)
    if batch_key is None:
        found.faults.append((row.submission, "the batch key is missing"))
        return
    numbers = range(row.first or 0, (row.first or 0) + (row.count or 0))
    for number in sorted(set(numbers) - erased - {body.number for body in kept}):
        found.faults.append((receipt_key({"code": place.code, "number": number}), "body or key is missing"))
    sealed = await _ciphertexts(context, row, kept)
    opened: dict[int, dict[str, Any]] = {}
    for body in kept:
        key = receipt_key({"code": place.code, "number": body.number})
        if body.number not in sealed:
            found.faults.append((key, "the body is in none of the stores"))
        else:
            try:
                columns = await context.in_executor(_open, context, place, body, sealed[body.number], batch_key)
            except (VerificationError, RecordError) as exc:
                found.faults.append((key, exc.message))
                continue
            opened[body.number] = columns
            found.opened += 1
    _compare(row, place, opened, known, found)
    missing = [columns for number, columns in opened.items() if number not in known]
    if missing:
        await _write(context, row, place, missing)
        found.written += len(missing)


async def _erased(connection: AsyncConnection, row: OutboxRow) -> set[int]:
    """Return the numbers of a batch whose keys were destroyed: their bodies are no longer looked for."""
    found = await connection.execute(
        select(erased_receipts.c.number).where(
            erased_receipts.c.range == row.range,
            erased_receipts.c.number >= (row.first or 0),
            erased_receipts.c.number < (row.first or 0) + (row.count or 0),
        )
    )
    return set(found.scalars())


async def _place(connection: AsyncConnection, row: OutboxRow) -> Place:
    """Return what of a batch the records beside its bodies tell."""
    payload = row.payload
    if not isinstance(payload, IssuePayload | ReversePayload):
        raise TypeError("only issues and reversals have bodies")
    prefix = (
        await connection.execute(select(ranges.c.prefix, ranges.c.kind).where(ranges.c.range == row.range))
    ).first()
    if prefix is None:
        raise RecordError("the range of a batch is not in the index", "索引中没有该批次的号段")
    original = None
    if isinstance(payload, ReversePayload):
        original = (
            await connection.execute(
                select(receipts).where(receipts.c.range == payload.range, receipts.c.number == payload.number)
            )
        ).first()
    codes: dict[int, Row[Any]] = {}
    if isinstance(payload, IssuePayload) and payload.payment_range:
        sequences = [
            int.from_bytes(payload.payment_sequences[at : at + 5], "big")
            for at in range(0, len(payload.payment_sequences), 5)
        ]
        rows = await connection.execute(select(notices).where(notices.c.range == payload.payment_range))
        by_sequence = {notice.sequence: notice for notice in rows if notice.sequence in set(sequences)}
        codes = {payload.first + at: by_sequence[sequence] for at, sequence in enumerate(sequences)}
    return Place(f"{prefix.prefix:08d}", prefix.kind, payload, row.created_at, original, codes)


async def _ciphertexts(context: NodeContext, row: OutboxRow, kept: Sequence[Row[Any]]) -> dict[int, bytes]:
    """Return ciphertexts by number; those that no store has are left out."""
    sealed = {body.number: bytes(body.ciphertext) for body in kept if body.ciphertext is not None}
    wanted = {body.number: body.cid for body in kept if body.ciphertext is None}
    if not wanted:
        return sealed
    if row.bodies_root is not None:
        try:
            blocks = await context.bodies.get_batch(row.bodies_root)
        except RecordError as exc:
            _logger.warning("the archive of a batch cannot be used: %s", exc.message)
        else:
            found = {number: blocks[cid] for number, cid in wanted.items() if cid in blocks}
            return sealed | found
    for number, cid in wanted.items():
        try:
            sealed[number] = await context.bodies.get(cid)
        except UnavailableError as exc:
            _logger.warning("a body is not to be had: %s", exc.message)
    return sealed


def _open(context: NodeContext, place: Place, body: Row[Any], ciphertext: bytes, batch_key: bytes) -> dict[str, Any]:
    key = receipt_key({"code": place.code, "number": body.number})
    plain = open_body(ciphertext, key, body.wrapped_content_key, batch_key, context.private_key)
    return opened_row(place, body.number, ReceiptBody.from_bytes(plain))


def _compare(
    row: OutboxRow,
    place: Place,
    opened: Mapping[int, Mapping[str, Any]],
    known: Mapping[int, Row[Any]],
    found: BodiesFound,
) -> None:
    for number, columns in opened.items():
        receipt = known.get(number)
        if receipt is None:
            continue
        others = [name for name, value in columns.items() if receipt._mapping[name] != value]  # noqa: SLF001 # By name.
        if others:
            found.faults.append((receipt_key(columns), f"the records say something else: {', '.join(others)}"))
    if row.first is None or row.count is None:
        return
    leaves = [
        opened[number]["leaf"] if number in opened else known[number].leaf
        for number in range(row.first, row.first + row.count)
        if number in opened or number in known
    ]
    if len(leaves) == row.count and positional_root(leaves) != place.unit_root(leaves):
        found.faults.append((row.submission, "the root over the bodies is not the one that the unit signed"))


async def _write(context: NodeContext, row: OutboxRow, place: Place, missing: Sequence[dict[str, Any]]) -> None:
    """Write rows of receipts that were lost, and which payments they take."""
    numbers = [columns["number"] for columns in missing]
    async with context.database.write() as connection:
        business = await _business_numbers(connection, row, numbers)
        written = [
            {
                **columns,
                "submission": row.submission,
                "business_number": columns.pop("business_number", None) or business.get(columns["number"], ""),
                "qr": await asyncio.to_thread(_qr, context, columns),
                "is_refused": int(row.state == "refused"),
                "verified_count": 0,
                "created_at": place.created_at,
            }
            for columns in missing
        ]
        await connection.execute(insert(receipts), written)
        codes = [columns["payment_code"] for columns in missing if columns["payment_code"] and not columns["is_red"]]
        if codes and row.state != "refused":
            await connection.execute(
                update(notices)
                .where(notices.c.payment_code.in_(codes), notices.c.used_by.is_(None))
                .values(used_by=row.submission)
            )


async def _business_numbers(connection: AsyncConnection, row: OutboxRow, numbers: Sequence[int]) -> dict[int, str]:
    """Return the unit's own numbers: from their list, or of a refused batch from its lease."""
    found = await connection.execute(
        select(business_numbers.c.number, business_numbers.c.business_number).where(
            business_numbers.c.range == row.range,
            business_numbers.c.category == "receipt",
            business_numbers.c.number.between(min(numbers), max(numbers)),
        )
    )
    known = {row.number: row.business_number for row in found}
    lease = (
        await connection.execute(
            select(leases.c.content).where(
                leases.c.range == row.range, leases.c.first == row.first, leases.c.state == "submitted"
            )
        )
    ).first()
    return known if lease is None else {**business_of_lease(lease.content), **known}


def business_of_lease(content: str) -> dict[int, str]:
    """Return business numbers by number, as a lease of receipts holds them."""
    items = json.loads(content).get("items", [])
    return {int(item["number"]): item["business_number"] for item in items}


def _qr(context: NodeContext, columns: Mapping[str, Any]) -> str:
    sign = -1 if columns["is_red"] else 1
    return write_short_qr(
        str(context.config.public_url),
        context.supervision,
        code=columns["code"],
        number=f"{columns['number']:010d}",
        check_code=columns["check_code"],
        amount_fen=sign * columns["amount_fen"],
        issue_date=date_from_day_number(columns["issue_day"]),
    )
