"""The department's part of a receipt: its signature, the sealed body, the printed code.

The printed code stays short (receipt, section "QR"): five elements and one compact signature over them, so that a phone
without network can check that the department countersigned exactly this::

    s = base64url(r || s) of the supervision key over "piaolian-qr-1|code|number|check code|amount|date"
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from sqlalchemy import RowMapping

from piaolian_node.bodies import cid_of_ciphertext
from piaolian_node.context import NodeContext
from piaolian_node.receipts.repository import NewReceipt
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.sealing import BodyToSeal, ReceiptBody, seal_batch
from piaolian_sdk.signing import DocumentSigner, sign_receipt_as_supervisor
from piaolian_sdk.sm2 import Sm2PublicKey

QR_PREFIX = "piaolian-qr-1"


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
        qr = printed_code(
            str(context.config.public_url), context.supervision, one.columns, one.total_fen, one.issue_date
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


def printed_code(
    public_url: str, signer: DocumentSigner, columns: Mapping[str, Any], total_fen: int, issue_date: date
) -> str:
    """Return the address in the receipt's QR code."""
    elements = {
        "c": columns["code"],
        "n": f"{columns['number']:010d}",
        "k": columns["check_code"],
        "a": text_from_fen(total_fen),
        "d": issue_date.strftime("%Y%m%d"),
    }
    r, s = decode_dss_signature(signer.sign(qr_message(elements)))
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    elements["s"] = base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
    return f"{public_url.rstrip('/')}/v?{urlencode(elements)}"


def qr_message(elements: Mapping[str, str]) -> bytes:
    """Return what the compact signature is over."""
    return "|".join([QR_PREFIX, *(elements[name] for name in "cnkad")]).encode()
