"""Everything that the chapters share: the running network, who acts, what has been issued so far."""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from demo.errors import NetworkMissingError, StoryFailedError
from piaolian_network import Network, NetworkError
from piaolian_sdk.beijing import BEIJING, day_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.cast import Cast, UnitName
    from demo.chain import DemoChain
    from demo.enrolment import EnrolledUnit
    from demo.nodes import NodeSite
    from demo.report import StoryReport
    from piaolian_sdk.client import IssuedReceipt
    from piaolian_sdk.contracts import AddressBook
    from piaolian_sdk.sm2 import Sm2PrivateKey

# A finding must stand for this long before it stops the story: a program that has just been started, or a block that
# came late, is no missing part.
_FINDING_STANDS_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt that the story issued, with what its holder keeps.

    Attributes:
        unit: unit that issued it.
        range_id: number range in the Registry.
        receipt: what the SDK gave back.
        total_fen: amount in fen, negative for a red receipt.
        payer: the payer's key pair, which opens the body.
        transaction: 0x-hex hash of the transaction that stamped it.
    """

    unit: UnitName
    range_id: int
    receipt: IssuedReceipt
    total_fen: int
    payer: Sm2PrivateKey
    transaction: str

    @property
    def code(self) -> str:
        """Receipt code, 8 digits."""
        return str(self.receipt.code)

    @property
    def number(self) -> str:
        """Receipt number, 10 digits."""
        return str(self.receipt.number)

    @property
    def key(self) -> str:
        """Code and number, 18 digits."""
        return self.code + self.number


@dataclass(slots=True)
class World:
    """The state of a run.

    Attributes:
        directory: folder of everything that this run makes.
        report: where steps are written down.
        network: validators, kubo daemons and, under the same supervisor, nodes and oracles.
        cast: who holds keys outside the finance departments.
        chain: administrators' access to the chain.
        address_book: where the contracts are.
        sites: the finance nodes by the city they answer for.
        units: units by name once they are registered.
        issued: final receipts, in order of issue.
        stopped: programs that the caller wanted stopped.
        closing: connections to close at the end.
        facts: what later chapters need of earlier ones, by name.
    """

    directory: Path
    report: StoryReport
    network: Network
    cast: Cast
    chain: DemoChain | None = None
    address_book: AddressBook | None = None
    sites: dict[str, NodeSite] = field(default_factory=dict)
    units: dict[UnitName, EnrolledUnit] = field(default_factory=dict)
    issued: list[Issued] = field(default_factory=list)
    stopped: tuple[str, ...] = ()
    closing: ExitStack = field(default_factory=ExitStack)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ledger(self) -> DemoChain:
        """The chain, once the contracts are deployed."""
        if self.chain is None:
            raise StoryFailedError("the contracts are not deployed yet")
        return self.chain

    @property
    def book(self) -> AddressBook:
        """The address book, once the contracts are deployed."""
        if self.address_book is None:
            raise StoryFailedError("the contracts are not deployed yet")
        return self.address_book

    def now(self) -> datetime:
        """Beijing time."""
        return datetime.now(BEIJING)

    def today(self) -> int:
        """Days since 1970-01-01 of the present Beijing day."""
        return day_number(self.now().date())

    def deadline(self, seconds: int = 600) -> int:
        """Unix time until which an act signed now may be mined."""
        return int(time.time()) + seconds

    def receipts_of(self, unit: UnitName) -> Iterator[Issued]:
        """Receipts that one unit issued."""
        return (issued for issued in self.issued if issued.unit == unit)

    def close(self) -> None:
        """Close every connection; whatever runs goes on running."""
        self.closing.close()

    def require_whole(self) -> None:
        """Check that every validator, kubo and program runs and that the chain grows.

        Raises:
            NetworkMissingError: something does not, and has not for some seconds; the error names it.
        """
        deadline = time.monotonic() + _FINDING_STANDS_SECONDS
        while missing := missing_parts(self.network):
            if time.monotonic() > deadline:
                raise NetworkMissingError(missing)
            self.report.progress("检查网络：" + missing[0])
            time.sleep(0.5)


def missing_parts(network: Network) -> list[str]:
    """Say what is missing now, each part by its program's name."""
    try:
        status = network.status()
    except NetworkError as exc:
        return [str(exc)]
    return [f"{finding.subject}: {finding}" for finding in status.findings]


def fresh_network(directory: Path) -> Network:
    """Make a new network in a folder, after whatever an earlier run left there was stopped and removed.

    Raises:
        StoryFailedError: the folder holds something that no run of the story made.
    """
    if directory.exists():
        if not (directory / "members.toml").exists() and any(directory.iterdir()):
            raise StoryFailedError(f"{directory.name} holds other things than a network; give another folder")
        stop_network(directory)
        shutil.rmtree(directory)
    return Network.create(directory, validators=3, kubo=2, oracles=3)


def stop_network(directory: Path) -> None:
    """Stop the network in a folder, if there is one."""
    if (directory / "members.toml").exists():
        Network(directory).down()


def program_named(network: Network, name: str) -> str:
    """Translate ``kubo-2`` or ``validator-3`` into the supervisor's name; other names are taken as they are.

    Raises:
        StoryFailedError: the network has no such program.
    """
    programs = {
        **{f"kubo-{number}": program for number, program in enumerate(network.kubo_programs, 1)},
        **{f"validator-{number}": program for number, program in enumerate(network.validator_programs, 1)},
    }
    wanted = programs.get(name, name)
    if wanted not in network.processes:
        raise StoryFailedError(f"the network has no program {name}; it has {', '.join(sorted(programs))}")
    return wanted
