"""The acts, one class each. Numbers of days, months, kinds and ranges are those of the contracts.

``day`` is days since 1970-01-01 in Beijing, ``month`` is ``year * 12 + month - 1``, amounts are fen, ``deadline`` is
Unix seconds: a node cannot hold an act back and have it mined later.
"""

from dataclasses import dataclass
from typing import ClassVar

from piaolian_sdk.acts.eip712 import Act

_REGISTRY = "Registry"
_PAYMENTS = "PaymentLedger"
_RECEIPTS = "ReceiptLedger"


@dataclass(frozen=True)
class RotateSigner(Act):
    """The old chain key names its successor."""

    TYPE: ClassVar[str] = (
        "RotateSigner(uint32 unit,address newSigner,bytes32 certificateDigest,uint64 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = _REGISTRY
    unit: int
    new_signer: str
    certificate_digest: bytes
    nonce: int
    deadline: int


@dataclass(frozen=True)
class Notice(Act):
    """A unit registers payment notices with consecutive codes."""

    TYPE: ClassVar[str] = (
        "Notice(uint32 unit,uint32 range,uint40 first,uint32 dueDay,bytes lanes,bytes lines,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = _PAYMENTS
    unit: int
    range: int
    first: int
    due_day: int
    lanes: bytes
    lines: bytes
    deadline: int


@dataclass(frozen=True)
class Cancel(Act):
    """A unit cancels a notice that nobody has paid."""

    TYPE: ClassVar[str] = "Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)"
    CONTRACT: ClassVar[str] = _PAYMENTS
    unit: int
    range: int
    sequence: int
    deadline: int


@dataclass(frozen=True)
class Issue(Act):
    """A unit issues a batch: everything in the header, and until when it may be mined."""

    TYPE: ClassVar[str] = (
        "Issue(uint32 unit,uint32 range,uint8 mode,uint40 first,uint32 count,uint32 issueDay,uint64 totalFen,"
        "uint32 catalogVersion,bytes32 unitRoot,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = _RECEIPTS
    unit: int
    range: int
    mode: int
    first: int
    count: int
    issue_day: int
    total_fen: int
    catalog_version: int
    unit_root: bytes
    deadline: int


@dataclass(frozen=True)
class Void(Act):
    """A unit voids numbers that were never issued."""

    TYPE: ClassVar[str] = "Void(uint32 unit,uint32 range,uint40 first,uint32 count,uint16 reason,uint64 deadline)"
    CONTRACT: ClassVar[str] = _RECEIPTS
    unit: int
    range: int
    first: int
    count: int
    reason: int
    deadline: int


@dataclass(frozen=True)
class Reverse(Act):
    """A unit reverses a receipt and issues its red receipt in the same act."""

    TYPE: ClassVar[str] = (
        "Reverse(uint32 unit,uint32 range,uint40 number,uint32 redRange,uint40 redNumber,uint32 issueDay,"
        "uint48 amountFen,uint32 catalogVersion,bytes32 redRoot,uint16 reason,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = _RECEIPTS
    unit: int
    range: int
    number: int
    red_range: int
    red_number: int
    issue_day: int
    amount_fen: int
    catalog_version: int
    red_root: bytes
    reason: int
    deadline: int


@dataclass(frozen=True)
class Exchange(Act):
    """A unit puts a paper original in the place of a receipt."""

    TYPE: ClassVar[str] = (
        "Exchange(uint32 unit,uint32 range,uint40 number,uint32 paperRange,uint40 paperNumber,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = _RECEIPTS
    unit: int
    range: int
    number: int
    paper_range: int
    paper_number: int
    deadline: int


@dataclass(frozen=True)
class ReturnPaper(Act):
    """A unit takes the paper original back; the receipt lives again."""

    TYPE: ClassVar[str] = (
        "ReturnPaper(uint32 unit,uint32 range,uint40 number,uint32 paperRange,uint40 paperNumber,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = _RECEIPTS
    unit: int
    range: int
    number: int
    paper_range: int
    paper_number: int
    deadline: int


@dataclass(frozen=True)
class Book(Act):
    """The receipt's one-time booking key books a share (billionths) for one booker."""

    TYPE: ClassVar[str] = "Book(bytes32 leaf,address booker,uint32 counter,uint32 share,uint64 deadline)"
    CONTRACT: ClassVar[str] = _RECEIPTS
    leaf: bytes
    booker: str
    counter: int
    share: int
    deadline: int


@dataclass(frozen=True)
class Unbook(Act):
    """A booker withdraws its booking."""

    TYPE: ClassVar[str] = "Unbook(uint32 range,uint40 number,address booker,uint32 counter,uint64 deadline)"
    CONTRACT: ClassVar[str] = _RECEIPTS
    range: int
    number: int
    booker: str
    counter: int
    deadline: int


@dataclass(frozen=True)
class WriteOff(Act):
    """A unit reports a month's totals, which close it when the chain agrees."""

    TYPE: ClassVar[str] = (
        "WriteOff(uint32 unit,uint16 kind,uint32 month,uint32 issued,uint32 voided,uint32 red,uint64 issuedFen,"
        "uint64 reversedFen,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = _RECEIPTS
    unit: int
    kind: int
    month: int
    issued: int
    voided: int
    red: int
    issued_fen: int
    reversed_fen: int
    deadline: int


@dataclass(frozen=True)
class BringForward(Act):
    """A unit brings a month of the former system forward, once and before its first issue."""

    TYPE: ClassVar[str] = (
        "BringForward(uint32 unit,uint16 kind,uint32 month,uint32 issued,uint32 voided,uint32 red,uint64 issuedFen,"
        "uint64 reversedFen,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = _RECEIPTS
    unit: int
    kind: int
    month: int
    issued: int
    voided: int
    red: int
    issued_fen: int
    reversed_fen: int
    deadline: int


ALL_ACTS: tuple[type[Act], ...] = (
    RotateSigner,
    Notice,
    Cancel,
    Issue,
    Void,
    Reverse,
    Exchange,
    ReturnPaper,
    Book,
    Unbook,
    WriteOff,
    BringForward,
)
