from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from piaolian_oracle.chain import Committee
from piaolian_oracle.errors import ChainError
from piaolian_oracle.simulator import Movement, SimulatedBank
from piaolian_oracle.sources import IntakeRules, StatementFolder, StatementIntake
from piaolian_oracle.state import Database, PartStore, StatementStore
from piaolian_oracle.voting import MAX_IN_FLIGHT, ReportVoter, TransactionDesk, VotingRules
from piaolian_sdk.errors import RemoteError
from support.bank import ACCOUNT, PREFIX, BankBook, bank_for, payment_code
from support.payment_ledger import LedgerInMemory, SenderInMemory

ADDRESSES = ("0xA1", "0xA2", "0xA3")
SEATS = tuple(zip(ADDRESSES, (1, 2, 3), strict=True))
RANGE = (5, int(PREFIX), 1, 1000)
CODE = payment_code(1)


class Clock:
    def __init__(self) -> None:
        self.unix = 1_000_000.0

    def __call__(self) -> float:
        return self.unix


@dataclass
class Oracle:
    """One oracle with its own folder and state."""

    path: Path
    folder: Path
    sender: SenderInMemory
    ledger: LedgerInMemory
    source: int
    clock: Clock

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.database = Database(self.path)
        self.parts = PartStore(self.database)
        rules = IntakeRules(frozenset({ACCOUNT}))
        self.intake = StatementIntake(StatementFolder(self.folder), StatementStore(self.database), rules)
        self.desk = TransactionDesk(self.sender, self.parts, self.clock)
        voting = VotingRules(self.source, timedelta(seconds=15), timedelta(seconds=4))
        self.voter = ReportVoter(self.ledger, self.desk, self.parts, voting, self.clock)

    def restart(self) -> None:
        self.database.close()
        self.start()

    def step(self) -> None:
        self.intake.scan()
        self.voter.cycle()

    def outcomes(self) -> dict[str, str]:
        rows = self.database.connection.execute("SELECT reference, outcome FROM payments ORDER BY reference")
        return dict(rows.fetchall())


@dataclass
class World:
    ledger: LedgerInMemory
    bank: SimulatedBank
    book: BankBook
    oracles: list[Oracle]
    clock: Clock

    def send(self, *movements: Movement) -> None:
        self.bank.send(movements)

    def run(self, seconds: int, *oracles: Oracle) -> None:
        for _ in range(seconds):
            for oracle in oracles or self.oracles:
                oracle.step()
            self.ledger.advance()
            self.clock.unix += 1

    def sent(self, kind: bytes) -> int:
        return sum(raw.startswith(kind) for oracle in self.oracles for raw in oracle.sender.signed)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    ledger, clock = LedgerInMemory(Committee(1, 2, SEATS), ranges=[RANGE]), Clock()
    bank = bank_for(tmp_path)
    oracles = [
        Oracle(tmp_path / f"{source}.sqlite", folder, SenderInMemory(ledger, address), ledger, source, clock)
        for (address, source), folder in zip(SEATS, bank.folders, strict=True)
    ]
    yield World(ledger, bank, BankBook(), oracles, clock)
    for oracle in oracles:
        oracle.database.close()


def test_three_oracles__with_one_statement__settle_it_once(world: World) -> None:
    world.ledger.notice(5, 1)
    payment = world.book.paid(CODE)
    world.send(payment)

    world.run(20)

    assert [oracle.outcomes() for oracle in world.oracles] == [{payment.reference: "paid"}] * 3
    assert (world.sent(b"vote"), world.sent(b"settle")) == (3, 1)


def test_two_oracles__while_the_third_is_stopped__settle(world: World) -> None:
    world.ledger.notice(5, 1)
    payment = world.book.paid(CODE)
    world.send(payment)

    world.run(20, *world.oracles[:2])

    assert world.oracles[0].outcomes() == {payment.reference: "paid"}
    # The third comes back later, votes behind the others and learns the outcome without settling again.
    world.run(10)
    assert world.oracles[2].outcomes() == {payment.reference: "paid"}
    assert world.sent(b"settle") == 1


def test_one_oracle_alone__settles_nothing(world: World) -> None:
    world.ledger.notice(5, 1)
    world.send(world.book.paid(CODE))

    world.run(30, world.oracles[0])

    assert world.sent(b"settle") == 0
    assert not world.ledger.notices[5, 1].paid_by


def test_lying_oracle__changes_nothing(world: World) -> None:
    world.ledger.notice(5, 1, due_fen=8_000_000)
    honest = world.book.paid(CODE)
    world.send(honest)
    lie = world.bank.message(1, [replace(honest, amount="80000.00")])
    (world.bank.folders[2] / "camt054_000001.xml").write_bytes(lie)

    world.run(30)

    assert world.oracles[0].outcomes() == {honest.reference: "underpaid"}
    assert world.oracles[2].outcomes() == {honest.reference: "awaiting"}
    assert not world.ledger.notices[5, 1].paid_by


