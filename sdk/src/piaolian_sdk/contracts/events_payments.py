"""Events of the PaymentLedger. Attributes have the names of the ABI in snake_case."""

from dataclasses import dataclass

from piaolian_sdk.contracts.event_base import ContractEvent

_PAYMENT_BYTES = 13


@dataclass(frozen=True, slots=True)
class CommitteeSet(ContractEvent):
    """The oracles and their sources were set."""

    epoch: int
    oracles: tuple[str, ...]
    sources: tuple[int, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class NoticeCancelled(ContractEvent):
    """A notice was cancelled before it was paid."""

    unit: int
    range: int
    sequence: int


@dataclass(frozen=True, slots=True)
class NoticeRefused(ContractEvent):
    """One batch of a call was refused; the others stand.

    Attributes:
        position: Place of the batch in the call.
        error: First 256 bytes of the error.
    """

    unit: int
    range: int
    first: int
    position: int
    error: bytes


@dataclass(frozen=True, slots=True)
class NoticeRegistered(ContractEvent):
    """Codes ``first`` to ``first + count - 1`` were registered.

    Attributes:
        notice_batch: Place of the batch among those of the range, a hint for settle.
    """

    unit: int
    range: int
    first: int
    count: int
    due_day: int
    notice_batch: int
    lanes: bytes
    lines: bytes


@dataclass(frozen=True, slots=True)
class PayersNotShown(ContractEvent):
    """The code is paid, and the settlement did not show by what; the entry may be settled again with it."""

    range: int
    sequence: int
    amount_fen: int
    bank_reference: bytes


@dataclass(frozen=True, slots=True)
class PaymentEnded(ContractEvent):
    """The receipt of a payment was reversed; the money waits for a decision."""

    range: int
    sequence: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PaymentTakenBack(ContractEvent):
    """A payment without a receipt was taken back; the money waits for a refund."""

    range: int
    sequence: int
    amount_fen: int
    reason: int


@dataclass(frozen=True, slots=True)
class PaymentRepeated(ContractEvent):
    """The entry had its effect before."""

    range: int
    sequence: int
    amount_fen: int
    bank_reference: bytes


@dataclass(frozen=True, slots=True)
class PaymentSuspended(ContractEvent):
    """Money waits for a decision."""

    suspense: bytes
    range: int
    sequence: int
    amount_fen: int
    reason: int
    bank_reference: bytes


@dataclass(frozen=True, slots=True)
class PaymentUnknown(ContractEvent):
    """The code was never noticed; the entry may be settled again later."""

    range: int
    sequence: int
    amount_fen: int
    bank_reference: bytes


@dataclass(frozen=True, slots=True)
class PaymentsSettled(ContractEvent):
    """Codes were paid.

    Attributes:
        report_id: Report, or the suspense that the money came from.
        payments: 13 bytes each: sequence (5), bank reference (8).
    """

    range: int
    report_id: bytes
    paid: int
    payments: bytes

    def parts(self) -> list[tuple[int, bytes]]:
        """Return (sequence, bank reference of 8 bytes) of each payment, in the order of the event."""
        packed = self.payments
        return [
            (int.from_bytes(packed[at : at + 5], "big"), packed[at + 5 : at + _PAYMENT_BYTES])
            for at in range(0, len(packed), _PAYMENT_BYTES)
        ]


@dataclass(frozen=True, slots=True)
class ReversalRefunded(ContractEvent):
    """The money of a reversed receipt was refunded, the remainder put to a new notice.

    Attributes:
        child_sequence: Notice born paid with the remainder, 0 when nothing remained.
    """

    range: int
    sequence: int
    refund_fen: int
    child_range: int
    child_sequence: int
    remainder_fen: int


@dataclass(frozen=True, slots=True)
class SuspenseResolved(ContractEvent):
    """Suspended money was refunded or put to its notice."""

    suspense: bytes
    resolution: int
    amount_fen: int
    reason: int


@dataclass(frozen=True, slots=True)
class Voted(ContractEvent):
    """An oracle vouched for a report.

    Attributes:
        votes: Distinct sources that have vouched so far.
    """

    report_digest: bytes
    oracle: str
    source: int
    serial: int
    votes: int
