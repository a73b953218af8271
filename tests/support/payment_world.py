"""Real contracts on anvil, three real oracles in this process, two units and a bank: what payment stories happen in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from piaolian_oracle.chain import PayersIndex, Web3Ledger, Web3Sender
from piaolian_oracle.simulator import Movement, SimulatedBank
from piaolian_oracle.sources import IntakeRules, StatementFolder, StatementIntake
from piaolian_oracle.state import Database, PartStore, PayersStore, StatementStore
from piaolian_oracle.voting import ReportVoter, TransactionDesk, VotingRules
from piaolian_sdk.acts import Act, Cancel, Issue, Notice, Reverse, SoftwareChainSigner
from piaolian_sdk.beijing import BEIJING, day_number
from piaolian_sdk.client.notices import encode_notices
from piaolian_sdk.contracts import (
    ChainReader,
    ControlMode,
    FinalityPolicy,
    IssueBatch,
    ItemVersion,
    NoticeBatch,
    Opening,
    RangeClass,
    ReverseAct,
    payment_ledger,
    receipt_ledger,
    registry,
)
from piaolian_sdk.contracts.errors import decode_revert
from piaolian_sdk.contracts.events_payments import NoticeRefused, NoticeRegistered
from piaolian_sdk.contracts.events_receipts import BatchIssued, BatchRefused, Reversed
from piaolian_sdk.contracts.events_registry import ItemSet, PoolOpened, RangeAllotted, UnitRegistered
from piaolian_sdk.contracts.records import Resolution
from piaolian_sdk.reconciliation import Books, Code, money_events
from piaolian_sdk.tree import BY_CODE, Header, LeafByCode, Line, body_hash, keccak256
from support.chain_desk import first_of, send
from support.contracts import AnvilContracts, deploy_on
from support.services import Anvil, DevAccount, run_anvil

ACCOUNT = "0000000000000000001"
PROVINCE, AREA, KIND = 132, 1320600, 101
NO_REFERENCE = bytes(8)
_CODES, _NUMBERS = 2_000, 2_000
_SEQUENCES = 10**10
# A settled statement needs three passes: read and vote, settle, record. More than this means that something is stuck.
_MAX_PASSES = 24


@dataclass
class Clock:
    """Time of the oracles, moved on by every pass."""

    unix: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.unix


@dataclass
class RealOracle:
    """One oracle: the daemon's parts, its own state file, folder and key, on the real chain."""

    source: int
    directory: Path
    url: str
    contracts: AnvilContracts
    account: DevAccount
    clock: Clock
    is_running: bool = False

    @property
    def folder(self) -> Path:
        return self.directory / "statements"

    def start(self) -> None:
        self.database = Database(self.directory / "oracle.sqlite")
        chain = self._chain()
        parts = PartStore(self.database)
        self.intake = StatementIntake(
            StatementFolder(self.folder), StatementStore(self.database), IntakeRules(frozenset({ACCOUNT})), self.clock
        )
        self.desk = TransactionDesk(Web3Sender(chain, SoftwareChainSigner(self.account.private_key)), parts, self.clock)
        self.payers_store = PayersStore(self.database)
        self.payers = PayersIndex(chain, self.payers_store)
        ledger = Web3Ledger(chain, self.payers)
        rules = VotingRules(self.source, timedelta(seconds=1), timedelta(0))
        self.voter = ReportVoter(ledger, self.desk, parts, rules, self.clock)
        self.is_running = True

    def _chain(self) -> ChainReader:
        return ChainReader(self.url, self.contracts.book, FinalityPolicy(0))

    def make_ledger(self) -> Web3Ledger:
        """Return a ledger for another thread."""
        return Web3Ledger(self._chain())

    def stop(self) -> None:
        self.database.close()
        self.is_running = False

    def step(self) -> None:
        self.intake.scan()
        self.voter.cycle()

    def words(self, number: int) -> dict[tuple[int, str], str]:
        """Return what this oracle holds of each line of a statement: outcome or reason, by (entry, bank reference)."""
        rows = self.database.connection.execute(
            "SELECT p.entry, p.reference, p.outcome FROM payments p JOIN parts ON parts.id = p.part"
            " JOIN statements s ON s.id = parts.statement WHERE s.key = ?1 UNION ALL"
            " SELECT e.entry, e.reference, e.reason FROM exceptional_lines e"
            " JOIN statements s ON s.id = e.statement WHERE s.key = ?1",
            (f"camt.054#{number}",),
        )
        return {(row[0], row[1]): row[2] for row in rows}


