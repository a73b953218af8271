"""Random histories of notices, payments, refunds, reversals and restarts on the real chain: the money always adds up.

`PIAOLIAN_PAYMENT_EXAMPLES` sets how many histories are tried; the committed number fits into every run.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from piaolian_oracle.reports import bank_reference
from piaolian_oracle.simulator import Movement, file_name, put_file
from piaolian_sdk.beijing import day_number
from piaolian_sdk.contracts.records import Resolution
from piaolian_sdk.errors import ContractRefusedError
from piaolian_sdk.money import fen_from_text, text_from_fen
from piaolian_sdk.reconciliation import Code, balance, suspense_id
from piaolian_sdk.tree import Line
from support.payment_model import ACCOUNTS, ModelCode, PaymentModel
from support.payment_world import ACCOUNT, PaymentWorld, run_payment_world

EXAMPLES = int(os.environ.get("PIAOLIAN_PAYMENT_EXAMPLES", "5"))
STEPS = 22
_DAY_SECONDS = 86_400
_EARLY = 3

picks = st.integers(min_value=0, max_value=10_000)
amounts = st.integers(min_value=1, max_value=30_000)


class PaymentHistory(RuleBasedStateMachine):
    """One history. Bank lines gather until the day closes; then all oracles read the same statement."""

    world: PaymentWorld
    fresh: Callable[[], None]

    @initialize()
    def begin(self) -> None:
        self.fresh()
        self.model = PaymentModel()
        self.queued: list[Movement] = []
        self.told: list[Movement] = []
        self.statements: list[int] = []
        self.has_lied = False
        self._notice(0, 8_000, 30)

    # Notices and acts of units.

    @rule(place=picks, fen=amounts, due_days=st.sampled_from([0, 1, 30]))
    def notice(self, place: int, fen: int, due_days: int) -> None:
        self._notice(place, fen, due_days)

    def _notice(self, place: int, fen: int, due_days: int) -> None:
        unit = self.world.units[place % 2]
        code = self.world.notice(unit, [Line(fen, self.world.items[place % 2])], due_days)
        self.world.work()
        self.model.notice(self.day, code, ModelCode(unit.number, fen, self.day + due_days))

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        code = self._pick(pick)
        allowed = self.model.may_cancel(self.model.codes[code])
        if self._tried(allowed, lambda: self.world.cancel(self._unit(code), code)):
            self.model.codes[code].is_cancelled = True

    @rule(pick=picks)
    def issue(self, pick: int) -> None:
        code = self._pick(pick, self.model.may_issue)
        noticed = self.model.codes[code]
        if self._tried(self.model.may_issue(noticed), lambda: self.world.issue(self._unit(code), code)):
            self.model.issue(self.day, noticed)

    @precondition(lambda self: any(found.is_receipted for found in self.model.codes.values()))
    @rule(pick=picks)
    def reverse(self, pick: int) -> None:
        code = self._pick(pick, lambda found: found.is_receipted)
        noticed = self.model.codes[code]
        if self._tried(self.model.may_reverse(noticed), lambda: self.world.reverse(self._unit(code), code)):
            self.model.reverse(self.day, noticed)

    # Decisions of supervisors.

    @precondition(lambda self: any(found.is_ended for found in self.model.codes.values()))
    @rule(pick=picks, share=st.integers(min_value=1, max_value=100))
    def give_back(self, pick: int, share: int) -> None:
        code = self._pick(pick, lambda found: found.is_ended)
        noticed, unit = self.model.codes[code], self._unit(code)
        fen = max(noticed.due_fen * share // 100, 1)
        rest = [Line(noticed.due_fen - fen, self.world.items[0])] if fen < noticed.due_fen else []
        born: list[Code | None] = []
        if self._tried(
            self.model.may_return(noticed), lambda: born.append(self.world.give_back(unit, code, fen, rest))
        ):
            self.model.give_back(self.day, noticed, fen)
            for child in filter(None, born):
                self.model.notice(
                    self.day, child, ModelCode(unit.number, rest[0].amount_fen, self.day + 30, paid_by="born paid")
                )
                self.world.work()

    @precondition(lambda self: any(found.waiting for found in self.model.codes.values()))
    @rule(pick=picks, refund=st.booleans())
    def resolve(self, pick: int, refund: bool) -> None:
        code = self._pick(pick, lambda found: bool(found.waiting))
        noticed = self.model.codes[code]
        reference = sorted(noticed.waiting)[pick % len(noticed.waiting)]
        allowed = refund or self.model.may_reinstate(noticed, reference)
        ids = [suspense_id(*code, bank_reference(ACCOUNT, reference))]
        resolution = Resolution.REFUND if refund else Resolution.REINSTATE
        if self._tried(allowed, lambda: self.world.resolve(ids, resolution)):
            (self.model.refund if refund else self.model.reinstate)(self.day, noticed, reference)

    # The bank.

    @rule(pick=picks, kind=st.sampled_from(["exact", "exact", "under", "over", "late"]))
    def pay(self, pick: int, kind: str) -> None:
        code = self._pick(pick, lambda found: not found.is_settled)
        noticed = self.model.codes[code]
        fen = noticed.due_fen + {"under": -1, "over": 1 + pick}.get(kind, 0)
        day = max(noticed.due_day + 1, self.day) if kind == "late" else self.day
        if fen > 0:
            self._queue(code, fen, day)

    @rule(ahead=st.integers(min_value=0, max_value=_EARLY - 1), fen=amounts)
    def pay_before_the_notice(self, ahead: int, fen: int) -> None:
        unit = self.world.units[ahead % 2]
        code = (unit.payment_range, self.world.reader.registry.range_of(unit.payment_range).next + ahead)
        early = {self._code_of(movement) for movement in (*self.queued, *self.told)}
        if code not in early:
            self._queue(code, fen, self.day)

    @precondition(lambda self: self.told)
    @rule(pick=picks)
    def tell_again(self, pick: int) -> None:
        self.queued.append(self.told[pick % len(self.told)])

    @precondition(lambda self: self.queued)
    @rule(pick=picks)
    def take_back_on_the_same_day(self, pick: int) -> None:
        movement = self.queued[pick % len(self.queued)]
        same = [found for found in self.queued if (found.payment_code, found.amount) == _key(movement)]
        if len(same) == 1 and movement not in self.told:
            back = replace(movement, reference=self.world.reference(), is_credit=False, is_reversal=True)
            self.queued.append(back)

    @precondition(lambda self: self.queued)
    @rule(lie=st.booleans(), tomorrow=st.booleans())
    def close_the_day(self, lie: bool, tomorrow: bool) -> None:
        movements, self.queued = self.queued, []
        all_run = all(oracle.is_running for oracle in self.world.oracles)
        self.has_lied |= lie and all_run
        if lie and all_run:
            liar, number = self.world.oracles[2], self.world.bank.next_number()
            forged = [replace(found, amount=text_from_fen(fen_from_text(found.amount) + 1)) for found in movements]
            put_file(liar.folder, file_name(number), self.world.bank.message(number, forged))
            for oracle in self.world.oracles[:2]:
                put_file(oracle.folder, file_name(number), self.world.bank.message(number, movements))
            self.world.work()
            self.statements.append(number)
        else:
            self.statements.append(self.world.settle(movements))
        taken_back = {_key(found) for found in movements if found.is_reversal}
        lines = [
            (self._code_of(found), found.reference, fen_from_text(found.amount), day_number(found.value_day))
            for found in movements
            if _key(found) not in taken_back
        ]
        self.model.arrive(self.day, list(dict.fromkeys(lines)))
        self.told += [found for found in dict.fromkeys(movements) if _key(found) not in taken_back]
        if tomorrow:
            self.world.anvil.set_time(self.world.reader.latest().timestamp + _DAY_SECONDS)

    # Oracles come and go; two honest ones are always there.

    @rule(place=picks)
    def restart(self, place: int) -> None:
        self.world.restart(self.world.oracles[place % 3])

    @rule(place=picks)
    def stop_one(self, place: int) -> None:
        oracle = self.world.oracles[2 if self.has_lied else place % 3]
        if all(found.is_running for found in self.world.oracles):
            oracle.stop()

    # What always holds.

    @invariant()
    def money_adds_up(self) -> None:
        postings = self.world.read_books().postings
        totals = self.world.reader.payment_ledger.totals()
        assert totals.received == self.model.total("received")
        assert totals.received == self.model.total("paid") + totals.receipted + totals.refunded + totals.suspense
        days = {(posting.unit, posting.day) for posting in postings}
        assert days == {key for key, sums in self.model.journal.items() if any(sums.values())} | days
        for unit, day in days:
            own = balance(posting for posting in postings if (posting.unit, posting.day) == (unit, day))
            assert own.difference == own.moved == 0
            assert {account: getattr(own, account) for account in ACCOUNTS} == self.model.journal[unit, day]

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        for oracle in self.world.oracles:
            if not oracle.is_running:
                oracle.start()
        self.world.work()
        self.money_adds_up()
        for number in self.statements:
            words = [oracle.words(number) for oracle in self.world.oracles]
            assert words[0] == words[1]
            assert self.has_lied or words[1] == words[2]

    # Small questions.

    @property
    def day(self) -> int:
        return day_number(self.world.today)

    def _pick(self, pick: int, wanted: Callable[[ModelCode], bool] | None = None) -> Code:
        """Choose a code, three times out of four one that fits."""
        codes = list(self.model.codes)
        fitting = [code for code in codes if wanted is not None and wanted(self.model.codes[code])]
        return (fitting or codes)[pick % len(fitting or codes)] if pick % 4 else codes[pick % len(codes)]

    def _unit(self, code: Code) -> Any:
        return next(unit for unit in self.world.units if unit.payment_range == code[0])

    def _code_of(self, movement: Movement) -> Code:
        prefixes = {prefix: number for number, prefix in self.world.prefixes.items()}
        return prefixes[int(movement.payment_code[:10])], int(movement.payment_code[10:])

    def _queue(self, code: Code, fen: int, day: int) -> None:
        value_day = self.world.today + timedelta(days=day - self.day)
        self.queued.append(Movement(self.world.reference(), text_from_fen(fen), value_day, self.world.text(code)))

    def _tried(self, allowed: bool, act: Callable[[], object]) -> bool:
        """Act, and hold the chain's answer to what the rules say."""
        refusal = ""
        try:
            act()
        except ContractRefusedError as error:
            refusal = error.code
        assert bool(refusal) is not allowed, refusal or "not refused"
        return allowed


def _key(movement: Movement) -> tuple[str, str]:
    return movement.payment_code, movement.amount


@pytest.fixture
def world(tmp_path: Path) -> Iterator[PaymentWorld]:
    with run_payment_world(tmp_path) as running:
        yield running


def test_random_histories__of_money__add_up_per_unit_and_day(world: PaymentWorld, tmp_path: Path) -> None:
    snapshots = [world.anvil.snapshot()]

    def fresh() -> None:
        world.anvil.revert(snapshots.pop())
        snapshots.append(world.anvil.snapshot())
        world.begin_again(tmp_path)

    history = type("History", (PaymentHistory,), {"world": world, "fresh": staticmethod(fresh)})
    run_state_machine_as_test(
        history,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize="PIAOLIAN_PAYMENT_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
