"""What the books are held against: lines of the bank and entries of the treasury. Pure."""

from dataclasses import dataclass
from typing import Literal

# Who has to do something about an open item.
Owner = Literal["bank", "supervisor", "treasury", "unit"]

# How an oracle explains a line that it did not report; "" for one that it did.
LineReason = str


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of a bank statement, as an oracle exports it: no name, no account, no remittance text.

    Attributes:
        reference: The bank's reference.
        bank_reference: Its 8 bytes in the ledger.
        code: 20-digit payment code, "" without one.
        amount_fen: Fen, 0 or more.
        day: Value day, Beijing day number.
        reason: Why the oracle did not report it as a payment, "" when it did.
        is_incoming: Whether money came in.
    """

    reference: str
    bank_reference: bytes
    code: str
    amount_fen: int
    day: int
    reason: LineReason = ""
    is_incoming: bool = True


@dataclass(frozen=True, slots=True)
class TreasuryEntry:
    """One entry of the treasury's own books.

    Attributes:
        voucher: Its number there.
        code: 20-digit payment code (Hold1 of a treasury voucher).
        amount_fen: Fen; below 0 for money that went out again.
        day: Beijing day number.
        reference: The bank's reference, "" when the treasury does not keep it.
    """

    voucher: str
    code: str
    amount_fen: int
    day: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Things that explain each other.

    Attributes:
        rule: Stable name of the rule that found it, see `matching.RULES`.
        code: 20-digit payment code.
        amount_fen: Fen.
        members: What belongs together: "bank:<reference>", "chain:<bank reference>", "treasury:<voucher>", "refund".
    """

    rule: str
    code: str
    amount_fen: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Money, or a word about money, that nothing explains yet.

    Attributes:
        kind: Stable name, see `matching.OPEN_KINDS`.
        code: 20-digit payment code, "" without one.
        amount_fen: Fen.
        since: Beijing day number.
        owner: Whose task it is.
        reference: Bank reference or voucher, "" without one.
    """

    kind: str
    code: str
    amount_fen: int
    since: int
    owner: Owner
    reference: str = ""

    def age_days(self, today: int) -> int:
        """Return how many days it has been open."""
        return max(today - self.since, 0)


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Several things that could belong together; which, a person says.

    Attributes:
        rule: The rule that found more than one way.
        code: 20-digit payment code.
        amount_fen: Fen of each.
        members: One side.
        candidates: The other side.
    """

    rule: str
    code: str
    amount_fen: int
    members: tuple[str, ...]
    candidates: tuple[str, ...]
