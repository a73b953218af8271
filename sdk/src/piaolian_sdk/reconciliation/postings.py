"""Notices and postings, the parts that the books are made of. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from piaolian_sdk.contracts.events_payments import NoticeRegistered
from piaolian_sdk.tree import Line
from piaolian_sdk.tree.keccak import keccak256, uint_word

# Payment range and sequence: what names a payment code on chain.
Code = tuple[int, int]
Account = Literal["received", "moved", "paid", "receipted", "suspense", "refunded"]

_LANE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Notice:
    """A registered notice.

    Attributes:
        code: Payment range and sequence.
        unit: Number of the unit.
        due_day: Last value day, Beijing day number.
        lines: Its lines in order, at least one.
    """

    code: Code
    unit: int
    due_day: int
    lines: tuple[Line, ...]

    @property
    def amount_fen(self) -> int:
        """The amount due, fen."""
        return sum(line.amount_fen for line in self.lines)


@dataclass(frozen=True, slots=True)
class Posting:
    """Money that goes from one account to another.

    Attributes:
        day: Beijing day number of the block.
        notice: The notice of its code.
        source: Account that it leaves.
        target: Account that it enters.
        amount_fen: Fen, above 0.
    """

    day: int
    notice: Notice
    source: Account
    target: Account
    amount_fen: int

    @property
    def code(self) -> Code:
        """Payment range and sequence."""
        return self.notice.code

    @property
    def unit(self) -> int:
        """Number of the unit."""
        return self.notice.unit

    def by_item(self) -> Iterator[tuple[int, int]]:
        """Yield (item, fen): the lines' own amounts where the whole notice moves, else item 0, not told apart."""
        if self.amount_fen == self.notice.amount_fen:
            for line in self.notice.lines:
                yield line.item, line.amount_fen
        else:
            yield 0, self.amount_fen


def notices_of(event: NoticeRegistered) -> Iterator[Notice]:
    """Yield the notices of a registration, in the order of their codes."""
    at = 0
    for place in range(event.count):
        lane = _line(event.lanes, place * _LANE_BYTES)
        lines: tuple[Line, ...] = (lane,)
        if lane.item == 0:
            count = event.lines[at]
            lines = tuple(_line(event.lines, at + 1 + number * _LANE_BYTES) for number in range(count))
            at += 1 + count * _LANE_BYTES
        yield Notice((event.range, event.first + place), event.unit, event.due_day, lines)


def suspense_id(payment_range: int, sequence: int, bank_reference: bytes) -> bytes:
    """Return the id under which the ledger keeps suspended money, 32 bytes.

    Args:
        payment_range: Number of the range.
        sequence: Code in it.
        bank_reference: 8 bytes; zeros for the money of a reversed receipt.
    """
    return keccak256(
        uint_word(payment_range, 32, "range") + uint_word(sequence, 40, "sequence") + bank_reference.ljust(32, b"\0")
    )


def _line(packed: bytes, at: int) -> Line:
    return Line(int.from_bytes(packed[at : at + 6], "big"), int.from_bytes(packed[at + 6 : at + _LANE_BYTES], "big"))