@dataclass
class TreasuryUnit:
    """A unit with codes and receipt numbers."""

    number: int
    key: SoftwareChainSigner
    payment_range: int
    receipt_range: int


@dataclass
class ReceiptOnChain:
    """A blue receipt, with what opens it."""

    number: int
    opening: Opening


@dataclass
class PaymentWorld:
    """Everything that payment stories need; money is checked by whoever tells them."""

    anvil: Anvil
    contracts: AnvilContracts
    reader: ChainReader
    units: list[TreasuryUnit]
    items: list[int]
    oracles: list[RealOracle]
    bank: SimulatedBank
    clock: Clock
    books: Books = field(default_factory=Books)
    receipts: dict[Code, ReceiptOnChain] = field(default_factory=dict)
    prefixes: dict[int, int] = field(default_factory=dict)
    _read_to: int = 0
    _references: int = 0
    _beginnings: int = 0

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.reader.latest().timestamp, tz=BEIJING).date()

    @property
    def _deadline(self) -> int:
        return self.reader.latest().timestamp + 3600

    def send(self, account: DevAccount, contract: Any, data: bytes) -> list[Any]:
        return send(self.reader, SoftwareChainSigner(account.private_key), contract.address, data)

    def _sign(self, unit: TreasuryUnit, act: Act) -> bytes:
        address = self.reader.address_book.address_of(act.CONTRACT)
        return act.sign(unit.key, self.anvil.chain_id, address)

    # Codes and notices.

    def allot_codes(self, unit: TreasuryUnit, count: int = _CODES) -> int:
        """Allot a further range of payment codes to a unit."""
        prefix = 3206002601 + len(self.prefixes)
        made = self._supervise(
            registry.build_open_pool(RangeClass.PAYMENT_CODE, AREA, prefix, 1, count),
        )
        allot = registry.build_allot(first_of(made, PoolOpened).pool, unit.number, count, KIND, ControlMode.NONE, 1)
        number = int(first_of(self._supervise(allot), RangeAllotted).range)
        self.prefixes[number] = prefix
        return number

    def _supervise(self, data: bytes) -> list[Any]:
        return self.send(self.contracts.supervisor, self.reader.registry, data)

    def text(self, code: Code) -> str:
        """Return the 20 digits of a code."""
        return f"{self.prefixes[code[0]]:010d}{code[1]:010d}"

    def batch(
        self, unit: TreasuryUnit, notices: Sequence[Sequence[Line]], due_days: int, payment_range: int = 0
    ) -> NoticeBatch:
        """Return notices of one due day under the next codes of a range, signed by the unit."""
        payment_range = payment_range or unit.payment_range
        first = self.reader.registry.range_of(payment_range).next
        lanes, lines = encode_notices(notices)
        due_day, deadline = day_number(self.today) + due_days, self._deadline
        act = Notice(unit.number, payment_range, first, due_day, lanes, lines, deadline)
        signature = self._sign(unit, act)
        return NoticeBatch(unit.number, payment_range, first, due_day, lanes, lines, deadline, signature)

    def notice(self, unit: TreasuryUnit, lines: Sequence[Line], due_days: int = 30, payment_range: int = 0) -> Code:
        """Register one notice; return its code."""
        batch = self.batch(unit, [lines], due_days, payment_range)
        made = self.send(self.contracts.node, self.reader.payment_ledger, payment_ledger.build_notice([batch]))
        for refused in made:
            if isinstance(refused, NoticeRefused):
                raise decode_revert(refused.error)
        event = first_of(made, NoticeRegistered)
        return event.range, event.first

    def cancel(self, unit: TreasuryUnit, code: Code) -> None:
        deadline = self._deadline
        signature = self._sign(unit, Cancel(unit.number, *code, deadline))
        data = payment_ledger.build_cancel(unit.number, *code, deadline, signature)
        self.send(self.contracts.node, self.reader.payment_ledger, data)

    # Receipts.

    def issue(self, unit: TreasuryUnit, code: Code) -> None:
        """Issue a receipt for a paid code, or raise what the contract refuses it with."""
        ledger = self.reader.payment_ledger
        state = ledger.notice_of(*code)
        record = self.reader.registry.range_of(unit.receipt_range)
        digest, root, key = keccak256(f"{code}".encode()), keccak256(b"fields"), self.contracts.node.address
        payment_code = int(self.text(code)) if code[0] in self.prefixes else 0
        leaf = LeafByCode(
            unit.receipt_range, record.next, state.amount_fen, payment_code, state.lines_hash,
            body_hash(digest, root, key),
        )  # fmt: skip
        header = Header(
            unit.number, unit.receipt_range, BY_CODE, record.next, 1, day_number(self.today), state.amount_fen,
            self.reader.registry.catalog_version(), leaf.hash,
        )  # fmt: skip
        deadline = self._deadline
        act = Issue(
            header.unit, header.range, BY_CODE, header.first, 1, header.issue_day, header.total_fen,
            header.catalog_version, header.unit_root, deadline,
        )  # fmt: skip
        batch = IssueBatch(
            header.unit, header.range, header.first, 1, header.issue_day, header.total_fen, header.catalog_version,
            header.unit_root, code[0], code[1].to_bytes(5, "big"), [leaf.body_hash], keccak256(b"bodies"), deadline,
            self._sign(unit, act),
        )  # fmt: skip
        events = self.send(self.contracts.node, self.reader.receipt_ledger, receipt_ledger.build_issue([batch]))
        for event in events:
            if isinstance(event, BatchRefused):
                raise decode_revert(event.error)
        issued = first_of(events, BatchIssued)
        self.receipts[code] = ReceiptOnChain(
            header.first,
            Opening(
                issued.root_id, issued.position, [], header, header.first, [], leaf.amount, payment_code,
                state.lines_hash, digest, root, key,
            ),
        )  # fmt: skip

    def reverse(self, unit: TreasuryUnit, code: Code) -> None:
        """Issue the red receipt of a code's receipt."""
        blue = self.receipts[code]
        header = blue.opening.header
        number = self.reader.registry.range_of(unit.receipt_range).next
        red_body = keccak256(b"red" + number.to_bytes(5, "big"))
        leaf = LeafByCode(
            unit.receipt_range, number, header.total_fen, blue.opening.payment_code, blue.opening.lines_hash, red_body
        )
        day, deadline = day_number(self.today), self._deadline
        act = Reverse(
            unit.number, header.range, blue.number, unit.receipt_range, number, day, header.total_fen,
            header.catalog_version, leaf.hash, 1, deadline,
        )  # fmt: skip
        message = ReverseAct(
            blue.opening, unit.receipt_range, number, day, header.total_fen, bytes(32), red_body,
            header.catalog_version, 1, code[0], bytes(32), deadline, self._sign(unit, act),
        )  # fmt: skip
        events = self.send(self.contracts.node, self.reader.receipt_ledger, receipt_ledger.build_reverse(message))
        first_of(events, Reversed)

    # Decisions of two supervisors.

    def decide(self, data: bytes, *, alone: bool = False) -> None:
        """Send a decision by maker and checker, or twice by one and the same."""
        for account in (self.contracts.supervisor, self.contracts.supervisor if alone else self.contracts.checker):
            self.send(account, self.reader.payment_ledger, data)

    def resolve(self, suspenses: Sequence[bytes], resolution: Resolution, *, alone: bool = False) -> None:
        self.decide(payment_ledger.build_resolve(suspenses, resolution, 1), alone=alone)

    def give_back(self, unit: TreasuryUnit, code: Code, refund_fen: int, remainder: Sequence[Line]) -> Code | None:
        """Refund the money of a reversed receipt; return the code of the notice for the remainder."""
        child = self.batch(unit, [remainder], 30) if remainder else NoticeBatch(unit.number, 0, 0, 0, b"", b"", 0, b"")
        self.decide(payment_ledger.build_refund_reversed(*code, refund_fen, child))
        return (child.range, child.first) if remainder else None

    # Bank and oracles.

    def reference(self) -> str:
        """Return a bank reference that no movement has."""
        self._references += 1
        return f"B{self._references:07d}"

    def settle(self, movements: Sequence[Movement]) -> int:
        """Send one statement and let the running oracles work until nothing changes; return its number."""
        number = self.bank.send(movements, at=datetime.combine(self.today, datetime.min.time(), tzinfo=BEIJING))
        self.work()
        return number

    def work(self) -> None:
        """Let the running oracles work until a whole pass changes nothing."""
        quiet = 0
        for _ in range(_MAX_PASSES):
            before = self.reader.latest().number
            # Two seconds, so that what waits for news is looked at again in every pass.
            self.clock.unix += 2
            for oracle in self.oracles:
                if oracle.is_running:
                    oracle.step()
            quiet = quiet + 1 if self.reader.latest().number == before else 0
            if quiet == 2:
                return
        raise AssertionError("the oracles do not come to rest")

    def restart(self, oracle: RealOracle) -> None:
        if oracle.is_running:
            oracle.stop()
        oracle.start()

    def begin_again(self, directory: Path) -> None:
        """Begin with empty oracles and an empty bank, after the chain was taken back to a snapshot of its beginning."""
        self._beginnings += 1
        for oracle in self.oracles:
            if oracle.is_running:
                oracle.stop()
            oracle.directory = directory / f"beginning-{self._beginnings}" / f"oracle-{oracle.source}"
            oracle.folder.mkdir(parents=True)
            oracle.start()
        self.bank = SimulatedBank(ACCOUNT, [oracle.folder for oracle in self.oracles])
        self.books, self.receipts = Books(), {}
        self._read_to = self._references = 0

    def read_books(self) -> Books:
        """Return the books, with every event up to the newest block."""
        newest = self.reader.latest()
        for event, day in money_events(self.reader, self._read_to + 1, newest):
            self.books.take(event, day)
        self._read_to = newest.number
        return self.books


