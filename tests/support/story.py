"""The story for tests: told once on a whole network, and its institutions alone on an anvil."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from demo import acts, cast
from demo.catalogue import REGISTRATION
from demo.chain import Call, DemoChain
from demo.crafted import Batch, Notice
from demo.enrolment import EnrolledUnit, allot_ranges, register_units, set_items
from demo.rogue import Attempt, TakenOverNode
from demo.story import Options, run
from demo.world import World
from piaolian_network.deploy import Setup, deploy
from piaolian_network.members import Oracle
from piaolian_sdk.acts import BringForward, WriteOff
from piaolian_sdk.acts import Notice as NoticeAct
from piaolian_sdk.beijing import BEIJING, day_number
from piaolian_sdk.contracts import AddressBook, SettlementGroup, report_digest
from piaolian_sdk.contracts.abi import CONTRACT_NAMES
from support.services import Anvil, DevAccount

CHECKOUT: Final = Path(__file__).resolve().parents[2]
_BROUGHT_FORWARD: Final = {"issued": 2, "voided": 0, "red": 0, "issuedFen": 16_000, "reversedFen": 0}


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world after the whole story, with everything still running."""
    directory = tmp_path_factory.mktemp("story")
    world = run(Options(directory=directory / "run", report=directory / "story.json", keep=True))
    report = json.loads((directory / "story.json").read_text(encoding="utf-8"))
    assert world is not None, json.dumps(report["steps"][-1:], ensure_ascii=False)
    try:
        yield world
    finally:
        world.close()
        world.network.down()


def story_file(world: World) -> dict[str, Any]:
    """Read what a run wrote down."""
    content: dict[str, Any] = json.loads((world.directory.parent / "story.json").read_text(encoding="utf-8"))
    return content


@dataclass(frozen=True)
class StoryRun:
    """A run as a program.

    Attributes:
        exit_code: what it ended with.
        output: what it printed.
        report: what it wrote down.
    """

    exit_code: int
    output: str
    report: dict[str, Any]


