"""The department's part of a receipt: its signature, the sealed body, the printed code (``piaolian_sdk.qr.short``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import RowMapping

from piaolian_node.bodies import cid_of_ciphertext
from piaolian_node.context import NodeContext
from piaolian_node.receipts.repository import NewReceipt
from piaolian_sdk.qr import write_short_qr
from piaolian_sdk.sealing import BodyToSeal, ReceiptBody, seal_batch
from piaolian_sdk.signing import sign_receipt_as_supervisor
from piaolian_sdk.sm2 import Sm2PublicKey


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


def countersign(context: NodeContext, unit: int, judged: Sequence[Judged]) -> Countersigned:
    """Sign in the HSM and seal the bodies. Blocks; nothing is written.

    Raises:
        SignerError: The HSM did not sign: nothing goes out unsigned.
    """
    at = context.beijing_now()
    documents = [sign_receipt_as_supervisor(one.document, context.supervision, at) for one in judged]
    bodies = [_body(one, document) for one, document in zip(judged, documents, strict=True)]
    sealed = seal_batch(bodies, context.recipients(unit), context.random)
    new = []
    for one, body in zip(judged, sealed.bodies, strict=True):
        qr = write_short_qr(
            str(context.config.public_url),
            context.supervision,
            code=one.columns["code"],
            number=f"{one.columns['number']:010d}",
            check_code=one.columns["check_code"],
            amount_fen=one.total_fen,
            issue_date=one.issue_date,
        )
        new.append(
            NewReceipt(
                columns={**one.columns, "qr": qr},
                cid=cid_of_ciphertext(body.ciphertext),
                ciphertext=body.ciphertext,
                wrapped_content_key=body.wrapped_content_key,
                payer_wrapped_key=body.payer_wrapped_key,
                sealed_booking_secret=context.vault.seal(one.booking_secret, body.receipt_key),
            )
        )
    return Countersigned(new, documents, sealed.wrapped_batch_keys)


def receipt_key(columns: Mapping[str, Any] | RowMapping) -> str:
    """Return code and number of a receipt, 18 digits."""
    return f"{columns['code']}{columns['number']:010d}"


def _body(one: Judged, document: bytes) -> BodyToSeal:
    address = bytes.fromhex(one.columns["booking_address"][2:])
    plaintext = ReceiptBody(document, one.amount_salt, one.fields_seed, address).to_bytes()
    payer = Sm2PublicKey.from_uncompressed(bytes.fromhex(one.payer_point)) if one.payer_point else None
    return BodyToSeal(receipt_key(one.columns), plaintext, payer)
