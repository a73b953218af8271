"""Holds notices, bank lines, receipts and treasury entries against each other. Pure.

Every rule has a name, and a match says which rule found it. A rule that finds more than one way finds none: the ways
are shown as an ambiguity. Whatever no rule explains is an open item with an owner and an age.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from piaolian_sdk.reconciliation.books import Books
from piaolian_sdk.reconciliation.lines import Ambiguity, BankLine, Match, OpenItem, Owner, TreasuryEntry
from piaolian_sdk.reconciliation.postings import Code

RULES: Final = {
    "ledger-by-reference": "链上有同一缴款码、同一银行流水、同一金额",
    "told-again": "同一笔款项的重复通知",
    "taken-back-in-statement": "同一对账单内缴款与冲正相抵",
    "refund-by-code-and-amount": "银行出账与链上退款: 缴款码与金额相同",
    "treasury-by-reference": "国库分录写明的银行流水",
    "treasury-by-code-and-amount": "国库分录与银行入账: 缴款码与金额相同",
    "treasury-by-sum": "国库分录等于该码全部入账之和",
}
OPEN_KINDS: Final = {
    "amount-differs": "银行与链上金额不同",
    "not-on-ledger": "银行已入账, 链上未见",
    "code-unknown": "缴款码未登记",
    "not-at-bank": "链上已入账, 银行对账单未见",
    "line-exceptional": "银行款项不能自动认领",
    "payout-without-refund": "银行出账, 链上无对应退款",
    "refund-not-paid-out": "链上已决定退款, 银行未出账",
    "suspense": "暂收待处理",
    "reversed-not-refunded": "已冲红待退款",
    "paid-not-receipted": "已缴款未开票",
    "not-in-treasury": "银行已入账, 国库未记",
    "treasury-only": "国库已记, 银行未见",
}
# Lines that are no money: told twice, or not booked yet.
_NO_MONEY: Final = frozenset({"duplicate-notification", "not-booked", "amount-zero"})
_OUT: Final = frozenset({"outgoing", "reversal"})


@dataclass
class Reconciliation:
    """What came of it; `matches` explain, `open_items` and `ambiguities` are work.

    Attributes:
        matches: In the order of the rules.
        open_items: Oldest first.
        ambiguities: What no rule may decide.
    """

    matches: list[Match] = field(default_factory=list)
    open_items: list[OpenItem] = field(default_factory=list)
    ambiguities: list[Ambiguity] = field(default_factory=list)

    def by_rule(self) -> dict[str, int]:
        """Return how many matches each rule found."""
        counts: dict[str, int] = defaultdict(int)
        for match in self.matches:
            counts[match.rule] += 1
        return dict(sorted(counts.items()))


def reconcile(
    books: Books,
    lines: Sequence[BankLine],
    entries: Sequence[TreasuryEntry] | None,
    code_of: Callable[[str], Code | None],
    text_of: Callable[[Code], str],
) -> Reconciliation:
    """Hold the four sides against each other.

    Args:
        books: Notices, payments and receipts of the chain.
        lines: Every bank line up to the same day, in the order of the statements.
        entries: Every entry of the treasury, or None where the treasury has given none.
        code_of: Range and sequence of a payment code, None when no range holds it.
        text_of: The 20 digits of a code.

    Returns:
        Matches, open items and ambiguities.
    """
    work = _Work(books, code_of, text_of)
    incoming = work.match_ledger(lines)
    work.match_payouts(lines)
    if entries is not None:
        work.match_treasury(incoming, entries)
    work.note_waiting()
    work.found.open_items.sort(key=lambda item: (item.since, item.kind, item.code, item.reference))
    return work.found


class _Work:
    def __init__(self, books: Books, code_of: Callable[[str], Code | None], text_of: Callable[[Code], str]) -> None:
        self.books, self.code_of, self.text_of = books, code_of, text_of
        self.found = Reconciliation()

    def match_ledger(self, lines: Iterable[BankLine]) -> list[BankLine]:
        """Match what came in with the ledger; return the lines whose money is there, each once."""
        seen: set[tuple[str, str]] = set()
        matched: dict[tuple[Code, bytes], BankLine] = {}
        incoming = []
        for line in lines:
            if not line.is_incoming or line.reason in _NO_MONEY:
                if line.reason == "duplicate-notification":
                    self._match("told-again", line, f"bank:{line.reference}")
                continue
            if line.reason == "payment-reversed":
                continue
            if line.reason:
                self._open("line-exceptional", line, "bank" if line.reason == "reference-conflict" else "treasury")
                continue
            if (line.code, line.reference) in seen:
                self._match("told-again", line, f"bank:{line.reference}")
                continue
            seen.add((line.code, line.reference))
            incoming.append(line)
            code = self.code_of(line.code)
            self._match_one(line, code, matched)
        for (code, reference), (fen, day) in self.books.received_by.items():
            if (code, reference) not in matched:
                item = OpenItem("not-at-bank", self.text_of(code), fen, day, "bank", reference.hex())
                self.found.open_items.append(item)
        return incoming

    def _match_one(self, line: BankLine, code: Code | None, matched: dict[tuple[Code, bytes], BankLine]) -> None:
        if code is None or code not in self.books.notices:
            self._open("code-unknown", line, "unit")
            return
        taken = self.books.received_by.get((code, line.bank_reference))
        if taken is None:
            self._open("not-on-ledger", line, "supervisor")
            return
        matched[code, line.bank_reference] = line
        if taken[0] == line.amount_fen:
            chain = f"chain:{line.bank_reference.hex()}"
            self._match("ledger-by-reference", line, f"bank:{line.reference}", chain)
        else:
            self._open("amount-differs", line, "bank")

    def match_payouts(self, lines: Iterable[BankLine]) -> None:
        """Match what went out: with a payment of the same statement, else with a refund."""
        kept = [line for line in lines if line.reason in {*_OUT, "payment-reversed"}]
        taken_back: dict[tuple[str, int], list[BankLine]] = defaultdict(list)
        payouts: dict[tuple[str, int], list[BankLine]] = defaultdict(list)
        for line in kept:
            if line.reason == "payment-reversed":
                taken_back[line.code, line.amount_fen].append(line)
        for line in kept:
            if line.reason not in _OUT:
                continue
            pair = taken_back[line.code, line.amount_fen] if line.reason == "reversal" else []
            if pair:
                self._match("taken-back-in-statement", line, f"bank:{pair.pop().reference}", f"bank:{line.reference}")
            else:
                payouts[line.code, line.amount_fen].append(line)
        self._match_refunds(payouts)

    def _match_refunds(self, payouts: dict[tuple[str, int], list[BankLine]]) -> None:
        refunds: dict[tuple[str, int], list[int]] = defaultdict(list)
        for posting in self.books.postings:
            if posting.target == "refunded":
                refunds[self.text_of(posting.code), posting.amount_fen].append(posting.day)
        for key in sorted(payouts.keys() | refunds.keys()):
            out, decided = payouts.get(key, []), refunds.get(key, [])
            # As many as were decided: whichever is which, all of them are explained.
            if out and len(out) == len(decided):
                for line in out:
                    self._match("refund-by-code-and-amount", line, f"bank:{line.reference}", "refund")
            elif out and decided:
                members = tuple(f"bank:{line.reference}" for line in out)
                candidates = tuple(f"refund:{day}" for day in decided)
                self.found.ambiguities.append(Ambiguity("refund-by-code-and-amount", *key, members, candidates))
            else:
                for line in out:
                    self._open("payout-without-refund", line, "treasury")
                for day in decided:
                    self.found.open_items.append(OpenItem("refund-not-paid-out", *key, day, "treasury"))

    def match_treasury(self, incoming: Sequence[BankLine], entries: Sequence[TreasuryEntry]) -> None:
        """Match the treasury's entries with what came in: by reference, by code and amount, by the sum of a code."""
        lines: dict[str, list[BankLine]] = defaultdict(list)
        for line in incoming:
            lines[line.code].append(line)
        left: dict[str, list[TreasuryEntry]] = defaultdict(list)
        for entry in entries:
            named = [line for line in lines[entry.code] if entry.reference and line.reference == entry.reference]
            if len(named) == 1 and named[0].amount_fen == entry.amount_fen:
                lines[entry.code].remove(named[0])
                self._match_entry("treasury-by-reference", entry, named)
            else:
                left[entry.code].append(entry)
        for code in sorted({*left, *lines}):
            self._match_code(code, lines[code], left[code])

    def _match_code(self, code: str, lines: list[BankLine], entries: list[TreasuryEntry]) -> None:
        total = sum(line.amount_fen for line in lines)
        if len(entries) == 1 and len(lines) > 1 and entries[0].amount_fen == total:
            self._match_entry("treasury-by-sum", entries[0], lines)
            return
        for fen in sorted({entry.amount_fen for entry in entries} | {line.amount_fen for line in lines}):
            same = [line for line in lines if line.amount_fen == fen]
            told = [entry for entry in entries if entry.amount_fen == fen]
            if same and len(same) == len(told):
                for entry, line in zip(told, same, strict=True):
                    self._match_entry("treasury-by-code-and-amount", entry, [line])
            elif same and told:
                members = tuple(f"treasury:{entry.voucher}" for entry in told)
                candidates = tuple(f"bank:{line.reference}" for line in same)
                self.found.ambiguities.append(Ambiguity("treasury-by-code-and-amount", code, fen, members, candidates))
            else:
                for line in same:
                    self._open("not-in-treasury", line, "treasury")
                for entry in told:
                    item = OpenItem("treasury-only", code, fen, entry.day, "treasury", entry.voucher)
                    self.found.open_items.append(item)

    def note_waiting(self) -> None:
        """Note money of the ledger that waits for a person."""
        for code, fen, day in self.books.open_suspenses.values():
            kind = (
                "reversed-not-refunded" if self.books.states[code] == "ended" and fen == self._due(code) else "suspense"
            )
            self.found.open_items.append(OpenItem(kind, self.text_of(code), fen, day, "supervisor"))
        since = {posting.code: posting.day for posting in self.books.postings if posting.target == "paid"}
        for code, state in self.books.states.items():
            if state == "paid":
                item = OpenItem("paid-not-receipted", self.text_of(code), self._due(code), since[code], "unit")
                self.found.open_items.append(item)

    def _due(self, code: Code) -> int:
        return self.books.notices[code].amount_fen

    def _match(self, rule: str, line: BankLine, *members: str) -> None:
        self.found.matches.append(Match(rule, line.code, line.amount_fen, members))

    def _match_entry(self, rule: str, entry: TreasuryEntry, lines: Iterable[BankLine]) -> None:
        members = (f"treasury:{entry.voucher}", *(f"bank:{line.reference}" for line in lines))
        self.found.matches.append(Match(rule, entry.code, entry.amount_fen, members))

    def _open(self, kind: str, line: BankLine, owner: Owner) -> None:
        self.found.open_items.append(OpenItem(kind, line.code, line.amount_fen, line.day, owner, line.reference))
