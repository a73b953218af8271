"""The ledger's money as books: every event becomes postings, and postings add up to balances. Pure.

Five accounts, in fen::

    received    what the oracles saw at the bank (a source: money only leaves it, to one of the others)
    paid        paid and not yet receipted
    receipted   under a living receipt
    suspense    waits for a decision
    refunded    given back

A posting takes an amount out of one account and puts it into another, so at all times and for every unit
``received = paid + receipted + suspense + refunded``. Only the remainder of a partly refunded receipt leaves its code,
to a new notice of the same unit; between the two it is ``moved``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.events_payments import (
    NoticeCancelled,
    NoticeRegistered,
    PaymentEnded,
    PaymentsSettled,
    PaymentSuspended,
    PaymentTakenBack,
    ReversalRefunded,
    SuspenseResolved,
)
from piaolian_sdk.contracts.events_receipts import PaymentsReceipted
from piaolian_sdk.contracts.records import Resolution
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.reconciliation.postings import Account, Code, Notice, Posting, notices_of, suspense_id

State = Literal["registered", "paid", "receipted", "ended", "cancelled"]


@dataclass
class Books:
    """What the events up to now say of notices and money; feed them in the order of the chain.

    Attributes:
        notices: Every registered notice by its code.
        states: State of each code; "registered" also when its money is in suspense.
        postings: In the order of the chain.
        received_by: Fen that the ledger took in of each payment, by code and bank reference, and on which day first.
        open_suspenses: Suspended money that waits for a decision, by its id: code, fen and day since when.
    """

    notices: dict[Code, Notice] = field(default_factory=dict)
    states: dict[Code, State] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    received_by: dict[tuple[Code, bytes], tuple[int, int]] = field(default_factory=dict)
    open_suspenses: dict[bytes, tuple[Code, int, int]] = field(default_factory=dict)
    _suspenses: dict[bytes, Code] = field(default_factory=dict)

    def take(self, event: ContractEvent, day: int) -> None:
        """Take the next event.

        Args:
            event: Of the ledgers; events of other kinds change nothing.
            day: Beijing day number of its block.

        Raises:
            RemoteError: The event speaks of a notice that no earlier event registered: the list has a hole.
        """
        if isinstance(event, NoticeRegistered):
            for notice in notices_of(event):
                self.notices[notice.code] = notice
                self.states[notice.code] = "registered"
        elif isinstance(event, NoticeCancelled):
            self.states[event.range, event.sequence] = "cancelled"
        elif isinstance(event, PaymentsSettled):
            self._take_settled(event, day)
        elif isinstance(event, PaymentSuspended):
            self._take_suspended(event, day)
        elif isinstance(event, PaymentsReceipted):
            self._take_receipted(event, day)
        elif isinstance(event, PaymentEnded | PaymentTakenBack):
            code = (event.range, event.sequence)
            self.states[code] = "ended"
            # Its receipt was reversed, or it had none.
            source: Literal["receipted", "paid"] = "receipted" if isinstance(event, PaymentEnded) else "paid"
            self._post(code, day, source, "suspense", event.amount_fen)
            # What is decided on this money later names it by the code without any bank reference.
            self._suspenses[suspense_id(*code, bytes(8))] = code
            self.open_suspenses[suspense_id(*code, bytes(8))] = (code, event.amount_fen, day)
        elif isinstance(event, SuspenseResolved):
            self._take_resolved(event, day)
        elif isinstance(event, ReversalRefunded):
            self._take_refunded(event, day)

    def _take_settled(self, event: PaymentsSettled, day: int) -> None:
        # Money that was suspended before has been received before: only the decision on it is posted.
        is_new = event.report_id not in self._suspenses
        for sequence, reference in event.parts():
            code = (event.range, sequence)
            self.states[code] = "paid"
            if is_new:
                self._post(code, day, "received", "paid", self._notice(code).amount_fen)
                self._note_received(code, reference, self._notice(code).amount_fen, day)

    def _take_suspended(self, event: PaymentSuspended, day: int) -> None:
        code = (event.range, event.sequence)
        # A known id is what a reinstatement left over; its whole sum was posted to the notice.
        source: Literal["received", "paid"] = "paid" if event.suspense in self._suspenses else "received"
        self._post(code, day, source, "suspense", event.amount_fen)
        if source == "received":
            self._note_received(code, event.bank_reference, event.amount_fen, day)
        self._suspenses[event.suspense] = code
        self.open_suspenses[event.suspense] = (code, event.amount_fen, day)

    def _take_receipted(self, event: PaymentsReceipted, day: int) -> None:
        for at in range(0, len(event.sequences), 5):
            code = (event.payment_range, int.from_bytes(event.sequences[at : at + 5], "big"))
            self.states[code] = "receipted"
            self._post(code, day, "paid", "receipted", self._notice(code).amount_fen)

    def _take_resolved(self, event: SuspenseResolved, day: int) -> None:
        code = self._suspenses.get(event.suspense)
        if code is None:
            raise _hole("suspense")
        target: Literal["refunded", "paid"] = "refunded" if event.resolution == Resolution.REFUND else "paid"
        self._post(code, day, "suspense", target, event.amount_fen)
        self.open_suspenses.pop(event.suspense, None)

    def _take_refunded(self, event: ReversalRefunded, day: int) -> None:
        code = (event.range, event.sequence)
        self._post(code, day, "suspense", "refunded", event.refund_fen)
        self._post(code, day, "suspense", "moved", event.remainder_fen)
        self.open_suspenses.pop(suspense_id(*code, bytes(8)), None)
        if event.remainder_fen:
            self._post((event.child_range, event.child_sequence), day, "moved", "paid", event.remainder_fen)

    def _note_received(self, code: Code, reference: bytes, amount_fen: int, day: int) -> None:
        known_fen, since = self.received_by.get((code, reference), (0, day))
        self.received_by[code, reference] = (known_fen + amount_fen, since)

    def _post(self, code: Code, day: int, source: Account, target: Account, amount_fen: int) -> None:
        if amount_fen:
            self.postings.append(Posting(day, self._notice(code), source, target, amount_fen))

    def _notice(self, code: Code) -> Notice:
        notice = self.notices.get(code)
        if notice is None:
            raise _hole("notice")
        return notice


@dataclass(frozen=True, slots=True)
class Balance:
    """Where money is, in fen.

    Attributes:
        received: Seen at the bank.
        moved: Come from another code of the same unit, less what went to one.
        paid: Paid and not receipted.
        receipted: Under living receipts.
        suspense: Waiting for a decision.
        refunded: Given back.
    """

    received: int = 0
    moved: int = 0
    paid: int = 0
    receipted: int = 0
    suspense: int = 0
    refunded: int = 0

    @property
    def difference(self) -> int:
        """Fen that are nowhere; 0 as long as the books are right."""
        return self.received + self.moved - self.paid - self.receipted - self.suspense - self.refunded


def balance(postings: Iterable[Posting]) -> Balance:
    """Add postings up."""
    sums = dict.fromkeys(("received", "moved", "paid", "receipted", "suspense", "refunded"), 0)
    for posting in postings:
        # Both sources count what came out of them.
        sums[posting.source] += posting.amount_fen if posting.source in {"received", "moved"} else -posting.amount_fen
        sums[posting.target] += -posting.amount_fen if posting.target == "moved" else posting.amount_fen
    return Balance(**sums)


def _hole(what: str) -> RemoteError:
    return RemoteError(
        "answer-malformed",
        f"an event speaks of a {what} that no event before it has told of",
        "事件列表不完整, 无法入账",
        remedy="read the events again from the block of the deployment",
        retry="after",
    )
