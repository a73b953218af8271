"""The sandbox of integrators, as they use it: its commands, the key files, the SDK.

One sandbox is built and goes through everything in the order in which it is told here, the clock last: it cannot go
back.
"""

import contextlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from demo import sandbox
from demo.chain import DemoChain
from piaolian_network import Network
from piaolian_sdk.acts import SoftwareChainSigner
from piaolian_sdk.cli import main as piaolian
from piaolian_sdk.client import BatchResult, NodeRefusedError, ReceiptDraft, UnitClient
from piaolian_sdk.contracts import AddressBook
from piaolian_sdk.contracts.abi import CONTRACT_NAMES
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.signing import SoftwareSigner

_DAY_SECONDS = 86_400
# A month has at most 31 days left, its grace is 30 days, and a public holiday puts the end off by at most ten.
_PAST_EVERY_GRACE_DAYS = 75
_KIND = 601
# Trust file of a recorded network that is no sandbox.
_REAL_TRUST = Path(__file__).parents[1] / "data" / "bundles" / "trust.json"


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    exit_code: int
    printed: str
    refused: str


@dataclass
class Integrator:
    """Somebody with a folder and a command.

    Attributes:
        directory: the sandbox's folder.
    """

    directory: Path
    _clients: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def command(self, *arguments: str) -> Done:
        """Run the command ``python -m demo.sandbox`` to its end."""
        printed, refused = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(refused):
            exit_code = sandbox.main(["--directory", str(self.directory), *arguments])
        return Done(exit_code, printed.getvalue(), refused.getvalue())

    def must(self, *arguments: str) -> str:
        """Run a command that succeeds, and return what it printed."""
        done = self.command(*arguments)
        assert done.exit_code == 0, done.printed + done.refused
        return done.printed

    @property
    def network(self) -> Network:
        """The sandbox's network."""
        return Network(self.directory / "network")

    @cached_property
    def chain(self) -> DemoChain:
        """The sandbox's chain."""
        book = AddressBook.from_file(self.network.address_book_path)
        return DemoChain(self.network.rpc_urls[0], {name: book.address_of(name) for name in CONTRACT_NAMES})

    def described(self, name: str) -> dict[str, Any]:
        """What the sandbox says of a unit."""
        content: dict[str, Any] = json.loads(
            (self.directory / "units" / name / "unit.json").read_text(encoding="utf-8")
        )
        return content

    def unit(self, name: str) -> UnitClient:
        """The SDK with a unit's key files."""
        files, described = self.directory / "units" / name, self.described(name)
        key, certificate = (files / "document-key.pem").read_bytes(), (files / "certificate.pem").read_bytes()
        client = UnitClient(
            described["node"],
            unit=described["unit"],
            document_signer=SoftwareSigner.from_pem(key, certificate),
            chain_signer=SoftwareChainSigner(bytes.fromhex((files / "chain-key.hex").read_text(encoding="ascii"))),
            address_book=AddressBook.from_file(self.network.address_book_path),
        )
        return self._clients.enter_context(client)

    def issue(self, name: str, business_number: str) -> tuple[UnitClient, BatchResult]:
        """Issue one outpatient receipt by list."""
        unit = self.unit(name)
        draft = (self.directory / "units" / name / "draft.xml").read_bytes()
        model = parse_receipt(draft.replace(b"SANDBOX-0001", business_number.encode("ascii"))).model
        held = self.described(name)["ranges"]["0601"]["range"]
        return unit, unit.issue(held, [ReceiptDraft(business_number, model)])

    def overdue(self, name: str) -> bool:
        """What the contract says of the unit's oldest open month."""
        _month, _deadline, overdue = self.chain.read("ReceiptLedger", "overdueOf", self.described(name)["unit"], _KIND)
        return bool(overdue)

    def close(self) -> None:
        """Close the connections and stop the sandbox."""
        self._clients.close()
        self.network.down()

    def head_unix(self) -> int:
        """Time of the chain's head block."""
        return int(self.chain.web3.eth.get_block("latest")["timestamp"])


@pytest.fixture(scope="module")
def integrator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Integrator]:
    """An integrator whose sandbox runs."""
    person = Integrator(tmp_path_factory.mktemp("sandbox") / "s")
    printed = person.must()
    try:
        assert person.network.rpc_urls[0] in printed
        yield person
    finally:
        person.close()


