"""Payments confirmed in real time over CFX: paid within moments, and checked again by the next day's statement."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import count

import pytest

from piaolian_oracle.cfx import CfxPeer
from piaolian_oracle.cfx.dialogue import ConfirmationDialogue
from piaolian_oracle.cfx.server import CfxServer
from piaolian_oracle.overview import CONFIRMED_WITHIN_SECONDS, read_overview
from piaolian_oracle.realtime import ConfirmationDesk
from piaolian_oracle.realtime.questions import NoticedCodes
from piaolian_oracle.simulator import Movement, confirm
from piaolian_oracle.state.confirmations import ConfirmationStore
from piaolian_sdk.reconciliation import Code
from piaolian_sdk.tree import Line
from support.payment_world import ACCOUNT, PaymentWorld, run_payment_world

HOST = "127.0.0.1"
UNIT = CfxPeer("K3209990001", "F320999", b"agreed")
FINANCE = CfxPeer("F320999", "K3209990001", b"agreed", upper_case_mac=True)


@dataclass
class RealTime:
    """The world, with a CFX port at each oracle."""

    world: PaymentWorld
    ports: list[int]
    references: Iterator[int]

    def notice(self, fen: int = 8000) -> Code:
        return self.world.notice(self.world.units[0], [Line(fen, self.world.items[0])])

    def movement(self, code: Code, amount: str = "80.00") -> Movement:
        return Movement(f"20260512{next(self.references):020d}", amount, self.world.today, self.world.text(code))

    def confirm(self, movement: Movement, *sources: int) -> None:
        for source in sources:
            confirm(movement, ACCOUNT, HOST, self.ports[source - 1], FINANCE)
        self.world.work()

    def is_paid(self, code: Code) -> bool:
        return self.world.reader.payment_ledger.notice_of(*code).paid

    def verdicts(self, movement: Movement) -> list[str]:
        query = "SELECT verdict FROM confirmations WHERE reference = ?"
        rows = [
            oracle.database.connection.execute(query, (movement.reference,)).fetchone() for oracle in self.world.oracles
        ]
        return ["" if row is None else str(row[0]) for row in rows]


@pytest.fixture(scope="module")
def real_time(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealTime]:
    with run_payment_world(tmp_path_factory.mktemp("realtime")) as world, ExitStack() as stack:
        ports = []
        for oracle in world.oracles:
            store = stack.enter_context(closing(ConfirmationStore(oracle.database.second_connection())))
            desk = ConfirmationDesk(store, frozenset({ACCOUNT}), NoticedCodes(oracle.make_ledger), world.clock)
            server = CfxServer(HOST, 0, ConfirmationDialogue(UNIT, desk))
            ports.append(stack.enter_context(server).port)
        yield RealTime(world, ports, count(1))


def test_confirmation__to_two_of_three__pays_before_any_statement(real_time: RealTime) -> None:
    code = real_time.notice()
    movement = real_time.movement(code)

    real_time.confirm(movement, 1, 2)

    assert real_time.is_paid(code)
    # The next day's statement bears it out for those who were told, and counts nothing twice.
    received = real_time.world.reader.payment_ledger.totals().received
    number = real_time.world.settle([movement])
    assert [oracle.words(number) for oracle in real_time.world.oracles] == [{(1, movement.reference): "repeated"}] * 3
    assert real_time.verdicts(movement) == ["confirmed", "confirmed", ""]
    assert real_time.world.reader.payment_ledger.totals().received == received


def test_confirmation__to_one_alone__pays_nothing_until_the_statement(real_time: RealTime) -> None:
    code = real_time.notice()
    movement = real_time.movement(code)

    real_time.confirm(movement, 3)

    assert not real_time.is_paid(code)
    real_time.world.settle([movement])
    assert real_time.is_paid(code)


def test_confirmations__of_other_amounts__settle_nothing(real_time: RealTime) -> None:
    code = real_time.notice()
    movement = real_time.movement(code)

    real_time.confirm(movement, 1)
    real_time.confirm(replace(movement, amount="0.01"), 2)

    assert not real_time.is_paid(code)
    real_time.world.settle([movement])
    assert real_time.is_paid(code)
    assert real_time.verdicts(movement) == ["confirmed", "differs", ""]


def test_statement__with_another_amount__is_an_alarm_and_moves_nothing(
    real_time: RealTime, caplog: pytest.LogCaptureFixture
) -> None:
    code = real_time.notice()
    movement = real_time.movement(code)
    real_time.confirm(movement, 1, 2, 3)
    before = real_time.world.reader.payment_ledger.totals()

    real_time.world.settle([replace(movement, amount="8000.00")])

    assert real_time.world.reader.payment_ledger.totals() == before
    assert real_time.verdicts(movement) == ["differs"] * 3
    assert "statement contradicts real-time confirmations" in caplog.messages
    shown = read_overview(real_time.world.oracles[0].database, 20, 0).lines()
    assert any("与对账单不符" in line for line in shown)


def test_confirmation__that_no_statement_brings__is_shown(real_time: RealTime) -> None:
    code = real_time.notice()
    real_time.confirm(real_time.movement(code), 1, 2, 3)
    database, now = real_time.world.oracles[0].database, int(real_time.world.clock.unix)

    today = read_overview(database, 20, now).lines()
    later = read_overview(database, 20, now + CONFIRMED_WITHIN_SECONDS + 1).lines()

    assert not any("次日对账单中没有" in line for line in today)
    assert sum("次日对账单中没有" in line for line in later) == 1


def test_over_payment__in_real_time__goes_to_suspense_like_any_other(real_time: RealTime) -> None:
    code = real_time.notice()
    suspense = real_time.world.reader.payment_ledger.totals().suspense

    real_time.confirm(real_time.movement(code, "80.01"), 1, 2)

    assert real_time.is_paid(code)
    assert real_time.world.reader.payment_ledger.totals().suspense == suspense + 1
