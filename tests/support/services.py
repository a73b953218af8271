"""Real services for tests: anvil, SoftHSM tokens, PostgreSQL. A missing one fails the test, it never skips it."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from piaolian_network.errors import ServiceError
from piaolian_network.ports import free_port
from piaolian_network.programs import find_program
from piaolian_network.rpc import ChainRPC

_START_SECONDS: Final = 20.0
_Result = TypeVar("_Result")
SOFTHSM_LIBRARY: Final = Path("/usr/lib/softhsm/libsofthsm2.so")


@dataclass(frozen=True)
class DevAccount:
    """A funded account of anvil."""

    address: str
    private_key: bytes = field(repr=False)


@dataclass(frozen=True)
class Anvil:
    """A running anvil: instant blocks, a clock that can be moved, London rules as on the real network."""

    url: str
    chain_id: int
    accounts: list[DevAccount]
    process: subprocess.Popen[bytes]

    def call(self, method: str, *parameters: object) -> Any:
        """Call a JSON-RPC method and return its result."""
        return ChainRPC(self.url, timeout_seconds=60).call(method, parameters)

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        self.call("anvil_mine", hex(blocks))

    def set_time(self, unix: int) -> None:
        """Move the clock forward and mine a block of exactly that time."""
        self.call("evm_setNextBlockTimestamp", hex(unix))
        self.mine()

    def head_unix(self) -> int:
        """Return the time of the head block."""
        return int(ChainRPC(self.url).block("latest")["timestamp"], 16)

    def snapshot(self) -> str:
        """Remember the state; give the result to `revert`."""
        return str(self.call("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Return to a remembered state."""
        if self.call("evm_revert", snapshot) is not True:
            raise AssertionError(f"anvil knows no snapshot {snapshot}")


def _dev_accounts() -> list[DevAccount]:
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    phrase = "test test test test test test test test test test test junk"  # anvil's own default
    accounts = [Account.from_mnemonic(phrase, account_path=f"m/44'/60'/0'/0/{index}") for index in range(10)]
    return [DevAccount(account.address, bytes(account.key)) for account in accounts]


@contextmanager
def run_anvil(*arguments: str) -> Iterator[Anvil]:
    """Run anvil on a free port until the block ends."""
    port = free_port()
    command = [str(find_program("anvil")), "--port", str(port), "--silent", "--hardfork", "london"]
    command += ["--gas-limit", "60000000", "--base-fee", "1", *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            chain_id = _wait_for(lambda: int(ChainRPC(url).call("eth_chainId"), 16), process, what="anvil")
            yield Anvil(url, chain_id, _dev_accounts(), process)
        finally:
            process.kill()


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    """A fresh anvil for one test."""
    with run_anvil() as running:
        yield running


@pytest.fixture(scope="module")
def anvil_module() -> Iterator[Anvil]:
    """One anvil for a test module."""
    with run_anvil() as running:
        yield running


@dataclass(frozen=True)
class SoftHSM:
    """A folder of SoftHSM tokens.

    Attributes:
        library: The PKCS#11 module.
        configuration: Value of SOFTHSM2_CONF, absolute.
        token_label: Label of the token that is ready for use.
        pin: User PIN of every token here.
    """

    library: Path
    configuration: Path
    token_label: str
    pin: str = field(repr=False)
    so_pin: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to see these tokens."""
        return {"SOFTHSM2_CONF": str(self.configuration)}

    def new_token(self, label: str) -> str:
        """Make one more token with the same PIN; a library that is loaded already must be reinitialised to see it."""
        command = ["softhsm2-util", "--init-token", "--free", "--label", label]
        command += ["--pin", self.pin, "--so-pin", self.so_pin]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **self.environment}, timeout=30)
        return label


def make_softhsm(directory: Path, *, label: str = "piaolian-test") -> SoftHSM:
    """Make a folder of tokens with one token in it; the environment of this process is left alone."""
    assert SOFTHSM_LIBRARY.exists(), "SoftHSM2 is not installed: run make setup"
    tokens = directory / "tokens"
    tokens.mkdir(mode=0o700, parents=True)
    configuration = directory / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        encoding="utf-8",
    )
    softhsm = SoftHSM(SOFTHSM_LIBRARY, configuration, label, "48213907", "90731284")
    softhsm.new_token(label)
    return softhsm


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHSM]:
    """One folder of tokens for the whole run: the library reads SOFTHSM2_CONF once in a process."""
    made = make_softhsm(tmp_path_factory.mktemp("softhsm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(made.configuration))
        yield made


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address (`postgresql://...`) of an empty PostgreSQL that lives as long as the run."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert programs, "PostgreSQL is not installed: run make setup"
    directory = tmp_path_factory.mktemp("postgres")
    prefix: list[str] = []
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root. pytest's folders are closed to others, so it gets its own.
        directory = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
        shutil.chown(directory, "nobody")
        prefix = ["setpriv", "--reuid", "nobody", "--clear-groups"]
    data = directory / "data"
    environment = {"LC_ALL": "C.UTF-8", "PATH": f"{programs[-1]}:{os.environ['PATH']}"}
    init = [*prefix, "initdb", "-D", str(data), "-U", "piaolian", "--auth=trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(init, check=True, capture_output=True, env=environment, cwd="/", timeout=120)
    port = free_port()
    serve = [*prefix, "postgres", "-D", str(data), "-p", str(port), "-k", str(directory)]
    serve += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "logging_collector=off"]
    with subprocess.Popen(serve, env=environment, cwd="/", stderr=subprocess.DEVNULL) as process:
        try:
            ready = [str(programs[-1] / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
            _wait_for(lambda: subprocess.run(ready, check=True, timeout=10), process, what="postgres")
            yield f"postgresql://piaolian@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
    if prefix:
        shutil.rmtree(directory)


def _wait_for(ask: Callable[[], _Result], process: subprocess.Popen[bytes], *, what: str) -> _Result:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return ask()
        except (ServiceError, subprocess.CalledProcessError) as exc:
            if process.poll() is not None:
                raise AssertionError(f"{what} ended with {process.returncode}") from exc
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} was not ready within {_START_SECONDS:.0f} s") from exc
        time.sleep(0.05)
