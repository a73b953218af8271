"""What an envelope holds: the signed document and the secrets that its leaf on chain was made with."""

from dataclasses import dataclass
from typing import Any

import dag_cbor

from piaolian_sdk.errors import VerificationError

VERSION = 1
_LENGTHS = {"amount_salt": 32, "fields_seed": 32, "booking_address": 20}


@dataclass(frozen=True)
class ReceiptBody:
    """The plaintext of one envelope.

    Attributes:
        document: The complete EInvoice with both signatures, exact bytes.
        amount_salt: 32 bytes that hide the amount in the leaf (control by list; unused by code).
        fields_seed: 32 bytes that the salts of the single fields come from.
        booking_address: 20 bytes, address of the one-time booking key. Its secret is never in here.
    """

    document: bytes
    amount_salt: bytes
    fields_seed: bytes
    booking_address: bytes

    def to_bytes(self) -> bytes:
        """Return the canonical form, a dag-cbor map."""
        return dag_cbor.encode(
            {
                "v": VERSION,
                "document": self.document,
                "amount_salt": self.amount_salt,
                "fields_seed": self.fields_seed,
                "booking_address": self.booking_address,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "ReceiptBody":
        """Read what ``to_bytes`` wrote.

        Raises:
            VerificationError: It is no such map, of another version, or a member has a wrong length.
        """
        try:
            content: Any = dag_cbor.decode(data)
        except Exception as exc:
            # dag_cbor raises many unrelated classes on hostile input; each of them means the same here.
            raise _malformed("dag-cbor") from exc
        if not isinstance(content, dict) or content.get("v") != VERSION:
            raise _malformed("v")
        document = content.get("document")
        if not isinstance(document, bytes):
            raise _malformed("document")
        members: dict[str, bytes] = {}
        for name, length in _LENGTHS.items():
            value = content.get(name)
            if not isinstance(value, bytes) or len(value) != length:
                raise _malformed(name)
            members[name] = value
        return cls(document=document, **members)


def _malformed(what: str) -> VerificationError:
    return VerificationError(
        "envelope-malformed",
        "the opened envelope does not hold a receipt body",
        "信封内容不是票据正文",
        step="envelope-content",
        field=what,
    )