def _final(unit: UnitClient, result: BatchResult) -> str | None:
    assert [item.verdict for item in result.items] == ["accepted"]
    assert result.submission_id is not None
    state = unit.wait(result.submission_id, until="final", timeout_seconds=30)
    assert state.state == "final"
    return state.transaction


def test_example__as_printed__issues_a_final_receipt(integrator: Integrator) -> None:
    example = [sys.executable, str(integrator.directory / "example.py")]
    done = subprocess.run(example, check=False, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    state, code, number, qr, transaction = done.stdout.splitlines()[-1].split()
    assert (state, number) == ("final", "0000000001")
    assert f"c={code}" in qr
    assert integrator.chain.wait_mined(transaction)["status"] == 1


def test_issue__with_the_p256_units_key_files__is_final_on_the_chain(integrator: Integrator) -> None:
    transaction = _final(*integrator.issue("second_hospital", "ACC-1"))

    assert transaction is not None
    [issued] = integrator.chain.events("ReceiptLedger", "BatchIssued", [integrator.chain.wait_mined(transaction)])
    assert issued["unit"] == integrator.described("second_hospital")["unit"]


def test_bundle__of_the_sandbox__real_trust_refuses_it_in_words(
    integrator: Integrator, capsys: pytest.CaptureFixture[str]
) -> None:
    unit, result = integrator.issue("second_hospital", "ACC-5")
    _final(unit, result)
    receipt = result.items[0].receipt
    assert receipt is not None
    path = integrator.directory / "bundle.json"
    path.write_bytes(unit.receipt_bundle(receipt.code, receipt.number, receipt.check_code))

    assert piaolian(["verify", str(path), "--trust", str(integrator.network.directory / "trust.json")]) == 0
    assert "信任文件属于沙箱（测试环境），其中的票据不是正式票据" in capsys.readouterr().out
    assert piaolian(["verify", str(path), "--trust", str(_REAL_TRUST)]) == 1
    refused = capsys.readouterr()
    assert "这是沙箱（测试环境）开出的票据，不是正式票据，不能报销" in refused.out + refused.err


def test_fault__worker_stopped_and_started__act_waits_and_is_final_then(integrator: Integrator) -> None:
    integrator.must("--fault", "node-worker")
    unit, result = integrator.issue("hospital", "ACC-2")
    assert result.submission_id is not None
    time.sleep(1)
    assert unit.submission(result.submission_id).transaction is None

    integrator.must("--heal")

    assert _final(unit, result) is not None


def test_fault__chain_stopped_and_started__goes_on_at_its_moved_time(integrator: Integrator) -> None:
    integrator.must("--move-clock", "2")
    integrator.must("--fault", "chain")
    anvil = integrator.network.validator_programs[0]
    assert anvil not in integrator.network.processes

    integrator.must("--heal")

    assert anvil in integrator.network.processes
    assert abs(integrator.head_unix() - time.time() - 2 * _DAY_SECONDS) < 60
    # The SDK signs for 24 hours of its own clock, which are over on the chain: it is alive, and it judges by its time.
    unit, result = integrator.issue("hospital", "ACC-3")
    assert result.submission_id is not None
    refusal = unit.wait(result.submission_id, until="final", timeout_seconds=30).refusal
    assert refusal is not None
    assert refusal.code == "signature-expired"


def test_move_clock__past_the_grace_of_an_open_month__unit_is_overdue(integrator: Integrator) -> None:
    assert not integrator.overdue("hospital")
    before = integrator.head_unix()

    integrator.must("--move-clock", str(_PAST_EVERY_GRACE_DAYS))

    assert integrator.head_unix() >= before + _PAST_EVERY_GRACE_DAYS * _DAY_SECONDS
    assert integrator.overdue("hospital")
    with pytest.raises(NodeRefusedError) as refused:
        integrator.issue("hospital", "ACC-4")
    assert refused.value.code == "unit-overdue"


def test_move_clock__to_a_past_date__is_refused(integrator: Integrator) -> None:
    before = integrator.head_unix()

    refused = integrator.command("--move-clock", "2020-01-01")

    assert refused.exit_code == 1
    assert "--fresh" in refused.refused
    assert integrator.head_unix() == before


def test_down__then_a_fault__is_refused_in_words(integrator: Integrator) -> None:
    integrator.network.down()

    refused = integrator.command("--fault", "kubo")

    assert integrator.network.processes == {}
    assert refused.exit_code == 1
    assert "make sandbox" in refused.refused
