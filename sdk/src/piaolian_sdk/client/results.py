"""What goes into the clients and what comes out."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from piaolian_sdk.receipt import EInvoice
from piaolian_sdk.wire import Problem


@dataclass(frozen=True, slots=True)
class ReceiptDraft:
    """A receipt to issue, without code, number, check code and time: those are filled in.

    Attributes:
        business_number: The unit's own number for the business, 1 to 64 printable ASCII characters.
        model: The document.
        payment_code: The paid notice, under code control alone.
        payer_key: The payer's encryption key as hex of an uncompressed SM2 point, where known.
    """

    business_number: str
    model: EInvoice
    payment_code: str | None = None
    payer_key: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """A payment notice to register.

    Attributes:
        lines: (item code, amount as text with two decimals), 1 to 40.
        due_day: Last day to pay; one for all notices of a batch.
    """

    business_number: str
    lines: tuple[tuple[str, str], ...]
    due_day: date
    payer_email: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedReceipt:
    """A receipt with both signatures and the secrets of its leaf. Keep it: nobody can make the secrets again.

    Attributes:
        document: XML with both signatures, to be stored byte for byte.
        document_digest: SHA-256 of the unit-signed original, as the chain commits to it.
        booking_secret: Private key that books the receipt once; belongs to the payer.
        amount_salt: Opens the hidden amount under list control.
        fields_seed: Opens single fields.
        qr: Text of the printed QR code.
    """

    code: str
    number: str
    check_code: str
    document: bytes
    document_digest: bytes
    amount_fen: int
    booking_secret: bytes = field(repr=False)
    booking_address: str
    amount_salt: bytes = field(repr=False)
    fields_seed: bytes = field(repr=False)
    qr: str
    payment_code: str | None = None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The verdict on one draft of a batch.

    Attributes:
        verdict: ``accepted``, ``refused`` or ``duplicate`` (the business number has a receipt already).
        receipt: The issued receipt, when accepted.
        payment_code: The code of the notice, when accepted.
        problem: Why it was refused, and by whom.
        duplicate_number: Number of the earlier receipt or notice.
        same_content: Whether the earlier one had the same content.
    """

    business_number: str
    verdict: Literal["accepted", "refused", "duplicate"]
    receipt: IssuedReceipt | None = None
    payment_code: str | None = None
    problem: Problem | None = None
    duplicate_number: str | None = None
    same_content: bool | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One result per draft, in the order of the drafts.

    Attributes:
        submission_id: To ask for the state; None when nothing was submitted.
    """

    submission_id: str | None
    items: tuple[ItemResult, ...]

    @property
    def accepted(self) -> tuple[ItemResult, ...]:
        """The accepted items."""
        return tuple(item for item in self.items if item.verdict == "accepted")


@dataclass(frozen=True, slots=True)
class ReversedReceipt:
    """The red receipt that cancels a blue one."""

    submission_id: str
    receipt: IssuedReceipt
