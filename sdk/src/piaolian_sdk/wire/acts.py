"""Messages that carry one signed act: reversal, exchange, void, booking and write-off."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field

from piaolian_sdk.wire.base import (
    Address,
    Amount,
    Answer,
    Base64,
    CheckCodeText,
    Count,
    Deadline,
    Hex32,
    Hex65,
    Mode,
    Number,
    PaymentCodeText,
    PublicPoint,
    RangeId,
    Reason,
    ReceiptCodeText,
    ReceiptNumberText,
    Request,
)
from piaolian_sdk.wire.receipts import CountersignedReceipt

Counter = Annotated[int, Field(ge=0, lt=1 << 32)]
WHOLE_SHARE = 1_000_000_000


class PrepareReversal(Request):
    """POST /api/v1/reversals/prepare; ``draft`` is the red receipt, numbered with zeros as in prepare."""

    code: ReceiptCodeText
    number: ReceiptNumberText
    red_range: RangeId
    reason: Reason
    draft: Base64


class PreparedReversal(Answer):
    """The red receipt's number and what the red leaf copies of the original.

    Attributes:
        range: Range of the original.
        amount: Amount of the original, positive.
        payment_code: Of the original, by code alone.
        lines_hash: Of the original; 32 zero bytes by list.
    """

    lease: str
    range: RangeId
    red_range: RangeId
    code: ReceiptCodeText
    number: ReceiptNumberText
    check_code: CheckCodeText
    mode: Mode
    amount: Amount
    payment_code: PaymentCodeText | None = None
    lines_hash: Hex32
    catalog_version: int = Field(ge=0, lt=1 << 32)
    expires_at: AwareDatetime


class SubmitReversal(Request):
    """POST /api/v1/reversals/submit, with the unit's EIP-712 ``Reverse``."""

    lease: str = Field(min_length=1, max_length=64)
    issue_day: date
    deadline: Deadline
    signature: Hex65
    document: Base64
    fields_seed: Hex32
    booking_secret: Hex32
    payer_key: PublicPoint | None = None


class SubmittedReversal(Answer):
    """Answer 202 to ``SubmitReversal``: the countersigned red receipt."""

    submission: str
    state: str
    receipt: CountersignedReceipt


class PaperAct(Request):
    """POST /api/v1/exchanges and /api/v1/exchanges/returns, with ``Exchange`` or ``ReturnPaper``."""

    code: ReceiptCodeText
    number: ReceiptNumberText
    paper_range: RangeId
    paper_number: Number
    deadline: Deadline
    signature: Hex65


class VoidNumbers(Request):
    """POST /api/v1/voids, with the unit's EIP-712 ``Void``."""

    range: RangeId
    first: Number
    count: Count
    reason: Reason
    deadline: Deadline
    signature: Hex65


class BookReceipt(Request):
    """POST /api/v1/bookings, with ``Book`` signed by the receipt's booking key; share in billionths."""

    code: ReceiptCodeText
    number: ReceiptNumberText
    check_code: CheckCodeText
    booker: Address
    counter: Counter
    share: int = Field(ge=1, le=WHOLE_SHARE)
    deadline: Deadline
    signature: Hex65


class WithdrawBooking(Request):
    """POST /api/v1/bookings/withdraw, with ``Unbook`` signed by the booker."""

    code: ReceiptCodeText
    number: ReceiptNumberText
    check_code: CheckCodeText
    booker: Address
    counter: Counter
    deadline: Deadline
    signature: Hex65


class PeriodTotals(Request):
    """Counts and sums of one unit, kind and month."""

    issued: int = Field(ge=0, lt=1 << 32)
    voided: int = Field(ge=0, lt=1 << 32)
    red: int = Field(ge=0, lt=1 << 32)
    issued_amount: Amount
    reversed_amount: Amount


class WriteOffPeriod(Request):
    """POST /api/v1/write-offs, with the unit's EIP-712 ``WriteOff``; month as ``2026-05``."""

    kind: str = Field(pattern=r"^[0-9]{4}$")
    month: str = Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")
    totals: PeriodTotals
    deadline: Deadline
    signature: Hex65


class Submitted(Answer):
    """Answer 202 to an act."""

    submission: str
    state: str


class PeriodState(Answer):
    """GET /api/v1/periods/{kind}/{month}."""

    kind: str
    month: str
    totals: PeriodTotals
    closed: bool
    overdue: bool = False
    deadline: AwareDatetime | None = None