def test_two_oracles_with_one_source__count_once(world: World) -> None:
    shared = ((ADDRESSES[0], 1), (ADDRESSES[1], 1), (ADDRESSES[2], 3))
    world.ledger.committee_now = Committee(1, 2, shared)
    world.ledger.notice(5, 1)
    world.oracles[1].source = 1
    world.oracles[1].restart()
    world.send(world.book.paid(CODE))

    world.run(30, *world.oracles[:2])

    assert world.sent(b"settle") == 0


def test_outcomes__of_every_kind__are_told_apart(world: World) -> None:
    for sequence in (1, 2, 3, 4, 5):
        world.ledger.notice(5, sequence)
    world.ledger.notices[5, 4].is_cancelled = True
    world.ledger.notices[5, 5].due_day = 1
    amounts = {1: "80.00", 2: "79.99", 3: "100.01", 4: "80.00", 5: "80.00", 6: "80.00"}
    world.send(*(world.book.paid(payment_code(number), amount) for number, amount in amounts.items()))

    world.run(20)

    assert list(world.oracles[1].outcomes().values()) == [
        "paid",
        "underpaid",
        "overpaid",
        "cancelled",
        "past-due",
        "unknown",
    ]


def test_c049_second_payment_of_a_code__goes_to_suspense(world: World) -> None:
    world.ledger.notice(5, 1)
    world.send(world.book.paid(CODE), world.book.paid(CODE))

    world.run(20)

    for oracle in world.oracles:
        assert sorted(oracle.outcomes().values()) == ["already-paid", "paid"]


def test_unknown_code__is_settled_once_its_notice_is_there(world: World) -> None:
    world.ledger.notice(5, 1)
    world.send(world.book.paid(CODE), world.book.paid(payment_code(2)))
    world.run(20)
    assert list(world.oracles[0].outcomes().values()) == ["paid", "unknown"]

    world.ledger.notice(5, 2)
    world.run(60)

    assert [list(oracle.outcomes().values()) for oracle in world.oracles] == [["paid", "paid"]] * 3
    assert world.sent(b"settle") == 2
    assert world.ledger.notices[5, 2].paid_by


def test_code_outside_every_range__is_voted_on_again_when_a_range_is_allotted(world: World) -> None:
    world.ledger.notice(5, 1)
    late = f"{PREFIX}{5000:010d}"
    world.send(world.book.paid(CODE), world.book.paid(late))
    world.run(20)
    assert list(world.oracles[0].outcomes().values()) == ["paid", "unknown"]

    world.ledger.ranges.append((6, int(PREFIX), 4001, 6000))
    world.ledger.notice(6, 5000)
    world.run(60)

    assert [list(oracle.outcomes().values()) for oracle in world.oracles] == [["paid", "paid"]] * 3


def test_statement_with_unknown_codes_only__sends_no_settlement(world: World) -> None:
    world.send(world.book.paid(CODE))

    world.run(40)

    assert world.sent(b"settle") == 0
    assert list(world.oracles[0].outcomes().values()) == ["unknown"]


def test_payment_told_again_in_a_later_statement__counts_once(world: World) -> None:
    world.ledger.notice(5, 1)
    payment = world.book.paid(CODE)
    world.send(payment)
    world.run(20)
    world.send(payment)

    world.run(30)

    rows = world.oracles[0].database.connection.execute("SELECT outcome FROM payments ORDER BY part")
    assert [row[0] for row in rows] == ["paid", "repeated"]


def test_underpayment_told_again__is_counted_once(world: World) -> None:
    world.ledger.notice(5, 1, due_fen=9000)
    payment = world.book.paid(CODE)
    world.send(payment)
    world.run(20)
    world.send(payment)

    world.run(30)

    rows = world.oracles[0].database.connection.execute("SELECT outcome FROM payments ORDER BY part")
    assert [row[0] for row in rows] == ["underpaid", "repeated"]


@pytest.mark.parametrize("after_steps", range(8))
def test_restart__at_any_moment__votes_and_settles_once(world: World, after_steps: int) -> None:
    world.ledger.notice(5, 1)
    payment = world.book.paid(CODE)
    world.send(payment)
    world.run(after_steps)
    for oracle in world.oracles:
        oracle.restart()

    world.run(20)

    assert world.oracles[0].outcomes() == {payment.reference: "paid"}
    assert (world.sent(b"vote"), world.sent(b"settle")) == (3, 1)


