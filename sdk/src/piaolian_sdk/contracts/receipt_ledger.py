"""The ReceiptLedger: roots, marks, reversals, exchanges, bookings and periods."""

from collections.abc import Sequence

from piaolian_sdk.contracts.abi import encode_call
from piaolian_sdk.contracts.chain import BlockStamp, ContractBinding
from piaolian_sdk.contracts.records import Booking, Mark, Overdue, Period
from piaolian_sdk.contracts.structs import (
    BookAct,
    ExchangeAct,
    IssueBatch,
    Opening,
    ReturnAct,
    ReverseAct,
    Terms,
    Totals,
    UnbookAct,
    VoidAct,
    WriteOffAct,
)

NAME = "ReceiptLedger"

# Steps of ``stamp``.
DELIVERED, STORED, ARCHIVED = 1, 2, 3


class ReceiptLedger(ContractBinding):
    """Reads of the ReceiptLedger; every one at a block of choice."""

    NAME = NAME

    def root_of(self, root_id: int, at: BlockStamp | None = None) -> bytes:
        """Return a root, 32 bytes, zeros when there is none.

        Args:
            root_id: Of a batch, or ``tree.red_root_id`` of what a red receipt reverses.
            at: Block to read at.
        """
        return bytes(self.read("rootOf", root_id, at=at))

    def last_root_id(self, at: BlockStamp | None = None) -> int:
        """Return the number of the last batch's root."""
        return int(self.read("lastRootId", at=at))

    def mark_of(self, range_id: int, number: int, at: BlockStamp | None = None) -> Mark:
        """Return what binds on a number."""
        return Mark(self.read("markOf", range_id, number, at=at))

    def booking_of(self, range_id: int, number: int, at: BlockStamp | None = None) -> Booking:
        """Return the bookings of a receipt."""
        return Booking(*self.read("bookingOf", range_id, number, at=at))

    def share_of(self, range_id: int, number: int, booker: str, at: BlockStamp | None = None) -> int:
        """Return the share that one booker has booked, in billionths."""
        return int(self.read("shareOf", range_id, number, booker, at=at))

    def paper_of(self, range_id: int, number: int, at: BlockStamp | None = None) -> tuple[int, int]:
        """Return (paper range, paper number) in the place of a receipt, zeros when there is none."""
        paper_range, paper_number = self.read("paperOf", range_id, number, at=at)
        return int(paper_range), int(paper_number)

    def period_of(self, unit: int, kind: int, month: int, at: BlockStamp | None = None) -> Period:
        """Return counts and sums of a month."""
        totals, closed = self.read("periodOf", unit, kind, month, at=at)
        return Period(Totals(*totals), bool(closed))

    def overdue_of(self, unit: int, kind: int, at: BlockStamp | None = None) -> Overdue:
        """Return the oldest open month of a kind; zeros when none is open."""
        return Overdue(*self.read("overdueOf", unit, kind, at=at))

    def terms(self, at: BlockStamp | None = None) -> Terms:
        """Return the terms in force."""
        return Terms(*self.read("terms", at=at))

    def open_leaf(self, opening: Opening, at: BlockStamp | None = None) -> bytes:
        """Return the leaf that an opening opens, 32 bytes.

        Raises:
            ContractRefusedError: Leaf, header and root do not open.
        """
        return bytes(self.read("openLeaf", opening, at=at))


def build_issue(batches: Sequence[IssueBatch]) -> bytes:
    """Return calldata that issues batches of several units under one root. Role NODE."""
    return encode_call(NAME, "issue", list(batches))


def build_void_numbers(act: VoidAct) -> bytes:
    """Return calldata that voids numbers. Role NODE."""
    return encode_call(NAME, "voidNumbers", act)


def build_reverse(act: ReverseAct) -> bytes:
    """Return calldata that reverses a receipt. Role NODE."""
    return encode_call(NAME, "reverse", act)


def build_allow_reversal(unit: int, range_id: int, number: int, reason: int) -> bytes:
    """Return calldata that lets a booked receipt be reversed. Role SUPERVISOR, twice."""
    return encode_call(NAME, "allowReversal", unit, range_id, number, reason)


def build_exchange(act: ExchangeAct) -> bytes:
    """Return calldata that exchanges a receipt to paper. Role NODE."""
    return encode_call(NAME, "exchange", act)


def build_return_paper(act: ReturnAct) -> bytes:
    """Return calldata that takes a paper original back. Role NODE."""
    return encode_call(NAME, "returnPaper", act)


def build_book(act: BookAct) -> bytes:
    """Return calldata that books a share. Role NODE."""
    return encode_call(NAME, "book", act)


def build_book_many(acts: Sequence[BookAct]) -> bytes:
    """Return calldata that books several receipts, each with its own result. Role NODE."""
    return encode_call(NAME, "bookMany", list(acts))


def build_unbook(act: UnbookAct) -> bytes:
    """Return calldata that withdraws a booking. Role NODE."""
    return encode_call(NAME, "unbook", act)


def build_write_off(act: WriteOffAct) -> bytes:
    """Return calldata that writes a month off. Anybody who holds the unit's signature."""
    return encode_call(NAME, "writeOff", act)


def build_close_with_difference(unit: int, kind: int, month: int, reported: Totals, reason: int) -> bytes:
    """Return calldata that closes a month whose totals differ. Role SUPERVISOR, twice."""
    return encode_call(NAME, "closeWithDifference", unit, kind, month, reported, reason)


def build_bring_forward(act: WriteOffAct) -> bytes:
    """Return calldata that brings a month of the former system forward. Role SUPERVISOR."""
    return encode_call(NAME, "bringForward", act)


def build_extend(unit: int, kind: int, until_unix: int, reason: int) -> bytes:
    """Return calldata that puts an overdue date off. Role SUPERVISOR, twice."""
    return encode_call(NAME, "extend", unit, kind, until_unix, reason)


def build_stamp(step: int, range_id: int, root: bytes, count: int) -> bytes:
    """Return calldata that records a step that binds nobody. Role NODE."""
    return encode_call(NAME, "stamp", step, range_id, root, count)


def build_set_terms(terms: Terms) -> bytes:
    """Return calldata that sets the terms. Role ADMIN."""
    return encode_call(NAME, "setTerms", terms)