def run_as_program(directory: Path, *arguments: str, timeout_seconds: float = 120) -> StoryRun:
    """Run ``python -m demo.story`` with a folder of its own."""
    report = directory / "story.json"
    command = [sys.executable, "-m", "demo.story", "--directory", str(directory / "run"), "--report", str(report)]
    done = subprocess.run(
        [*command, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    return StoryRun(done.returncode, done.stdout, json.loads(report.read_text(encoding="utf-8")))


@dataclass
class ContractWorld:
    """The contracts, units and ranges of the story on an anvil, with a taken-over node and two oracles' keys.

    Attributes:
        chain: the way to the chain.
        book: where the contracts are.
        supervisor: account that rules the province.
        oracles: accounts of the committee.
        rogue: sends crafted acts.
        units: registered units.
        items: item numbers by code.
        anvil: the chain itself.
    """

    chain: DemoChain
    book: AddressBook
    supervisor: DevAccount
    oracles: list[DevAccount]
    rogue: TakenOverNode
    units: dict[cast.UnitName, EnrolledUnit]
    items: dict[str, int]
    anvil: Anvil
    _serials: dict[int, int] = field(default_factory=dict)

    @property
    def registry(self) -> EnrolledUnit:
        """The land registry, under code control."""
        return self.units["land_registry"]

    @property
    def hospital(self) -> EnrolledUnit:
        """The hospital, under list control."""
        return self.units["hospital"]

    def today(self) -> int:
        """Beijing day of the head block."""
        return day_number(datetime.fromtimestamp(self.anvil.head_unix(), tz=BEIJING).date())

    def deadline(self) -> int:
        """Ten minutes after the head block, Unix seconds."""
        return self.anvil.head_unix() + 600

    def supervise(self, contract: str, function: str, *arguments: Any) -> None:
        """Do something as the supervisor."""
        self.chain.send(self.supervisor.private_key, [Call(contract, function, arguments)])

    def notice(self) -> Notice:
        """Register a notice of the land registry and return it."""
        act = self.notice_act(self.items[REGISTRATION.code], REGISTRATION.max_fen)
        attempt = self.rogue.notice(act, self.registry.unit.chain_signer)
        assert attempt.refusal is None
        return acts.registration(self.registry, act.first, self.items[REGISTRATION.code])

    def notice_act(self, item: int, amount_fen: int) -> NoticeAct:
        """Return an honest notice batch of one line."""
        return acts.notice_of(
            self.chain, self.registry, item, amount_fen, due_day=self.today() + 10, deadline=self.deadline()
        )

    def pay(self, notice: Notice, amount_fen: int | None = None) -> None:
        """Let two oracles see a payment, and settle it."""
        amount = notice.amount_fen if amount_fen is None else amount_fen
        entry = notice.sequence.to_bytes(5, "big") + amount.to_bytes(6, "big") + self.today().to_bytes(3, "big")
        group = SettlementGroup(notice.range, 0, entry + secrets.token_bytes(8))
        report_id = secrets.token_bytes(32)
        digest = report_digest(report_id, [group])
        for source, oracle in enumerate(self.oracles[:2], 1):
            serial = self._serials[source] = self._serials.get(source, 0) + 1
            self.chain.send(oracle.private_key, [Call("PaymentLedger", "vote", (1, source, serial, digest))])
        self.chain.send(
            self.oracles[0].private_key,
            [Call("PaymentLedger", "settle", (1, report_id, [astuple(group)]))],
        )

    def by_code(self, notice: Notice, seed: bytes = b"one") -> Batch:
        """Return an honest batch of one receipt for a notice."""
        return acts.by_code(self.chain, self.registry, notice, day=self.today(), deadline=self.deadline(), seed=seed)

    def by_list(self, unit: EnrolledUnit, seed: bytes = b"one") -> Batch:
        """Return an honest batch of one receipt of a hospital."""
        return acts.by_list(self.chain, unit, day=self.today(), deadline=self.deadline(), seed=seed)

    def issue(self, batch: Batch, unit: EnrolledUnit | None = None) -> Attempt:
        """Send a batch with the unit's own signature."""
        return self.rogue.issue(batch, (unit or self.registry).unit.chain_signer)

    def bring_forward(self, unit: EnrolledUnit, kind: int, month: int) -> None:
        """Bring an open month forward from a former system."""
        act = BringForward(unit.number, kind, month, 2, 0, 0, 16_000, 0, self.deadline())
        self.supervise("ReceiptLedger", "bringForward", self._period_struct(unit, act))

    def write_off(self, unit: EnrolledUnit, kind: int, month: int) -> None:
        """Write a brought-forward month off."""
        act = WriteOff(unit.number, kind, month, 2, 0, 0, 16_000, 0, self.deadline())
        self.chain.send(
            self.supervisor.private_key, [Call("ReceiptLedger", "writeOff", (self._period_struct(unit, act),))]
        )

    def revert(self, snapshot: str) -> None:
        """Return to a remembered state of the chain."""
        self.anvil.revert(snapshot)
        self.chain.forget_nonces()

    def month(self, ago: int) -> int:
        """Return the contracts' number of a month some months before the head block's."""
        now = datetime.fromtimestamp(self.anvil.head_unix(), tz=BEIJING)
        return now.year * 12 + now.month - 1 - ago

    def _period_struct(self, unit: EnrolledUnit, act: BringForward | WriteOff) -> dict[str, Any]:
        ledger = self.book.address_of("ReceiptLedger")
        return {
            "unit": act.unit,
            "kind": act.kind,
            "month": act.month,
            "totals": _BROUGHT_FORWARD,
            "deadline": act.deadline,
            "signature": act.sign(unit.unit.chain_signer, self.chain.chain_id, ledger),
        }


@pytest.fixture(scope="session")
def story_cast() -> cast.Cast:
    """Everybody's keys; making them takes a moment and changes nothing on any chain."""
    return cast.assemble()


@pytest.fixture
def contract_world(anvil: Anvil, story_cast: cast.Cast) -> ContractWorld:
    """Contracts, units, ranges and roles on a fresh anvil."""
    administrator, supervisor, *oracles = anvil.accounts[:5]
    rogue_account = anvil.accounts[5]
    setup = Setup(
        supervisors={supervisor.address: cast.PROVINCE},
        nodes={rogue_account.address: cast.PROVINCE},
        oracles=[
            Oracle(name=f"oracle-{source}", address=account.address, source=source)
            for source, account in enumerate(oracles, 1)
        ],
        threshold=2,
    )
    book = deploy(anvil.url, administrator.private_key, setup)
    chain = DemoChain(anvil.url, {name: book.address_of(name) for name in CONTRACT_NAMES})
    items = set_items(chain, supervisor.private_key)
    units = register_units(chain, supervisor.private_key, story_cast.units.values())
    allot_ranges(chain, supervisor.private_key, units, datetime.fromtimestamp(anvil.head_unix(), tz=BEIJING).year)
    return ContractWorld(
        chain=chain,
        book=book,
        supervisor=supervisor,
        oracles=oracles,
        rogue=TakenOverNode(chain, rogue_account.private_key),
        units=units,
        items=items,
        anvil=anvil,
    )
