"""Answers to questions: submissions, catalogue, ranges, limits, network and public verification."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from piaolian_sdk.wire.base import (
    Amount,
    Answer,
    Base64,
    Hex32,
    ItemCodeText,
    Mode,
    Problem,
    RangeId,
    ReceiptCodeText,
    ReceiptNumberText,
    TransactionHash,
)

SubmissionStateName = Literal["accepted", "countersigned", "stored", "sent", "mined", "final", "refused"]


class ReceiptSummary(Answer):
    """One receipt of a submission."""

    code: ReceiptCodeText
    number: ReceiptNumberText


class SubmissionState(Answer):
    """GET /api/v1/submissions/{id} and ?idempotency_key= or ?content_digest=.

    Attributes:
        kind: ``issue``, ``notice``, ``reverse``, ``exchange``, ``return``, ``void``, ``book``, ``unbook``,
            ``write-off`` or ``cancel``.
        refusal: What the contract or the node said, when the state is ``refused``.
        transaction: Hash of the transaction that holds the act.
        block: Number of its block.
    """

    submission: str
    kind: str
    state: SubmissionStateName
    refusal: Problem | None = None
    transaction: TransactionHash | None = None
    block: int | None = None
    receipts: list[ReceiptSummary] = Field(default_factory=list)
    payment_codes: list[str] = Field(default_factory=list)


class CatalogueEntry(Answer):
    """One charge item as it is enabled now. Bounds are of one line's amount.

    Attributes:
        item: Number in the Registry.
        kind: Receipt kind, 4 digits, or null for any.
        is_rounding: Whether the item closes rounding differences (货币误差).
    """

    item_code: ItemCodeText
    item: int = Field(ge=1, lt=1 << 16)
    name: str
    minimum: Amount
    maximum: Amount
    kind: str | None = None
    enabled: bool = True
    is_rounding: bool = False
    enabled_from: datetime | None = None
    enabled_until: datetime | None = None


class Catalogue(Answer):
    """GET /api/v1/catalogue."""

    version: int = Field(ge=0, lt=1 << 32)
    items: list[CatalogueEntry]


class RangeEntry(Answer):
    """One range of the calling unit.

    Attributes:
        category: ``receipt``, ``payment`` or ``paper``.
        prefix: Receipt code, first ten digits of the payment codes, or paper code.
        next: First number that nobody used.
    """

    range: RangeId
    unit: int
    category: Literal["receipt", "payment", "paper"]
    prefix: str
    first: int
    last: int
    next: int
    kind: str
    mode: Mode | None = None


class Ranges(Answer):
    """GET /api/v1/ranges."""

    ranges: list[RangeEntry]


class Limits(Answer):
    """GET /api/v1/limits."""

    max_batch_items: int
    max_document_bytes: int
    max_request_bytes: int
    lease_seconds: int
    clock_window_seconds: int
    requests_per_minute: int


class NetworkInfo(Answer):
    """GET /api/v1/network: nothing secret, readable by anyone.

    Attributes:
        contracts: Proxy address of each contract by name.
        finance_certificates: DER of the certificates that countersign.
        encryption_recipients: Public point (hex) of each standing recipient of bodies by name.
    """

    chain_id: int
    genesis_hash: Hex32
    contracts: dict[str, str]
    finality_depth: int
    server_time: AwareDatetime
    finance_certificates: list[Base64]
    encryption_recipients: dict[str, str] = Field(default_factory=dict)


class VerificationAnswer(Answer):
    """GET /api/v1/verification: what anyone may learn who knows the five elements.

    Attributes:
        result: ``match``, ``mismatch``, ``not-found`` or ``unavailable``.
        result_zh: The words people see.
        evidence_number: 存证编号.
        stamped_at: 上链时间.
        count: How often the receipt was verified.
    """

    result: Literal["match", "mismatch", "not-found", "unavailable"]
    result_zh: str
    state: str | None = None
    state_zh: str | None = None
    issued_by: str | None = None
    countersigned_by: str | None = None
    stamped_at: AwareDatetime | None = None
    evidence_number: str | None = None
    as_of: AwareDatetime | None = None
    count: int | None = None
