"""Events of the ReceiptLedger. Attributes have the names of the ABI in snake_case."""

from dataclasses import dataclass

from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.structs import Terms, Totals


@dataclass(frozen=True, slots=True)
class BatchIssued(ContractEvent):
    """A batch was issued.

    Attributes:
        position: Place of the header in the root's tree.
    """

    root_id: int
    unit: int
    range: int
    position: int
    mode: int
    first: int
    count: int
    issue_day: int
    total_fen: int
    catalog_version: int
    unit_root: bytes
    bodies: bytes


@dataclass(frozen=True, slots=True)
class BatchRefused(ContractEvent):
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
class Booked(ContractEvent):
    """A share was booked.

    Attributes:
        total: Shares booked of the receipt, in billionths.
        counter: Counter of the next act.
    """

    range: int
    number: int
    booker: str
    share: int
    total: int
    counter: int


@dataclass(frozen=True, slots=True)
class BookingRefused(ContractEvent):
    """One act of bookMany was refused; the others stand."""

    range: int
    number: int
    booker: str
    position: int
    error: bytes


@dataclass(frozen=True, slots=True)
class Exchanged(ContractEvent):
    """A paper original stands in the place of the receipt."""

    unit: int
    range: int
    number: int
    paper_range: int
    paper_number: int


@dataclass(frozen=True, slots=True)
class Extended(ContractEvent):
    """The overdue date of a kind was put off."""

    unit: int
    kind: int
    until: int
    reason: int


@dataclass(frozen=True, slots=True)
class NumbersVoided(ContractEvent):
    """Numbers were voided."""

    unit: int
    range: int
    first: int
    count: int
    month: int
    reason: int


@dataclass(frozen=True, slots=True)
class PaperReturned(ContractEvent):
    """The paper original was taken back."""

    unit: int
    range: int
    number: int
    paper_range: int
    paper_number: int


@dataclass(frozen=True, slots=True)
class PaymentsReceipted(ContractEvent):
    """The payment codes of a code-controlled batch."""

    root_id: int
    position: int
    payment_range: int
    sequences: bytes


@dataclass(frozen=True, slots=True)
class PeriodBroughtForward(ContractEvent):
    """A month of the former system was brought forward."""

    unit: int
    kind: int
    month: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class PeriodClosedWithDifference(ContractEvent):
    """A month was closed by supervisors although the totals differ."""

    unit: int
    kind: int
    month: int
    on_chain: Totals
    reported: Totals
    reason: int


@dataclass(frozen=True, slots=True)
class PeriodWrittenOff(ContractEvent):
    """A month was written off."""

    unit: int
    kind: int
    month: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class ReversalAllowed(ContractEvent):
    """A booked receipt may be reversed; its bookers should know."""

    range: int
    number: int
    reason: int


@dataclass(frozen=True, slots=True)
class Reversed(ContractEvent):
    """A receipt was reversed, and its red receipt issued under its own root."""

    root_id: int
    unit: int
    range: int
    number: int
    red_range: int
    red_number: int
    mode: int
    issue_day: int
    amount_fen: int
    catalog_version: int
    red_root: bytes
    reason: int
    bodies: bytes


@dataclass(frozen=True, slots=True)
class RootRegistered(ContractEvent):
    """The root over the headers of one transaction."""

    root_id: int
    root: bytes
    headers: int


@dataclass(frozen=True, slots=True)
class Stamped(ContractEvent):
    """A step was recorded: 1 delivered, 2 stored, 3 archived."""

    step: int
    range: int
    root: bytes
    count: int
    node: str


@dataclass(frozen=True, slots=True)
class TermsSet(ContractEvent):
    """Terms were set."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class Unbooked(ContractEvent):
    """A booker's share was withdrawn."""

    range: int
    number: int
    booker: str
    share: int
    total: int
    counter: int
