"""Three oracle daemons as real processes against real contracts, with a unit that sends payment notices."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from piaolian_network.deploy import Setup, deploy
from piaolian_network.members import Oracle as Seat
from piaolian_network.rpc import ChainRPC
from piaolian_network.transactions import AccountSender, Order
from piaolian_sdk.acts import Notice, SoftwareChainSigner
from piaolian_sdk.contracts import registry
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.chain import FinalityPolicy
from piaolian_sdk.contracts.payment_ledger import build_notice
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.contracts.records import ControlMode, RangeClass
from piaolian_sdk.contracts.structs import ItemVersion, NoticeBatch
from support.bank import ACCOUNT, PREFIX
from support.services import SOFTHSM_LIBRARY, Anvil, DevAccount

PIN, SO_PIN = "48213907", "90731284"
AREA = 1320999
SUPERVISOR_AREA = "3209"
ITEM = "103043211"
CODES = 1000
_GAS = 5_000_000
_WAIT_SECONDS = 60.0
_DAY_SECONDS = 86_400
_BEIJING_SECONDS = 8 * 3600


@dataclass
class OracleProcess:
    """One oracle on its own machine: token, folder of statements, state file, daemon.

    Attributes:
        source: Number of its payment source.
        directory: Its files.
        address: Account of its key.
        environment: Settings.
    """

    source: int
    directory: Path
    environment: dict[str, str]
    address: str
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def folder(self) -> Path:
        return self.directory / "statements"

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text(encoding="utf-8")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run(arguments, self.environment)

    def start(self) -> None:
        command = [sys.executable, "-m", "piaolian_oracle.cli", "run"]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=_environment(self.environment), stderr=log)

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(20)
        self.process = None
        return code

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)
        self.process = None


def make_oracle(directory: Path, source: int, rpc_url: str, book: Path) -> OracleProcess:
    """Make token, key and settings of an oracle; nothing runs yet."""
    (directory / "tokens").mkdir(parents=True)
    (directory / "statements").mkdir()
    (directory / "softhsm2.conf").write_text(
        f"directories.tokendir = {directory}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", encoding="utf-8"
    )
    (directory / "so-pin").write_text(SO_PIN, encoding="utf-8")
    settings = {
        "PROFILE": "dev",
        "RPC_URL": rpc_url,
        "ADDRESS_BOOK": str(book),
        "SOURCE": str(source),
        "FOLDER": str(directory / "statements"),
        "ACCOUNTS": json.dumps([ACCOUNT]),
        "DATA_DIR": str(directory / "data"),
        "PKCS11_MODULE": str(SOFTHSM_LIBRARY),
        "TOKEN_LABEL": f"oracle-{source}",
        "PIN": PIN,
        "POLL_INTERVAL": "0.2",
        "RETRY_INTERVAL": "1",
        "SETTLE_STAGGER": "1.5",
    }
    environment = {f"PIAOLIAN_ORACLE_{name}": value for name, value in settings.items()}
    environment["SOFTHSM2_CONF"] = str(directory / "softhsm2.conf")
    done = _run(["keys", "init", "--make-token", "--so-pin-file", str(directory / "so-pin")], environment)
    assert done.returncode == 0, done.stderr
    return OracleProcess(source, directory, environment, done.stdout.strip())


@dataclass
class FiscalChain:
    """The contracts on anvil, with one unit, one item and one range of payment codes."""

    anvil: Anvil
    book: AddressBook
    reader: ChainReader
    unit: int
    payment_range: int
    item: int
    unit_key: SoftwareChainSigner
    node: AccountSender
    administrator: AccountSender
    supervisor: AccountSender
    next_sequence: int = 1

    @property
    def today(self) -> int:
        """Beijing day number of the chain's clock."""
        return (self.anvil.head_unix() + _BEIJING_SECONDS) // _DAY_SECONDS

    def notice(self, *amounts_fen: int, due_days: int = 30) -> list[int]:
        """Register notices; return their sequences."""
        first = self.next_sequence
        lanes = b"".join(amount.to_bytes(6, "big") + self.item.to_bytes(2, "big") for amount in amounts_fen)
        due_day, deadline = self.today + due_days, self.anvil.head_unix() + 3600
        act = Notice(self.unit, self.payment_range, first, due_day, lanes, b"", deadline)
        signature = act.sign(self.unit_key, self.book.chain_id, self.book.address_of("PaymentLedger"))
        batch = NoticeBatch(self.unit, self.payment_range, first, due_day, lanes, b"", deadline, signature)
        self.send(self.node, "PaymentLedger", build_notice([batch]))
        self.next_sequence += len(amounts_fen)
        return list(range(first, self.next_sequence))

    def send(self, sender: AccountSender, contract: str, data: bytes) -> None:
        """Send a transaction and wait until it is mined."""
        sender.send_all([Order(label=contract, to=self.book.address_of(contract), data=data, gas=_GAS)])

    def is_paid(self, sequence: int) -> bool:
        """Return whether a code is paid."""
        return self.reader.payment_ledger.notice_of(self.payment_range, sequence).paid


@contextmanager
def fiscal_chain(anvil: Anvil, oracles: list[OracleProcess], book_path: Path) -> Iterator[FiscalChain]:
    """Deploy the contracts with this committee, two of whom must agree."""
    administrator, supervisor, node, unit = anvil.accounts[:4]
    setup = Setup(
        supervisors={supervisor.address: SUPERVISOR_AREA},
        nodes={node.address: SUPERVISOR_AREA},
        oracles=[Seat(name=f"oracle-{o.source}", address=o.address, source=o.source) for o in oracles],
        threshold=2,
    )
    book = deploy(anvil.url, administrator.private_key, setup)
    book_path.write_text(book.to_json(), encoding="utf-8")
    for oracle in oracles:
        anvil.call("anvil_setBalance", oracle.address, hex(10**21))
    chain = _enrol(anvil, book, unit)
    yield chain


def _enrol(anvil: Anvil, book: AddressBook, unit: DevAccount) -> FiscalChain:
    administrator, supervisor, node = (
        AccountSender(ChainRPC(anvil.url), account.private_key) for account in anvil.accounts[:3]
    )
    reader = ChainReader(anvil.url, book, FinalityPolicy(0))
    chain = FiscalChain(
        anvil=anvil,
        book=book,
        reader=reader,
        unit=1,
        payment_range=1,
        item=1,
        unit_key=SoftwareChainSigner(unit.private_key),
        node=node,
        administrator=administrator,
        supervisor=supervisor,
    )
    version = ItemVersion(anvil.head_unix(), 0, 1, 10**9, 0, listed_units_only=False)
    prefix = int(PREFIX)
    for data in (
        registry.build_set_item(int(f"1{SUPERVISOR_AREA}"), ITEM, version),
        registry.build_register_unit("12320900E00000001M", AREA, unit.address, bytes(32)),
        registry.build_open_pool(RangeClass.PAYMENT_CODE, AREA, prefix, 1, CODES),
        registry.build_allot(1, 1, CODES, 101, ControlMode.NONE, 0),
    ):
        chain.send(supervisor, "Registry", data)
    found = reader.registry.find_range(RangeClass.PAYMENT_CODE, prefix, 1)
    assert found == chain.payment_range
    return chain


def wait_until(condition: Callable[[], bool], what: str, seconds: float = _WAIT_SECONDS) -> None:
    """Wait for a condition; fail with its name when it does not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)


def _environment(settings: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **settings}


def _run(arguments: tuple[str, ...] | list[str], settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "piaolian_oracle.cli", *arguments],
        env=_environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
