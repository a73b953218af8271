"""Tells payment stories: reads the table, takes every step on the real chain, and gathers what is to be checked.

All stories go on side by side, since a bank sends one statement a day for everybody: each takes its own steps up to its
next bank line, then one statement carries the lines of all.
"""

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from piaolian_oracle.reports import bank_reference
from piaolian_oracle.simulator import Movement
from piaolian_sdk.contracts.records import Resolution, SuspenseReason
from piaolian_sdk.errors import ContractRefusedError
from piaolian_sdk.late_fees import FINE_SURCHARGE
from piaolian_sdk.money import fen_from_text, text_from_fen
from piaolian_sdk.reconciliation import Code, suspense_id
from piaolian_sdk.tree import Line
from support.payment_world import ACCOUNT, NO_REFERENCE, PaymentWorld, TreasuryUnit

TABLES = Path(__file__).parents[1] / "data" / "payments"
DUE_DAYS = 30
BANK_VERBS = frozenset({"pay", "again", "back", "out", "pending", "foreign", "nocode", "remark", "batch"})
MONEY = ("received", "paid", "receipted", "refunded", "suspense")


@dataclass(frozen=True)
class Story:
    """One row of the table."""

    name: str
    zh: str
    due: list[str] | str
    steps: list[str]
    lines: list[str]
    states: Mapping[str, str]
    money: Mapping[str, str]

    def fen(self, account: str) -> int:
        """Return what the table says of an account, fen."""
        return fen_from_text(self.money[account]) if account in self.money else 0


