"""What the rules say of money, written down a second time and without any chain: what random histories are held to."""

from collections import defaultdict
from dataclasses import dataclass, field

from piaolian_oracle.reports import bank_reference
from piaolian_sdk.reconciliation import Code
from support.payment_world import ACCOUNT

ACCOUNTS = ("received", "moved", "paid", "receipted", "suspense", "refunded")


@dataclass
class ModelCode:
    """A notice; `waiting` holds suspended money by bank reference, `decided` those of which it was decided."""

    unit: int
    due_fen: int
    due_day: int
    is_cancelled: bool = False
    paid_by: str = ""
    is_receipted: bool = False
    is_ended: bool = False
    is_returned: bool = False
    waiting: dict[str, tuple[int, str]] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)

    @property
    def is_settled(self) -> bool:
        return bool(self.paid_by) or self.is_ended


@dataclass
class PaymentModel:
    """Notices, and where the money of each unit went on each day; fen."""

    codes: dict[Code, ModelCode] = field(default_factory=dict)
    journal: defaultdict[tuple[int, int], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(ACCOUNTS, 0))
    )
    unknown: list[tuple[Code, str, int, int]] = field(default_factory=list)

    def total(self, account: str) -> int:
        return sum(sums[account] for sums in self.journal.values())

    def arrive(self, day: int, lines: list[tuple[Code, str, int, int]]) -> None:
        """Take a statement's lines: code, reference, fen, value day."""
        ordered = sorted(lines, key=lambda line: (line[0], bank_reference(ACCOUNT, line[1])))
        for code, reference, fen, value_day in ordered:
            if code in self.codes:
                self._arrive(day, self.codes[code], reference, fen, value_day)
            else:
                self.unknown.append((code, reference, fen, value_day))

    def notice(self, day: int, code: Code, noticed: ModelCode) -> None:
        """Register a notice; money that came before it takes its effect now."""
        self.codes[code] = noticed
        early = [line for line in self.unknown if line[0] == code]
        self.unknown = [line for line in self.unknown if line[0] != code]
        self.arrive(day, early)

    def _arrive(self, day: int, code: ModelCode, reference: str, fen: int, value_day: int) -> None:
        if reference in code.waiting or reference in code.decided or reference == code.paid_by:
            return
        sums = self.journal[code.unit, day]
        sums["received"] += fen
        reason = self._reason(code, fen, value_day)
        if reason in {"", "over"}:
            code.paid_by = reference
            sums["paid"] += code.due_fen
            fen -= code.due_fen
        if reason:
            code.waiting[reference] = (fen, reason)
            sums["suspense"] += fen

    def _reason(self, code: ModelCode, fen: int, value_day: int) -> str:
        reasons = (
            (code.is_settled, "second"),
            (code.is_cancelled, "cancelled"),
            (value_day > code.due_day, "late"),
            (fen < code.due_fen, "under"),
            (fen > code.due_fen, "over"),
        )
        return next((reason for applies, reason in reasons if applies), "")

    def may_cancel(self, code: ModelCode) -> bool:
        return not code.is_settled and not code.is_cancelled

    def may_issue(self, code: ModelCode) -> bool:
        return bool(code.paid_by) and not code.is_receipted

    def issue(self, day: int, code: ModelCode) -> None:
        code.is_receipted = True
        self._move(day, code, "paid", "receipted", code.due_fen)

    def may_reverse(self, code: ModelCode) -> bool:
        return code.is_receipted and not code.is_ended

    def reverse(self, day: int, code: ModelCode) -> None:
        code.is_ended = True
        self._move(day, code, "receipted", "suspense", code.due_fen)

    def may_return(self, code: ModelCode) -> bool:
        return code.is_ended and not code.is_returned

    def give_back(self, day: int, code: ModelCode, fen: int) -> None:
        """Refund a part; the rest is paid under another code of the unit from birth."""
        code.is_returned = True
        self._move(day, code, "suspense", "refunded", fen)
        self._move(day, code, "suspense", "paid", code.due_fen - fen)

    def refund(self, day: int, code: ModelCode, reference: str) -> None:
        fen, _ = code.waiting.pop(reference)
        code.decided.add(reference)
        self._move(day, code, "suspense", "refunded", fen)

    def may_reinstate(self, code: ModelCode, reference: str) -> bool:
        fen, reason = code.waiting[reference]
        return reason in {"under", "late"} and not code.is_settled and not code.is_cancelled and fen >= code.due_fen

    def reinstate(self, day: int, code: ModelCode, reference: str) -> None:
        fen, _ = code.waiting.pop(reference)
        code.decided.add(reference)
        code.paid_by = reference
        self._move(day, code, "suspense", "paid", code.due_fen)
        if fen > code.due_fen:
            code.waiting[reference] = (fen - code.due_fen, "over")

    def _move(self, day: int, code: ModelCode, source: str, target: str, fen: int) -> None:
        sums = self.journal[code.unit, day]
        sums[source] -= fen
        sums[target] += fen
