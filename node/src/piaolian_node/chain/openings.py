"""What opens one receipt: its leaf, its unit's path, its header, and the header's path to the stored root."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection
from web3 import Web3

from piaolian_node.database.index import batches
from piaolian_node.database.records import receipts
from piaolian_node.errors import RecordError
from piaolian_sdk.contracts.events_receipts import Reversed
from piaolian_sdk.contracts.structs import Opening
from piaolian_sdk.tree import BY_CODE, Header, positional_path, salted_amount
from piaolian_sdk.tree.keccak import uint_word


@dataclass(frozen=True, slots=True)
class Stamped:
    """A receipt in the index.

    Attributes:
        receipt: Row of ``receipts``.
        batch: Row of ``batches`` that holds it.
        header: The batch's header.
        headers: Hashes of all headers under the root, in order.
        leaves: Leaves of the batch, in order.
    """

    receipt: Row[Any]
    batch: Row[Any]
    header: Header
    headers: list[bytes]
    leaves: list[bytes]

    @property
    def root_path(self) -> list[bytes]:
        """Siblings from header to root."""
        return positional_path(self.headers, self.batch.position)

    @property
    def unit_path(self) -> list[bytes]:
        """Siblings from leaf to unit root."""
        return positional_path(self.leaves, self.receipt.number - self.header.first)


def header_of(batch: Row[Any]) -> Header:
    """Return the header of a row of ``batches``."""
    return Header(
        unit=batch.unit,
        range=batch.range,
        mode=batch.mode,
        first=batch.first,
        count=batch.size,
        issue_day=batch.issue_day,
        total_fen=batch.total_fen,
        catalog_version=batch.catalog_version,
        unit_root=batch.unit_root,
    )


def red_header_of(event: Reversed) -> Header:
    """Return the header of the red receipt that a reversal issued."""
    return Header(
        unit=event.unit,
        range=event.red_range,
        mode=event.mode,
        first=event.red_number,
        count=1,
        issue_day=event.issue_day,
        total_fen=event.amount_fen,
        catalog_version=event.catalog_version,
        unit_root=event.red_root,
    )


async def find_stamped(connection: AsyncConnection, range_id: int, number: int) -> Stamped | None:
    """Return a receipt whose batch is in a final block, or None."""
    receipt = (
        await connection.execute(select(receipts).where(receipts.c.range == range_id, receipts.c.number == number))
    ).first()
    batch = (
        await connection.execute(
            select(batches)
            .where(batches.c.range == range_id, batches.c.first <= number)
            .order_by(batches.c.first.desc())
            .limit(1)
        )
    ).first()
    if receipt is None or batch is None or number >= batch.first + batch.size:
        return None
    siblings = await connection.execute(
        select(batches).where(batches.c.root_id == batch.root_id).order_by(batches.c.position)
    )
    leaves = await connection.execute(
        select(receipts.c.leaf)
        .where(receipts.c.range == range_id, receipts.c.number.between(batch.first, batch.first + batch.size - 1))
        .order_by(receipts.c.number)
    )
    found = [row.leaf for row in leaves]
    if len(found) != batch.size:
        raise RecordError("a batch has other receipts than its header says", "批次记录与链上不一致")
    return Stamped(receipt, batch, header_of(batch), [header_of(row).hash for row in siblings], found)


async def opening_of(connection: AsyncConnection, range_id: int, number: int) -> Opening:
    """Return what opens a stamped receipt.

    Raises:
        RecordError: It is not in the index.
    """
    stamped = await find_stamped(connection, range_id, number)
    if stamped is None:
        raise RecordError("a receipt that was accepted for an act is not in the index", "索引中没有该票据")
    receipt = stamped.receipt
    return Opening(
        root_id=stamped.batch.root_id,
        position=stamped.batch.position,
        root_path=stamped.root_path,
        header=stamped.header,
        number=number,
        unit_path=stamped.unit_path,
        amount=amount_word(receipt),
        payment_code=int(receipt.payment_code or 0),
        lines_hash=receipt.lines_hash,
        document_digest=receipt.document_digest,
        fields_root=receipt.fields_root,
        booking_key=Web3.to_checksum_address(receipt.booking_address),
    )


def amount_word(receipt: Row[Any]) -> bytes:
    """Return the amount word of a receipt's leaf, 32 bytes."""
    if receipt.mode == BY_CODE:
        return uint_word(receipt.amount_fen, 48, "amount_fen")
    return salted_amount(receipt.amount_fen, receipt.amount_salt)