def read_stories() -> list[Story]:
    """Return the table, which lies in several files."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(TABLES.glob("*.toml"))]
    return [Story(**row) for text in texts for row in tomllib.loads(text)["story"]]


@dataclass
class BankLine:
    """A line that the bank has told for a story, and where it stands."""

    reference: str
    amount_fen: int
    number: int = 0
    entry: int = 0


@dataclass
class Telling:
    """A story that is being told."""

    story: Story
    unit: TreasuryUnit
    world: PaymentWorld
    codes: dict[str, Code] = field(default_factory=dict)
    lines: list[BankLine] = field(default_factory=list)
    problem: Exception | None = None
    _known: dict[str, Movement] = field(default_factory=dict)
    _paid_in: dict[Code, list[str]] = field(default_factory=dict)
    _reserved: int = 0

    # Steps.

    def run(self) -> Iterator[list[Movement]]:
        """Take the steps; yield the movements of each bank step, in the order of the lines."""
        try:
            if self.story.due == "later":
                self._reserved = self.world.allot_codes(self.unit, 2)
                self.codes["A"] = (self._reserved, 1)
            else:
                self._notice([fen_from_text(amount) for amount in self.story.due], DUE_DAYS)
            for step in self.story.steps:
                if step.split()[0] in BANK_VERBS:
                    yield [movement for part in step.split("+") for movement in self._bank(part.split())]
                else:
                    self._act(step)
        except Exception as error:  # noqa: BLE001 # One story's failure is that story's alone.
            self.problem = error

    def _act(self, step: str) -> None:
        act, _, refusal = (part.strip() for part in step.partition("!"))
        words = shlex.split(act)
        verb, code, rest = words[0], self._code(words), [word for word in words[1:] if not word.startswith("@")]
        try:
            self._take(verb, code, rest)
        except ContractRefusedError as error:
            if error.code != refusal:
                raise AssertionError(f"{step}: refused with {error.code}") from error
        else:
            assert not refusal, f"{step}: not refused"

    def _take(self, verb: str, code: Code, rest: list[str]) -> None:
        world, unit = self.world, self.unit
        if verb == "notice":
            options = dict(zip(rest[1::2], rest[2::2], strict=True))
            amounts = [fen_from_text(rest[0])]
            if "fee" in options:
                late = world.today - timedelta(days=int(options["fee"]))
                amounts.append(FINE_SURCHARGE.fee_fen(amounts[0], late, world.today))
            self._notice(amounts, int(options.get("due", DUE_DAYS)))
        elif verb == "cancel":
            world.cancel(unit, code)
        elif verb == "issue":
            world.issue(unit, code)
        elif verb == "red":
            world.reverse(unit, code)
        elif verb in {"refund", "reinstate"}:
            self._resolve(verb, code, rest)
        elif verb == "return":
            self._return(code, fen_from_text(rest[0]))
        else:
            raise AssertionError(f"no verb {verb}")

    def _notice(self, amounts: list[int], due_days: int) -> None:
        lines = [Line(fen, self.world.items[place % 2]) for place, fen in enumerate(amounts)]
        code = self.world.notice(self.unit, lines, due_days, self._reserved)
        if self._reserved:
            assert code == self.codes["A"]
            self._reserved = 0
        else:
            self._name(code)

    def _name(self, code: Code) -> None:
        self.codes["ABCDEF"[len(self.codes)]] = code

    def _code(self, words: list[str]) -> Code:
        named = next((word[1:] for word in words if word.startswith("@")), None)
        if named is None and len(self.codes) > 1 and "A" in self.codes:
            named = max(self.codes) if self._is_replaced() else "A"
        return self.codes[named or "A"]

    def _is_replaced(self) -> bool:
        """Whether the first notice was cancelled for a new one, so that steps mean the new one."""
        return self.world.reader.payment_ledger.notice_of(*self.codes["A"]).cancelled

    def _resolve(self, verb: str, code: Code, rest: list[str]) -> None:
        names = [word for word in rest if word != "alone"] or list(dict.fromkeys(self._paid_in.get(code, [])))
        ids = [suspense_id(*code, bank_reference(ACCOUNT, self._known[name].reference)) for name in names]
        if not rest:
            # What was never suspended is not meant.
            ledger = self.world.reader.payment_ledger
            ids = [found for found in ids if ledger.suspense_of(found).reason is not SuspenseReason.NONE]
        resolution = Resolution.REFUND if verb == "refund" else Resolution.REINSTATE
        self.world.resolve(ids, resolution, alone="alone" in rest)

    def _return(self, code: Code, refund_fen: int) -> None:
        due_fen = self.world.reader.payment_ledger.notice_of(*code).amount_fen
        rest = due_fen - refund_fen if refund_fen < due_fen else 0
        child = self.world.give_back(self.unit, code, refund_fen, [Line(rest, self.world.items[0])] if rest else [])
        if child is not None:
            self._name(child)

    # Bank lines.

    def _bank(self, words: list[str]) -> list[Movement]:
        verb, code = words[0], self._code(words)
        rest = [word for word in words[1:] if not word.startswith("@")]
        if verb == "batch":
            return [self._batch(rest)]
        if verb == "again":
            movement = self._known[rest[0] if rest else max(self._known)]
        else:
            movement = self._movement(verb, code, rest)
        self._note(movement)
        return [movement]

    def _movement(self, verb: str, code: Code, rest: list[str]) -> Movement:
        options = dict(zip(rest[1::2], rest[2::2], strict=True))
        day = self.world.today
        if "late" in options:
            due = self.world.reader.payment_ledger.notice_of(*code).due_day
            day += timedelta(days=due - self._today_number() + int(options["late"]))
        name = options.get("by", f"~{len(self.lines):02d}")
        reference = self._known[name].reference if name in self._known else self.world.reference()
        movement = Movement(reference, rest[0], day, self.world.text(code))
        changes: Mapping[str, dict[str, Any]] = {
            "pay": {},
            "back": {"is_credit": False, "is_reversal": True},
            "out": {"is_credit": False},
            "pending": {"is_booked": False},
            "foreign": {"currency": "USD"},
            "nocode": {"payment_code": ""},
            "remark": {"code_in_remittance": True},
        }
        movement = replace(movement, **changes[verb])
        if verb in {"pay", "pending", "remark"}:
            self._known[name] = movement
            self._paid_in.setdefault(code, []).append(name)
        return movement

    def _today_number(self) -> int:
        return (self.world.today - type(self.world.today)(1970, 1, 1)).days

    def _batch(self, rest: list[str]) -> Movement:
        details = []
        for word in rest:
            name, _, amount = word.partition(":")
            details.append(
                Movement(self.world.reference(), amount, self.world.today, self.world.text(self.codes[name]))
            )
            self._note(details[-1])
        total = text_from_fen(sum(fen_from_text(detail.amount) for detail in details))
        return Movement(self.world.reference(), total, self.world.today, details=tuple(details))

    def _note(self, movement: Movement) -> None:
        self.lines.append(BankLine(movement.reference, fen_from_text(movement.amount)))

    # What has become of it.

    def words(self, source: int) -> list[str]:
        """Return what an oracle says of each bank line, in the order of the story."""
        oracle = self.world.oracles[source]
        return [oracle.words(line.number).get((line.entry, line.reference), "absent") for line in self.lines]

    def state(self, name: str) -> str:
        """Return the state of a code by the chain's own views."""
        notice = self.world.reader.payment_ledger.notice_of(*self.codes[name])
        words = ((not notice.noticed, "unregistered"), (notice.cancelled, "cancelled"), (notice.ended, "ended"),
                 (notice.used, "receipted"), (notice.paid, "paid"))  # fmt: skip
        return next((word for applies, word in words if applies), "registered")

    def money_by_views(self) -> dict[str, int]:
        """Return where the story's money is by the chain's views alone, without any event; fen."""
        ledger = self.world.reader.payment_ledger
        found = dict.fromkeys(MONEY[1:], 0)
        references = {bank_reference(ACCOUNT, line.reference) for line in self.lines}
        for code in self.codes.values():
            notice = ledger.notice_of(*code)
            if notice.paid:
                found["receipted" if notice.used else "paid"] += notice.amount_fen
            decided = ledger.suspense_of(suspense_id(*code, NO_REFERENCE))
            if decided.resolution is Resolution.REFUND:
                found["refunded"] += decided.amount_fen
            elif notice.ended:
                found["suspense"] += notice.amount_fen
            for reference in references:
                entry = ledger.suspense_of(suspense_id(*code, reference))
                if entry.resolution is Resolution.REFUND:
                    found["refunded"] += entry.amount_fen
                elif entry.resolution is Resolution.NONE:
                    found["suspense"] += entry.amount_fen
        return found


def tell(world: PaymentWorld, stories: list[Story]) -> dict[str, Telling]:
    """Tell all stories side by side, the units taking turns."""
    tellings = {
        story.name: Telling(story, world.units[place % len(world.units)], world) for place, story in enumerate(stories)
    }
    runs = {name: telling.run() for name, telling in tellings.items()}
    while runs:
        movements: list[Movement] = []
        fresh: list[BankLine] = []
        for name in list(runs):
            told = len(tellings[name].lines)
            found = next(runs[name], None)
            if found is None:
                del runs[name]
                continue
            lines = iter(tellings[name].lines[told:])
            for movement in found:
                movements.append(movement)
                for _ in movement.details or (movement,):
                    line = next(lines)
                    line.entry = len(movements)
                    fresh.append(line)
        if movements:
            number = world.settle(movements)
            for line in fresh:
                line.number = number
    return tellings