@contextmanager
def run_payment_world(directory: Path) -> Iterator[PaymentWorld]:
    """Deploy the contracts on a fresh anvil, register two units with two items each, start three oracles."""
    with run_anvil() as anvil:
        contracts, clock = deploy_on(anvil), Clock()
        reader = ChainReader(anvil.url, contracts.book, FinalityPolicy(0))
        oracles = []
        for source, account in enumerate(contracts.oracles, 1):
            (directory / f"oracle-{source}" / "statements").mkdir(parents=True)
            oracles.append(RealOracle(source, directory / f"oracle-{source}", anvil.url, contracts, account, clock))
        bank = SimulatedBank(ACCOUNT, [oracle.folder for oracle in oracles])
        world = PaymentWorld(anvil, contracts, reader, [], [], oracles, bank, clock)
        _enrol(world)
        for oracle in oracles:
            oracle.start()
        try:
            yield world
        finally:
            for oracle in oracles:
                if oracle.is_running:
                    oracle.stop()


def _enrol(world: PaymentWorld) -> None:
    supervise, reader = world._supervise, world.reader
    prefix = 32010100 + world.today.year % 100
    pool = registry.build_open_pool(RangeClass.RECEIPT, PROVINCE, prefix, 1, 2 * _NUMBERS)
    numbers = first_of(supervise(pool), PoolOpened)
    for place, credit_code in enumerate(("12320600466000001M", "12320600466000002K")):
        key = SoftwareChainSigner(bytes([0x31 + place]) * 32)
        register = registry.build_register_unit(credit_code, AREA, key.address, bytes([place + 1]) * 32)
        number = int(first_of(supervise(register), UnitRegistered).unit)
        unit = TreasuryUnit(number, key, 0, 0)
        unit.payment_range = world.allot_codes(unit)
        allot = registry.build_allot(numbers.pool, number, _NUMBERS, KIND, ControlMode.BY_CODE, 1)
        world.units.append(replace(unit, receipt_range=int(first_of(supervise(allot), RangeAllotted).range)))
    for code in ("103043211", "103043212"):
        version = ItemVersion(reader.latest().timestamp, 0, 1, 10**9, 0, listed_units_only=False)
        event = first_of(supervise(registry.build_set_item(AREA, code, version)), ItemSet)
        world.items.append(int(event.item))
