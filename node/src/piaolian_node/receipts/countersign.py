"""The department's part of a receipt: its signature, the sealed body, the printed code (``piaolian_sdk.qr.short``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import RowMapping

from piaolian_node.context import NodeContext
from piaolian_node.receipts import desk
from piaolian_node.receipts.desk import ToCountersign
from piaolian_node.receipts.repository import NewReceipt
from piaolian_sdk.sealing import new_batch_key, wrap_batch_key


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged document on its way to be countersigned.

    Attributes:
        columns: Row of ``receipts`` without the printed code.
        document: With the unit's signature.
        total_fen: As printed, negative for a red receipt.
        issue_date: As printed.
        payer_point: The payer's encryption key, hex, or None.
    """

    columns: Mapping[str, Any]
    document: bytes
    amount_salt: bytes
    fields_seed: bytes
    booking_secret: bytes
    total_fen: int
    issue_date: date
    payer_point: str | None


@dataclass(frozen=True, slots=True)
class Countersigned:
    """A batch that is complete by the national rules.

    Attributes:
        receipts: What is written to the records.
        documents: With both signatures, in order.
        wrapped_batch_keys: By recipient.
    """

    receipts: list[NewReceipt]
    documents: list[bytes]
    wrapped_batch_keys: Mapping[str, bytes]


async def countersign(context: NodeContext, unit: int, judged: Sequence[Judged]) -> Countersigned:
    """Sign in the HSM and seal the bodies; nothing is written.

    Raises:
        SignerError: The HSM did not sign: nothing goes out unsigned.
    """
    batch_key = new_batch_key(context.random)
    items = [_item(one) for one in judged]
    done = await context.desks.run(unit, desk.countersign, items, batch_key, context.beijing_now())
    wrapped = await context.in_executor(wrap_batch_key, batch_key, context.recipients(unit))
    new = [
        NewReceipt(
            columns={**one.columns, "qr": found.qr},
            cid=found.cid,
            ciphertext=found.ciphertext,
            wrapped_content_key=found.wrapped_content_key,
            payer_wrapped_key=found.payer_wrapped_key,
            sealed_booking_secret=found.sealed_booking_secret,
        )
        for one, found in zip(judged, done, strict=True)
    ]
    return Countersigned(new, [found.document for found in done], wrapped)


def receipt_key(columns: Mapping[str, Any] | RowMapping) -> str:
    """Return code and number of a receipt, 18 digits."""
    return f"{columns['code']}{columns['number']:010d}"


def _item(one: Judged) -> ToCountersign:
    return ToCountersign(
        document=one.document,
        code=one.columns["code"],
        number=f"{one.columns['number']:010d}",
        check_code=one.columns["check_code"],
        total_fen=one.total_fen,
        issue_date=one.issue_date,
        amount_salt=one.amount_salt,
        fields_seed=one.fields_seed,
        booking_secret=one.booking_secret,
        booking_address=bytes.fromhex(one.columns["booking_address"][2:]),
        payer_point=one.payer_point,
    )
