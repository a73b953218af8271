"""Receipts, their business numbers, sealed bodies and keys in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database.records import (
    batch_keys,
    bodies,
    business_numbers,
    notices,
    receipt_keys,
    receipts,
)

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class BusinessNumber:
    """The receipt or notice that a business number has.

    Attributes:
        code: Receipt code; empty for a notice.
        content_digest: SHA-256 of what was prepared.
    """

    business_number: str
    range: int
    number: int
    code: str
    content_digest: bytes


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """One receipt with everything that is kept of it.

    Attributes:
        columns: Row of ``receipts``.
        cid: Of the sealed body.
        ciphertext: The sealed body.
        wrapped_content_key: Under the batch key.
        payer_wrapped_key: For the payer alone, or None.
        sealed_booking_secret: Under the department's vault key.
    """

    columns: Mapping[str, Any]
    cid: str
    ciphertext: bytes
    wrapped_content_key: bytes
    payer_wrapped_key: bytes | None
    sealed_booking_secret: bytes


async def find_business_numbers(
    connection: AsyncConnection, unit: int, category: str, numbers: Sequence[str]
) -> dict[str, BusinessNumber]:
    """Return what the business numbers of a unit have already."""
    found: dict[str, BusinessNumber] = {}
    table = business_numbers
    for at in range(0, len(numbers), _CHUNK):
        query = (
            select(table, receipts.c.code)
            .join(receipts, (receipts.c.range == table.c.range) & (receipts.c.number == table.c.number), isouter=True)
            .where(
                table.c.unit == unit,
                table.c.category == category,
                table.c.business_number.in_(numbers[at : at + _CHUNK]),
            )
        )
        for row in await connection.execute(query):
            found[row.business_number] = BusinessNumber(
                row.business_number, row.range, row.number, row.code or "", row.content_digest
            )
    return found


async def add_business_numbers(
    connection: AsyncConnection, unit: int, category: str, rows: Sequence[tuple[str, int, int, bytes]]
) -> None:
    """Write (business number, range, number, content digest) of what was submitted."""
    await connection.execute(
        insert(business_numbers),
        [
            {
                "unit": unit,
                "category": category,
                "business_number": business_number,
                "range": range_id,
                "number": number,
                "content_digest": digest,
            }
            for business_number, range_id, number, digest in rows
        ],
    )


async def add_receipts(
    connection: AsyncConnection, submission: str, new: Sequence[NewReceipt], wrapped_batch_keys: Mapping[str, bytes]
) -> None:
    """Write receipts with bodies and keys."""
    places = [{"range": one.columns["range"], "number": one.columns["number"]} for one in new]
    await connection.execute(insert(receipts), [{**one.columns, "submission": submission} for one in new])
    await connection.execute(
        insert(bodies),
        [
            {**place, "submission": submission, "cid": one.cid, "ciphertext": one.ciphertext}
            for place, one in zip(places, new, strict=True)
        ],
    )
    await connection.execute(
        insert(receipt_keys),
        [
            {
                **place,
                "wrapped_content_key": one.wrapped_content_key,
                "payer_wrapped_key": one.payer_wrapped_key,
                "sealed_booking_secret": one.sealed_booking_secret,
            }
            for place, one in zip(places, new, strict=True)
        ],
    )
    await connection.execute(
        insert(batch_keys),
        [
            {"submission": submission, "recipient": recipient, "wrapped_key": wrapped}
            for recipient, wrapped in wrapped_batch_keys.items()
        ],
    )


async def use_notices(connection: AsyncConnection, codes: Sequence[str], submission: str) -> None:
    """Mark notices as taken by the receipts of a submission."""
    for at in range(0, len(codes), _CHUNK):
        await connection.execute(
            update(notices).where(notices.c.payment_code.in_(codes[at : at + _CHUNK])).values(used_by=submission)
        )


async def find_receipt(connection: AsyncConnection, code: str, number: int) -> Row[Any] | None:
    """Return a receipt by code and number: the newest, should a refused one have had the number before."""
    query = select(receipts).where(receipts.c.code == code, receipts.c.number == number)
    return (await connection.execute(query)).first()


async def receipts_of(connection: AsyncConnection, submission: str) -> Sequence[Row[Any]]:
    """Return the receipts of a submission in order."""
    query = select(receipts).where(receipts.c.submission == submission).order_by(receipts.c.number)
    return (await connection.execute(query)).all()


async def body_of(connection: AsyncConnection, range_id: int, number: int) -> Row[Any] | None:
    """Return CID, ciphertext (or None) and wrapped keys of a receipt's body."""
    query = (
        select(bodies, receipt_keys.c.wrapped_content_key, receipt_keys.c.payer_wrapped_key)
        .join(receipt_keys, (receipt_keys.c.range == bodies.c.range) & (receipt_keys.c.number == bodies.c.number))
        .where(bodies.c.range == range_id, bodies.c.number == number)
    )
    return (await connection.execute(query)).first()


async def bodies_of(connection: AsyncConnection, submission: str) -> Sequence[Row[Any]]:
    """Return number, CID, ciphertext (or None) and wrapped content key of every body of a submission."""
    query: Select[Any] = (
        select(bodies.c.number, bodies.c.cid, bodies.c.ciphertext, receipt_keys.c.wrapped_content_key)
        .join(receipt_keys, (receipt_keys.c.range == bodies.c.range) & (receipt_keys.c.number == bodies.c.number))
        .where(bodies.c.submission == submission)
    )
    found: Sequence[Row[Any]] = (await connection.execute(query)).all()
    return found


async def batch_key_of(connection: AsyncConnection, submission: str, recipient: str) -> bytes | None:
    """Return a batch key as wrapped for a recipient."""
    query = select(batch_keys.c.wrapped_key).where(
        batch_keys.c.submission == submission, batch_keys.c.recipient == recipient
    )
    found: bytes | None = (await connection.execute(query)).scalar()
    return found
