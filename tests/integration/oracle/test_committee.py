"""Three daemons, each with its own token and folder, on the real contracts: one stopped, one lying, one killed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from piaolian_oracle.simulator import Movement, SimulatedBank, put_file
from piaolian_oracle.state import Database
from piaolian_sdk.beijing import date_from_day_number
from support.bank import ACCOUNT, BankBook, payment_code
from support.oracles import FiscalChain, OracleProcess, fiscal_chain, make_oracle, wait_until
from support.services import Anvil, run_anvil


@dataclass
class Committee:
    chain: FiscalChain
    oracles: list[OracleProcess]
    bank: SimulatedBank
    book: BankBook

    @property
    def day(self) -> date:
        return date_from_day_number(self.chain.today)

    def paid(self, sequence: int, amount: str, *, late_days: int = 0) -> Movement:
        return self.book.paid(payment_code(sequence), amount, day=self.day + timedelta(days=late_days))

    def outcome(self, oracle: OracleProcess, movement: Movement) -> str:
        path = oracle.directory / "data" / "oracle.sqlite"
        if not path.exists():
            return ""
        database = Database(path, is_read_only=True)
        try:
            query = "SELECT outcome FROM payments WHERE reference = ? ORDER BY part DESC"
            row = database.connection.execute(query, (movement.reference,)).fetchone()
        finally:
            database.close()
        return "" if row is None else str(row[0])

    def wait_outcome(self, movement: Movement, outcome: str, *oracles: OracleProcess) -> None:
        for oracle in oracles or self.oracles:
            wait_until(
                lambda watched=oracle: self.outcome(watched, movement) == outcome,  # type: ignore[misc]
                f"oracle {oracle.source} sees {outcome}",
            )


@pytest.fixture(scope="module")
def chain_process() -> Iterator[Anvil]:
    with run_anvil("--block-time", "1") as anvil:
        yield anvil


@pytest.fixture(scope="module")
def committee(chain_process: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Committee]:
    directory = tmp_path_factory.mktemp("committee")
    book_path = directory / "addresses.json"
    oracles = [
        make_oracle(directory / f"oracle-{source}", source, chain_process.url, book_path) for source in (1, 2, 3)
    ]
    with fiscal_chain(chain_process, oracles, book_path) as chain:
        bank = SimulatedBank(ACCOUNT, [oracle.folder for oracle in oracles])
        for oracle in oracles:
            oracle.start()
        try:
            yield Committee(chain, oracles, bank, BankBook())
        finally:
            for oracle in oracles:
                if oracle.process is not None:
                    oracle.stop()


@pytest.fixture(autouse=True)
def all_running(committee: Committee) -> None:
    for oracle in committee.oracles:
        if oracle.process is None:
            oracle.start()


def test_statement__with_every_case__is_settled_by_three_daemons(committee: Committee) -> None:
    exact, under, over, late = committee.chain.notice(8000, 8000, 8000, 8000)
    unknown = 900
    movements = {
        "paid": committee.paid(exact, "80.00"),
        "underpaid": committee.paid(under, "79.99"),
        "overpaid": committee.paid(over, "100.01"),
        "past-due": committee.paid(late, "80.00", late_days=31),
        "unknown": committee.paid(unknown, "80.00"),
    }

    committee.bank.send(movements.values())

    for outcome, movement in movements.items():
        committee.wait_outcome(movement, outcome)
    assert [committee.chain.is_paid(sequence) for sequence in (exact, under, over, late)] == [True, False, True, False]
    totals = committee.chain.reader.payment_ledger.totals()
    assert totals.received == 8000 + 7999 + 10001 + 8000
    assert totals.suspense == 7999 + 2001 + 8000


def test_report__that_three_may_settle__moves_money_once(committee: Committee) -> None:
    (sequence,) = committee.chain.notice(4200)
    movement = committee.paid(sequence, "42.00")
    received = committee.chain.reader.payment_ledger.totals().received
    from_block = committee.chain.reader.latest().number + 1

    committee.bank.send([movement])

    committee.wait_outcome(movement, "paid")
    event = committee.chain.reader.payment_ledger.contract.events.PaymentsSettled
    settled = event.get_logs(from_block=from_block)
    # Slow machines may see a second settlement under way before the first is mined; it pays nothing.
    assert [log["args"]["paid"] for log in settled].count(1) == 1
    assert committee.chain.reader.payment_ledger.totals().received == received + 4200


def test_two_of_three__while_one_is_stopped__agree_and_the_third_catches_up(committee: Committee) -> None:
    first, second, third = committee.oracles
    assert third.stop() == 0
    (sequence,) = committee.chain.notice(4242)
    movement = committee.paid(sequence, "42.42")

    committee.bank.send([movement])

    committee.wait_outcome(movement, "paid", first, second)
    assert committee.outcome(third, movement) == ""
    third.start()
    committee.wait_outcome(movement, "paid", third)


def test_one_alone__settles_nothing(committee: Committee) -> None:
    first, second, third = committee.oracles
    second.stop()
    third.stop()
    (sequence,) = committee.chain.notice(5000)
    movement = committee.paid(sequence, "50.00")

    committee.bank.send([movement])
    wait_until(lambda: committee.outcome(first, movement) == "awaiting", "the first has read")
    committee.chain.anvil.mine(20)

    assert not committee.chain.is_paid(sequence)
    second.start()
    committee.wait_outcome(movement, "paid", first, second)


def test_lying_oracle__with_a_forged_statement__changes_nothing(committee: Committee) -> None:
    first, second, liar = committee.oracles
    forged, honest = committee.chain.notice(800_000, 6000)
    truth = [committee.paid(forged, "0.01"), committee.paid(honest, "60.00")]
    number = committee.bank.next_number()
    lie = [replace(truth[0], amount="8000.00"), truth[1]]
    put_file(liar.folder, f"camt054_{number:06d}.xml", committee.bank.message(number, lie))
    for oracle in (first, second):
        put_file(oracle.folder, f"camt054_{number:06d}.xml", committee.bank.message(number, truth))

    committee.wait_outcome(truth[1], "paid", first, second)

    committee.wait_outcome(truth[0], "underpaid", first, second)
    assert not committee.chain.is_paid(forged)
    assert committee.outcome(liar, truth[0]) == "awaiting"


def test_unknown_code__is_paid_once_its_notice_is_there(committee: Committee) -> None:
    sequence = committee.chain.next_sequence
    movement = committee.paid(sequence, "77.00")
    committee.bank.send([movement])
    committee.wait_outcome(movement, "unknown")

    assert committee.chain.notice(7700) == [sequence]

    committee.wait_outcome(movement, "paid")


def test_second_payment__of_a_paid_code__waits_in_suspense(committee: Committee) -> None:
    (sequence,) = committee.chain.notice(4200)
    committee.bank.send([first := committee.paid(sequence, "42.00")])
    committee.wait_outcome(first, "paid")
    suspense = committee.chain.reader.payment_ledger.totals().suspense

    committee.bank.send([second := committee.paid(sequence, "42.00")])

    # The ledger is shown who paid the neighbouring codes, and tells the second payment from a repeat of the first.
    committee.wait_outcome(second, "already-paid")
    assert committee.chain.reader.payment_ledger.totals().suspense == suspense + 4200


def test_c047_payment_told_again__in_the_next_statement__counts_once(committee: Committee) -> None:
    (sequence,) = committee.chain.notice(1234)
    movement = committee.paid(sequence, "12.34")
    committee.bank.send([movement])
    committee.wait_outcome(movement, "paid")
    received = committee.chain.reader.payment_ledger.totals().received

    committee.bank.send([movement])

    committee.wait_outcome(movement, "repeated")
    assert committee.chain.reader.payment_ledger.totals().received == received


@pytest.mark.parametrize("seconds", [0.0, 0.4, 0.9, 1.6, 2.7])
def test_kill__at_any_moment__loses_and_doubles_nothing(committee: Committee, seconds: float) -> None:
    import time

    (sequence,) = committee.chain.notice(3300)
    movement = committee.paid(sequence, "33.00")
    received = committee.chain.reader.payment_ledger.totals().received
    serial = [committee.chain.reader.payment_ledger.last_serial_of(oracle.source) for oracle in committee.oracles]

    committee.bank.send([movement])
    time.sleep(seconds)
    for oracle in committee.oracles:
        oracle.kill()
    for oracle in committee.oracles:
        oracle.start()

    committee.wait_outcome(movement, "paid")
    assert committee.chain.reader.payment_ledger.totals().received == received + 3300
    votes = [committee.chain.reader.payment_ledger.last_serial_of(oracle.source) for oracle in committee.oracles]
    assert [after - before for before, after in zip(serial, votes, strict=True)] == [1, 1, 1]


def test_check__of_a_seated_oracle__is_well_and_names_no_account(committee: Committee) -> None:
    done = committee.oracles[0].command("check")

    assert done.returncode == 0, done.stdout
    assert "门限 2" in done.stdout
    assert ACCOUNT not in done.stdout


def test_show__beside_the_running_daemon__explains_every_payment(committee: Committee) -> None:
    done = committee.oracles[0].command("show")

    assert done.returncode == 0, done.stderr
    assert "已缴" in done.stdout
    assert ACCOUNT not in done.stdout


def test_logs__hold_no_account_and_no_failure(committee: Committee) -> None:
    for oracle in committee.oracles:
        assert ACCOUNT not in oracle.log
        assert '"code": "internal"' not in oracle.log
