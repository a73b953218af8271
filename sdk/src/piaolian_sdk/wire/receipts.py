"""Messages about receipts: prepare, submit, state and body."""

from datetime import date, datetime

from pydantic import AwareDatetime, Field

from piaolian_sdk.wire.base import (
    MAX_BATCH_ITEMS,
    Address,
    Amount,
    Answer,
    Base64,
    BusinessNumber,
    CheckCodeText,
    Deadline,
    Hex32,
    Hex65,
    ItemCodeText,
    Mode,
    Number,
    PaymentCodeText,
    Problem,
    PublicPoint,
    RangeId,
    ReceiptCodeText,
    ReceiptNumberText,
    Request,
    Verdict,
)


class ReceiptToPrepare(Request):
    """One receipt without its number.

    Attributes:
        business_number: The unit's own number for the business; one receipt at most for each.
        draft: Unsigned XML with the right ``EInvoiceCode``, ``EInvoiceNumber`` "0000000000" and ``RandomNumber``
            "000000".
        payment_code: The paid notice, for ranges under code control alone.
    """

    business_number: BusinessNumber
    draft: Base64
    payment_code: PaymentCodeText | None = None


class PrepareReceipts(Request):
    """POST /api/v1/receipts/prepare."""

    range: RangeId
    items: list[ReceiptToPrepare] = Field(min_length=1, max_length=MAX_BATCH_ITEMS)


class DuplicateOf(Answer):
    """The receipt that the business number already has.

    Attributes:
        content_digest: SHA-256 of the draft it was made of.
        same_content: Whether the draft now sent is the same.
    """

    code: ReceiptCodeText
    number: ReceiptNumberText
    content_digest: Hex32
    same_content: bool


class NoticeLine(Answer):
    """A line of a registered notice, with the item's number in the Registry."""

    item_code: ItemCodeText
    item: int = Field(ge=1, lt=1 << 16)
    amount: Amount


class PreparedReceipt(Answer):
    """The verdict on one item. Number and check code are there when it is accepted.

    Attributes:
        lines: By code, the lines of the paid notice as registered; empty by list.
    """

    business_number: BusinessNumber
    verdict: Verdict
    number: ReceiptNumberText | None = None
    check_code: CheckCodeText | None = None
    lines: list[NoticeLine] = Field(default_factory=list)
    problem: Problem | None = None
    duplicate_of: DuplicateOf | None = None


class PreparedReceipts(Answer):
    """Answer to ``PrepareReceipts``. ``lease`` is null when nothing is accepted.

    Attributes:
        first: First leased number; the accepted items have consecutive numbers from it in their order.
        count: Number of accepted items.
        expires_at: Until when the lease holds.
    """

    lease: str | None = None
    range: RangeId
    receipt_code: ReceiptCodeText
    first: Number | None = None
    count: int = Field(ge=0)
    mode: Mode
    catalog_version: int = Field(ge=0, lt=1 << 32)
    expires_at: AwareDatetime | None = None
    items: list[PreparedReceipt]


class ReceiptToSubmit(Request):
    """One unit-signed receipt with the secrets of its leaf.

    Attributes:
        document: XML with the unit's signature.
        booking_secret: Private key that books the receipt; the node keeps it for the payer.
        payer_key: The payer's encryption key, where known.
    """

    number: ReceiptNumberText
    document: Base64
    amount_salt: Hex32
    fields_seed: Hex32
    booking_secret: Hex32
    payer_key: PublicPoint | None = None


class SubmitReceipts(Request):
    """POST /api/v1/receipts/submit: all accepted items of the lease, in order, under one header.

    Attributes:
        total: Sum of all amounts.
        signature: The unit's EIP-712 ``Issue``.
    """

    lease: str = Field(min_length=1, max_length=64)
    issue_day: date
    total: Amount
    unit_root: Hex32
    deadline: Deadline
    signature: Hex65
    receipts: list[ReceiptToSubmit] = Field(min_length=1, max_length=MAX_BATCH_ITEMS)


class CountersignedReceipt(Answer):
    """A receipt that is complete by the national rules: both signatures are in ``document``."""

    number: ReceiptNumberText
    code: ReceiptCodeText
    check_code: CheckCodeText
    document: Base64
    document_digest: Hex32
    qr: str


class SubmittedReceipts(Answer):
    """Answer 202 to ``SubmitReceipts``."""

    submission: str
    state: str
    receipts: list[CountersignedReceipt]


class BookingState(Answer):
    """The bookings of a receipt.

    Attributes:
        share: Sum booked, in billionths.
        next_counter: Counter for the next booking.
    """

    share: int = 0
    next_counter: int = 0
    last_booker: Address | None = None


class ReceiptState(Answer):
    """GET /api/v1/receipts/{code}/{number}?check_code=.

    Attributes:
        state: ``countersigned``, ``stamped``, ``reversed``, ``void``, ``exchanged``, ``red``, ``refused``.
        state_zh: The words people see.
        range: Number of the range in the Registry.
    """

    code: ReceiptCodeText
    number: ReceiptNumberText
    unit: int
    range: RangeId
    mode: Mode
    issue_day: date
    state: str
    state_zh: str
    marks: list[str] = Field(default_factory=list)
    reversed_by: str | None = None
    booking: BookingState = Field(default_factory=BookingState)
    stamped_at: datetime | None = None
    submission: str | None = None


class ReceiptBody(Answer):
    """GET .../body: ciphertext and the keys wrapped for the caller.

    Attributes:
        cid: Of the ciphertext in IPFS.
        root_cid: Of the batch's CAR.
        recipient: For whom the batch key is wrapped.
    """

    receipt_key: str
    cid: str
    root_cid: str | None = None
    ciphertext: Base64 | None = None
    recipient: str
    wrapped_content_key: Base64
    wrapped_batch_key: Base64 | None = None
