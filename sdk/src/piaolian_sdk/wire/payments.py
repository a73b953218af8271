"""Messages about payment notices."""

from datetime import date

from pydantic import AwareDatetime, Field, model_validator

from piaolian_sdk.wire.base import (
    MAX_BATCH_ITEMS,
    Amount,
    Answer,
    BusinessNumber,
    Deadline,
    Hex,
    Hex65,
    ItemCodeText,
    Number,
    PaymentCodeText,
    Problem,
    RangeId,
    Request,
    Verdict,
)
from piaolian_sdk.wire.receipts import NoticeLine

# Lines of one notice: the contract counts them in 2 to 40 where there are several.
MAX_NOTICE_LINES = 40


class LineToNotice(Request):
    """One charge: an item of the catalogue and its amount."""

    item_code: ItemCodeText
    amount: Amount


class NoticeToPrepare(Request):
    """One payment notice without its code."""

    business_number: BusinessNumber
    lines: list[LineToNotice] = Field(min_length=1, max_length=MAX_NOTICE_LINES)
    due_day: date
    payer_email: str | None = Field(default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")


class PrepareNotices(Request):
    """POST /api/v1/payment-notices/prepare. All items of a batch have one due day."""

    range: RangeId
    items: list[NoticeToPrepare] = Field(min_length=1, max_length=MAX_BATCH_ITEMS)

    @model_validator(mode="after")
    def _one_due_day(self) -> "PrepareNotices":
        if len({item.due_day for item in self.items}) != 1:
            raise ValueError("all items of a batch must have one due_day")
        return self


class PreparedNotice(Answer):
    """The verdict on one notice; its code and lines (with the items' numbers) when it is accepted."""

    business_number: BusinessNumber
    verdict: Verdict
    payment_code: PaymentCodeText | None = None
    lines: list[NoticeLine] = Field(default_factory=list)
    problem: Problem | None = None


class PreparedNotices(Answer):
    """Answer to ``PrepareNotices``. ``lease`` is null when nothing is accepted."""

    lease: str | None = None
    range: RangeId
    first: Number | None = None
    count: int = Field(ge=0)
    expires_at: AwareDatetime | None = None
    items: list[PreparedNotice]


class SubmitNotices(Request):
    """POST /api/v1/payment-notices/submit.

    Attributes:
        lanes: 8 bytes a notice: amount in fen (6 bytes) and item (2 bytes; 0 means several lines).
        lines: For each notice with item 0, in order: the number of lines (1 byte) and 8 bytes a line.
        signature: The unit's EIP-712 ``Notice``.
    """

    lease: str = Field(min_length=1, max_length=64)
    due_day: date
    lanes: Hex
    lines: Hex
    deadline: Deadline
    signature: Hex65


class SubmittedNotices(Answer):
    """Answer 202 to ``SubmitNotices``."""

    submission: str
    state: str
    payment_codes: list[PaymentCodeText]


class CancelNotice(Request):
    """POST /api/v1/payment-notices/cancel, with the unit's EIP-712 ``Cancel``."""

    payment_code: PaymentCodeText
    deadline: Deadline
    signature: Hex65


class NoticeState(Answer):
    """GET /api/v1/payment-notices/{payment_code}.

    Attributes:
        state: ``awaiting`` (not final on the chain), ``registered``, ``paid``, ``receipted``, ``ended`` (taken
            back before a receipt was issued), ``cancelled`` or ``expired``.
    """

    payment_code: PaymentCodeText
    state: str
    amount: Amount
    due_day: date
    range: RangeId
    lines: list[NoticeLine] = Field(default_factory=list)
