"""What the contracts return, in the order of the ABI."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from piaolian_sdk.contracts.structs import ItemVersion, Totals


class RangeClass(IntEnum):
    """What the numbers of a range count."""

    NONE = 0
    RECEIPT = 1
    PAYMENT_CODE = 2
    PAPER = 3


class ControlMode(IntEnum):
    """How amounts are controlled."""

    NONE = 0
    BY_CODE = 1
    BY_LIST = 2


class Mark(IntFlag):
    """What binds on a receipt number."""

    NONE = 0
    EXCHANGED = 1
    REVERSED = 2
    VOID = 8


class SuspenseReason(IntEnum):
    """Why money waits for a decision."""

    NONE = 0
    UNDERPAID = 1
    OVERPAID = 2
    CANCELLED = 3
    ALREADY_PAID = 4
    PAST_DUE = 5
    REVERSED = 6


class Resolution(IntEnum):
    """What was decided about suspended money."""

    NONE = 0
    REFUND = 1
    REINSTATE = 2


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """A unit. ``restricted_at`` is 0 when unrestricted, ``successor`` 0 when there is none."""

    signer: str
    area: int
    restricted_at: int
    successor: int
    restriction_reason: int
    credit_code_digest: bytes
    certificate_digest: bytes


@dataclass(frozen=True, slots=True)
class RangeRecord:
    """A range. ``next`` is ``last + 1`` when it is exhausted."""

    unit: int
    prefix: int
    first: int
    last: int
    next: int
    range_class: RangeClass
    mode: ControlMode
    kind: int


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """Numbers that a supervisor may still allot."""

    area: int
    prefix: int
    next: int
    last: int
    range_class: RangeClass


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A catalogue item with the version in force now."""

    code: str
    area: int
    current: ItemVersion


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """A payment notice and its state; ``item`` is 0 when it has several lines."""

    amount_fen: int
    item: int
    lines_hash: bytes
    due_day: int
    noticed: bool
    paid: bool
    used: bool
    cancelled: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class PaymentBook:
    """Whose a payment range with notices is."""

    unit: int
    prefix: int
    kind: int
    batches: int


@dataclass(frozen=True, slots=True)
class Committee:
    """The oracles, the source that each speaks for, and how many sources must agree."""

    epoch: int
    threshold: int
    oracles: tuple[str, ...]
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SuspenseRecord:
    """Money that was received and is not a plain payment."""

    range: int
    sequence: int
    amount_fen: int
    value_day: int
    bank_reference: bytes
    reason: SuspenseReason
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class PaymentTotals:
    """Where all money is, in fen: received = paid and unused + receipted + refunded + suspense."""

    received: int
    receipted: int
    refunded: int
    suspense: int


@dataclass(frozen=True, slots=True)
class Booking:
    """Shares booked of a receipt, in billionths; ``counter`` is the one that the next act must carry."""

    share: int
    last_booker: str
    time: int
    counter: int


@dataclass(frozen=True, slots=True)
class Period:
    """Counts and sums of a month, and whether it is closed."""

    totals: Totals
    closed: bool


@dataclass(frozen=True, slots=True)
class Overdue:
    """Oldest open month of a kind, last second at which the unit may issue with it open, whether that has passed."""

    month: int
    deadline: int
    overdue: bool
