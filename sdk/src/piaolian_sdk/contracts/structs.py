"""The structs that the contracts take, in the order of their members.

Each class has the struct's members in snake_case and in the ABI's order; a test compares them with the ABI.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from piaolian_sdk.tree import Header


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """One version of a catalogue item. ``enabled_until`` 0 is open; bounds are fen of one line; kind 0 is any."""

    enabled_from: int
    enabled_until: int
    min_fen: int
    max_fen: int
    kind: int
    listed_units_only: bool


@dataclass(frozen=True, slots=True)
class NoticeBatch:
    """Payment notices with consecutive sequences of one range, signed by the unit (``acts.Notice``)."""

    unit: int
    range: int
    first: int
    due_day: int
    lanes: bytes
    lines: bytes
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class SettlementGroup:
    """Entries of one payment range, 22 bytes each.

    ``notice_batch`` is a hint; ``payers`` shows who paid the codes that are paid already (see ``payers_shown``).
    Neither is part of the digest.
    """

    range: int
    notice_batch: int
    entries: bytes
    payers: bytes = b""


@dataclass(frozen=True, slots=True)
class IssueBatch:
    """One batch of receipts, signed by the unit (``acts.Issue``).

    By list the payment range is 0 and sequences and body hashes are empty. ``bodies`` is the SHA-256 digest inside the
    CID of the batch's root.
    """

    unit: int
    range: int
    first: int
    count: int
    issue_day: int
    total_fen: int
    catalog_version: int
    unit_root: bytes
    payment_range: int
    payment_sequences: bytes
    body_hashes: Sequence[bytes]
    bodies: bytes
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one receipt's leaf and its header under a root."""

    root_id: int
    position: int
    root_path: Sequence[bytes]
    header: Header
    number: int
    unit_path: Sequence[bytes]
    amount: bytes
    payment_code: int
    lines_hash: bytes
    document_digest: bytes
    fields_root: bytes
    booking_key: str


@dataclass(frozen=True, slots=True)
class VoidAct:
    """Numbers to void, signed by the unit (``acts.Void``)."""

    unit: int
    range: int
    first: int
    count: int
    reason: int
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class ReverseAct:
    """A reversal with its red receipt, signed by the unit (``acts.Reverse``).

    ``payment_range`` is the range of the original's payment code; it and ``amount_salt`` are zero in the other mode.
    """

    original: Opening
    red_range: int
    red_number: int
    issue_day: int
    amount_fen: int
    amount_salt: bytes
    red_body_hash: bytes
    catalog_version: int
    reason: int
    payment_range: int
    bodies: bytes
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class ExchangeAct:
    """An exchange to paper, signed by the unit (``acts.Exchange``)."""

    original: Opening
    paper_range: int
    paper_number: int
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class ReturnAct:
    """The return of a paper original, signed by the unit (``acts.ReturnPaper``)."""

    unit: int
    range: int
    number: int
    paper_range: int
    paper_number: int
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class BookAct:
    """A booking, signed by the receipt's booking key (``acts.Book``); share in billionths."""

    receipt: Opening
    booker: str
    counter: int
    share: int
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class UnbookAct:
    """The withdrawal of a booking, signed by the booker (``acts.Unbook``)."""

    range: int
    number: int
    booker: str
    counter: int
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts and sums (fen) of one unit, kind and month."""

    issued: int
    voided: int
    red: int
    issued_fen: int
    reversed_fen: int


@dataclass(frozen=True, slots=True)
class WriteOffAct:
    """A month's totals, signed by the unit (``acts.WriteOff`` or ``acts.BringForward``)."""

    unit: int
    kind: int
    month: int
    totals: Totals
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of the network, in days: grace, start of write-off, and how far back a receipt may be dated."""

    grace_days: int
    start_days: int
    back_days: int


def to_abi(value: Any) -> Any:  # noqa: ANN401 # Structs, sequences and plain values alike.
    """Return ``value`` as the nested tuples that the ABI encoder takes."""
    if hasattr(value, "__dataclass_fields__"):
        return tuple(to_abi(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, list | tuple):
        return [to_abi(item) for item in value]
    return value