def test_crash__between_storing_and_sending__sends_the_stored_bytes(world: World) -> None:
    world.ledger.notice(5, 1)
    world.send(world.book.paid(CODE))
    oracle = world.oracles[0]
    oracle.sender.drop = True
    oracle.step()
    assert len(oracle.sender.signed) == 1
    assert not world.ledger.pool
    oracle.restart()
    oracle.sender.drop = False

    world.run(20)

    assert sum(raw.startswith(b"vote") for raw in oracle.sender.signed) == 1
    assert world.ledger.serials[1] == 1


def test_transaction_that_went_astray__is_sent_again_by_itself(world: World) -> None:
    world.ledger.notice(5, 1)
    world.send(world.book.paid(CODE))
    world.run(1)
    world.ledger.pool.clear()

    world.run(20)

    assert world.ledger.notices[5, 1].paid_by
    assert world.sent(b"vote") == 3


def test_nonce_taken_by_another_transaction__is_voted_again(world: World) -> None:
    world.ledger.notice(5, 1)
    world.send(world.book.paid(CODE))
    oracle = world.oracles[0]
    oracle.step()
    world.ledger.pool.clear()
    world.ledger.nonces[oracle.sender.address] = 1

    world.run(20)

    assert world.ledger.serials[1] == 1
    assert oracle.outcomes() == {"B000001": "paid"}


def test_state_file_lost__takes_up_again_without_a_second_vote(world: World) -> None:
    world.ledger.notice(5, 1)
    payment = world.book.paid(CODE)
    world.send(payment)
    world.run(20)
    oracle = world.oracles[0]
    oracle.database.close()
    oracle.path.unlink()
    oracle.start()

    world.run(20)

    assert world.ledger.serials[1] == 1
    assert oracle.outcomes() == {payment.reference: "paid"}


def test_new_committee__before_the_settlement__is_voted_for_again(world: World) -> None:
    world.ledger.notice(5, 1)
    world.send(world.book.paid(CODE))
    world.run(1)
    world.ledger.committee_now = Committee(2, 3, SEATS)

    world.run(30)

    assert world.ledger.notices[5, 1].paid_by
    assert [len(votes) for (epoch, _), votes in world.ledger.votes.items() if epoch == 2] == [3]


def test_without_a_seat__nothing_is_sent_and_the_reason_is_named(world: World) -> None:
    world.ledger.committee_now = Committee(1, 2, (*SEATS[1:], ("0xB1", 1)))
    world.send(world.book.paid(CODE))
    world.oracles[0].intake.scan()

    with pytest.raises(ChainError) as caught:
        world.oracles[0].voter.cycle()

    assert caught.value.code == "committee-missing"
    assert not world.oracles[0].sender.signed


def test_finality__is_waited_for_before_anything_is_decided(world: World) -> None:
    world.ledger.finality_depth = 5
    world.ledger.notice(5, 1)
    world.send(world.book.paid(CODE))

    world.run(4)
    assert world.oracles[0].outcomes() == {"B000001": "awaiting"}

    world.run(30)
    assert world.oracles[0].outcomes() == {"B000001": "paid"}
    assert (world.sent(b"vote"), world.sent(b"settle")) == (3, 1)


def test_many_reports__are_sent_with_bounded_flight(world: World) -> None:
    for _ in range(MAX_IN_FLIGHT + 4):
        world.send(world.book.paid(CODE))
    oracle = world.oracles[0]

    oracle.step()
    assert len(world.ledger.pool) == MAX_IN_FLIGHT

    world.run(10)
    assert world.ledger.serials[1] == MAX_IN_FLIGHT + 4


def test_chain_away__raises_and_keeps_what_was_read(world: World) -> None:
    world.send(world.book.paid(CODE))
    world.ledger.is_away = True
    world.oracles[0].intake.scan()

    with pytest.raises(RemoteError):
        world.oracles[0].voter.cycle()

    world.ledger.is_away = False
    world.ledger.notice(5, 1)
    world.run(20)
    assert world.oracles[0].outcomes() == {"B000001": "paid"}


def test_refused_report__does_not_hold_up_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ledger.notice(5, 1)
    world.ledger.notice(5, 2)
    world.send(world.book.paid(CODE))
    world.send(world.book.paid(payment_code(2)))
    oracle = world.oracles[0]
    oracle.intake.scan()
    first = oracle.parts.open_parts(1, 1 << 40)[0]
    world.ledger.votes[1, b"?"].add(1)
    advance = oracle.voter._advance

    def refuse_first(part: object, *rest: object) -> None:
        from support.payment_ledger import refuse

        if part == first:
            raise refuse("AccessManagedUnauthorized")
        advance(part, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(oracle.voter, "_advance", refuse_first)

    oracle.voter.cycle()

    assert len(oracle.sender.signed) == 1
