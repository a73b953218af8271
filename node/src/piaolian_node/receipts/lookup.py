"""A receipt as an act or a question finds it: by code and number, with what the chain says of it now."""

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.chain.openings import Stamped, find_stamped
from piaolian_node.context import NodeContext
from piaolian_node.errors import RefusedError
from piaolian_node.receipts.repository import find_receipt
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.records import Booking, Mark


@dataclass(frozen=True, slots=True)
class OnChain:
    """What binds on a receipt at one block."""

    stamp: BlockStamp
    marks: Mark
    booking: Booking


async def receipt_of(connection: AsyncConnection, code: str, number: str, check_code: str | None) -> Row[Any]:
    """Return a receipt.

    Args:
        connection: Open transaction.
        code: Receipt code.
        number: Receipt number.
        check_code: As the holder gave it; None for callers who need not show it.

    Raises:
        RefusedError: ``unknown-receipt``: there is none, or the check code is another; one answer for both.
    """
    found = await find_receipt(connection, code, int(number))
    if found is None or (check_code is not None and found.check_code != check_code):
        raise RefusedError(
            "unknown-receipt",
            "there is no receipt with this code, number and check code",
            "查无此票",
            field="number",
            remedy="check the printed code, number and check code; ask again later for one issued today",
        )
    return found


async def stamped_of(connection: AsyncConnection, receipt: Row[Any]) -> Stamped:
    """Return a receipt with its batch in a final block.

    Raises:
        RefusedError: ``receipt-not-stamped`` or ``receipt-refused``.
    """
    if receipt.is_refused:
        raise RefusedError(
            "receipt-refused",
            "the contract refused the receipt's batch",
            "该票据上链被拒",
            remedy="ask the unit that issued it",
        )
    stamped = await find_stamped(connection, receipt.range, receipt.number)
    if stamped is None:
        raise RefusedError(
            "receipt-not-stamped",
            "the receipt is issued and not yet stamped on the chain",
            "票据已开具，尚未上链",
            remedy="send again in a few seconds",
            values={"retry_after_seconds": 3},
        )
    return stamped


async def on_chain(context: NodeContext, range_id: int, number: int, stamp: BlockStamp | None = None) -> OnChain:
    """Return what binds on a receipt, at the newest block or at `stamp`.

    Raises:
        RemoteError: No chain node answers.
    """
    chain = context.chain

    def read() -> OnChain:
        at = stamp or chain.latest()
        return OnChain(
            stamp=at,
            marks=chain.mark(range_id, number, at),
            booking=chain.booking(range_id, number, at),
        )

    return await asyncio.to_thread(read)


def require_owner(receipt: Row[Any], unit: int) -> None:
    """Refuse another unit's receipt.

    Raises:
        ContractRefusedError: ``not-your-range``.
    """
    if receipt.unit != unit:
        raise CONTRACT_ERRORS["NotYourRange"]({"range": receipt.range, "owner": receipt.unit, "unit": unit})


def require_alive(receipt: Row[Any], found: OnChain) -> None:
    """Refuse a receipt that is red, reversed or on paper.

    Raises:
        ContractRefusedError: With the contract's own code.
    """
    place = {"range": receipt.range, "number": receipt.number}
    if receipt.is_red:
        raise CONTRACT_ERRORS["ReceiptIsRed"](place)
    if Mark.REVERSED in found.marks:
        raise CONTRACT_ERRORS["ReceiptIsReversed"](place)
    if Mark.EXCHANGED in found.marks:
        raise CONTRACT_ERRORS["ReceiptIsOnPaper"](place)
