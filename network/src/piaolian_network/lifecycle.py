"""A local network as an object: create, up, status, down.

Example::

    network = Network.create(Path("var/network"), validators=3, kubo=2)
    network.up(print)
    print(network.status().problems)
    network.down()
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from piaolian_network import (
    anvil,
    checkpoints,
    creation,
    deploy,
    geth,
    keys,
    kubo,
    observation,
    ports,
    preparation,
    readiness,
    status,
    trust,
)
from piaolian_network.creation import MEMBERS_FILE, Plan, member_folder
from piaolian_network.errors import StateError
from piaolian_network.genesis import FUNDS_WEI
from piaolian_network.keys import KeyFile
from piaolian_network.members import Engine, Member, Members, Oracle, read_members
from piaolian_network.programs import find_program
from piaolian_network.roles import Role
from piaolian_network.supervisor import Program, Supervisor
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.proof import TrustFile

Progress = Callable[[str], None]

# Validators must be connected before the first block is due, or each starts a fork of its own.
_GENESIS_LEAD_SECONDS: Final = 4


def _silent(_message: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Accounts:
    """Keys of the accounts that have a task of their own."""

    administrator: KeyFile
    supervisor: KeyFile
    checker: KeyFile
    node: KeyFile
    oracles: list[KeyFile]


class Network:
    """One network in one folder, all of whose members live on this machine.

    Args:
        directory: The network's folder, made by `create`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.members: Members = read_members(self.directory / MEMBERS_FILE)
        self._supervisor = Supervisor(self.directory)

    @classmethod
    def create(
        cls,
        directory: Path,
        *,
        validators: int = 3,
        kubo: int = 2,
        base_port: int | None = None,
        oracles: int = 3,
        funded: Sequence[str] = (),
        engine: Engine = "clique",
        chain_id: int = creation.DEFAULT_CHAIN_ID,
    ) -> Self:
        """Make the folder of a new network; nothing is started.

        Raises:
            StateError: The folder already holds a network (`network-exists`).
        """
        plan = Plan(
            validators=validators,
            kubo=kubo,
            oracles=oracles,
            engine=engine,
            chain_id=chain_id,
            base_port=base_port,
            funded=funded,
        )
        creation.create_folder(directory, plan)
        return cls(directory)

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return self.members.chain.id

    @property
    def finality_depth(self) -> int:
        """How many blocks below the head a block is final: floor(N/2)+1 with Clique, 0 with QBFT and anvil."""
        if self.members.chain.engine == "clique":
            return len(self.members.validators) // 2 + 1
        return 0

    @property
    def rpc_urls(self) -> list[str]:
        """JSON-RPC address of each validator, or of the sandbox's anvil."""
        return [member.rpc_url for member in self.members.chain_members]

    @property
    def kubo_api_urls(self) -> list[str]:
        """RPC API address of each kubo daemon."""
        return [member.ipfs_api_url for member in self.members.ipfs_members]

    @property
    def validator_programs(self) -> list[str]:
        """Supervisor names of the chain's clients, in the order of `rpc_urls`."""
        engine = self.members.chain.engine
        return [observation.chain_program(engine, member.name) for member in self.members.chain_members]

    @property
    def kubo_programs(self) -> list[str]:
        """Supervisor names of the kubo daemons, in the order of `kubo_api_urls`."""
        return [f"ipfs-{member.name}" for member in self.members.ipfs_members]

    @property
    def accounts(self) -> Accounts:
        """Keys of administrator, supervisor, first node and oracles."""
        folder = self.directory / "keys"
        return Accounts(
            keys.open_key_file(folder, "administrator"),
            keys.open_key_file(folder, "supervisor"),
            keys.open_key_file(folder, "checker"),
            keys.open_key_file(folder, "node"),
            [keys.open_key_file(folder, oracle.name) for oracle in self.members.oracles],
        )

    @property
    def processes(self) -> dict[str, int]:
        """Process id of each running program."""
        return self._supervisor.pids()

    def program_port(self, index: int) -> int:
        """Return the port that the layout keeps for added program `index` (from 0, below 100)."""
        return ports.program_port(self.members.chain.base_port, index)

    def up(self, progress: Progress = _silent) -> None:
        """Start every program and wait until the chain grows and the swarm is connected.

        Safe to repeat: a network that runs is left alone, programs that were stopped are started.

        Raises:
            StateError: A port is taken by another program (`port-taken`).
            ToolError: A program is missing or did not start.
            ServiceError: A service was not ready in time (`start-timeout`); the message names it.
        """
        if self._supervisor.is_running():
            progress("网络已在运行，检查各程序")
            for name in self._supervisor.program_names():
                self._supervisor.start_program(name)
        else:
            self._check_ports()
            self._prepare(progress)
            progress("启动监管程序、验证节点与 kubo")
            self._supervisor.start()
        readiness.wait_until_ready(self.members, progress)
        if self.members.chain.engine == "anvil":
            anvil.fund(self.members, FUNDS_WEI)

    def down(self) -> None:
        """Stop every program of this network and nothing else; safe to repeat."""
        self._supervisor.stop()

    def status(self) -> status.NetworkStatus:
        """Ask every service once and say how the network stands."""
        return observation.observe(self.members, self._supervisor.states(), now_unix=int(time.time()))

    def start(self, name: str) -> None:
        """Start one program by its supervisor name."""
        self._supervisor.start_program(name)

    def stop(self, name: str) -> None:
        """Stop one program by its supervisor name, and keep it stopped."""
        self._supervisor.stop_program(name)

    def add_program(self, name: str, command: list[str], environment: Mapping[str, str], directory: Path) -> None:
        """Put one more program (a node, an oracle) under the supervisor; it starts at once when the network runs.

        A program of the same name is replaced, and restarted when its definition changed.
        """
        if name in (*self.validator_programs, *self.kubo_programs):
            raise StateError(
                "program-unknown", f"{name} is a program of the network itself", f"{name} 是网络自身的程序"
            )
        self._supervisor.write_program(Program(name, command, directory, environment))
        if self._supervisor.is_running():
            self._supervisor.update()

    def remove_program(self, name: str) -> None:
        """Stop an added program and forget it."""
        self._supervisor.remove_program(name)

    def write_files(self, *, compose_file: Path | None = None) -> list[Path]:
        """Write the files that members exchange or docker reads; see `preparation.write_files`."""
        self.members, written = preparation.write_files(
            self.directory,
            self.members,
            first_block_unix=int(time.time()) + _GENESIS_LEAD_SECONDS,
            compose_file=compose_file,
        )
        return written

    @property
    def address_book_path(self) -> Path:
        """Where `deploy` writes the address book."""
        return self.directory / "addresses.json"

    def deploy(
        self,
        progress: Progress = _silent,
        *,
        nodes: Mapping[str, str] | None = None,
        oracles: Sequence[Oracle] | None = None,
    ) -> AddressBook:
        """Deploy the contracts and write the address book; a repetition finishes or checks what was done.

        Both supervisors get the area of the first member. A repetition must be given the same nodes and oracles.

        Args:
            progress: Told what goes on.
            nodes: Relayer accounts and their areas, beside the account of `keys/node.key`.
            oracles: The committee; None takes that of members.toml.

        Raises:
            NetworkError: A transaction was refused, or the chain does not answer.
        """
        accounts, area = self.members.accounts, self.members.members[0].area
        setup = deploy.Setup(
            supervisors={accounts.supervisor: area, accounts.checker: area},
            nodes={accounts.node: area, **(nodes or {})},
            oracles=self.members.oracles if oracles is None else oracles,
            threshold=self.members.committee.threshold,
        )
        key = self.accounts.administrator.read_private_key()
        journal = self.directory / "deployment.json"
        book = deploy.deploy(self.rpc_urls[0], key, setup, journal=journal, progress=progress)
        self.address_book_path.write_text(book.to_json(), encoding="utf-8")
        checkpoints.register(self.rpc_urls[0], key, book, self.checkpoint_members)
        return book

    @property
    def checkpoint_members(self) -> list[checkpoints.CheckpointMember]:
        """Every key that a member ever signed checkpoints with."""
        return checkpoints.read_checkpoint_members(self.directory / checkpoints.CHECKPOINT_MEMBERS_FILE)

    def set_checkpoint_key(self, name: str, address: str, point: bytes) -> None:
        """Note a member's checkpoint key, and write it into the Registry where the contracts are deployed.

        Args:
            name: The member, as its node names itself.
            address: Its account.
            point: Public key, 65 bytes.

        Raises:
            InputError: It is no key.
            NetworkError: The key counted before, or the transaction was refused.
        """
        members = checkpoints.with_key(self.checkpoint_members, name, address, point, int(time.time()))
        checkpoints.write_checkpoint_members(self.directory / checkpoints.CHECKPOINT_MEMBERS_FILE, members)
        if self.address_book_path.exists():
            book = deploy.read_address_book(self.address_book_path)
            checkpoints.register(self.rpc_urls[0], self.accounts.administrator.read_private_key(), book, members)

    def trust(
        self,
        name: str,
        roots: Sequence[str],
        supervisors: Sequence[str],
        *,
        quorum: int | None = None,
        revocations: Sequence[tuple[str, int]] = (),
        earlier: TrustFile | None = None,
    ) -> TrustFile:
        """Return the trust file for verifiers.

        Args:
            name: Of the network, for people.
            roots: PEM of the authorities.
            supervisors: PEM of the certificates that finance departments countersign with.
            quorum: How many members must sign a checkpoint; None takes the least above half.
            revocations: Serial number (hexadecimal, capital) and Unix seconds of each.
            earlier: The file before, whose history is kept.

        Raises:
            NetworkError: A part is wrong, or the chain does not answer.
        """
        book = deploy.read_address_book(self.address_book_path)
        members = self.checkpoint_members
        present = sum(member.is_open() for member in members)
        parts = trust.TrustParts(
            network_name=name,
            is_sandbox=self.members.chain.engine == "anvil",
            made_at=int(time.time()),
            proxy_code_hashes=trust.read_proxy_code_hashes(self.rpc_urls[0], book),
            members=members,
            quorum=quorum if quorum is not None else (present // 2 + 1 if present else 0),
            certificate_roots=roots,
            supervisors=supervisors,
            revocations=revocations,
        )
        return trust.trust_file(book, parts, earlier)

    def fund(self, *addresses: str, amount_wei: int = FUNDS_WEI // 1000) -> None:
        """Send ether from the administrator, for accounts whose keys were made after genesis."""
        deploy.fund(self.rpc_urls[0], self.accounts.administrator.read_private_key(), addresses, amount_wei)

    def grant(self, role: Role, holders: Mapping[str, str]) -> None:
        """Give a role to accounts (account to area digits) after the deployment."""
        book = deploy.read_address_book(self.address_book_path)
        deploy.grant(self.rpc_urls[0], self.accounts.administrator.read_private_key(), book, role, holders)

    def _check_ports(self) -> None:
        members = self.members
        wanted = ports.used_ports(
            members.chain.base_port, validators=len(members.validators), kubo=len(members.ipfs_members)
        )
        taken = [str(port) for port in wanted if not ports.is_free(port)]
        if taken:
            listed = ", ".join(taken)
            raise StateError(
                "port-taken",
                f"ports {listed} are taken by another program",
                f"端口 {listed} 已被其他程序占用",
                "停掉占用端口的程序，或用另一个 --base-port 重新建立网络。",
            )

    def _prepare(self, progress: Progress) -> None:
        """Make data folders and program files; the first time also the genesis block."""
        if self.members.chain.engine == "qbft":
            raise StateError(
                "members-invalid",
                "a QBFT network is started by docker compose",
                "QBFT 网络不由本命令启动",
                "运行 docker compose up -d。",
            )
        ipfs_program = find_program("ipfs") if self.members.ipfs_members else Path()
        with ThreadPoolExecutor(max_workers=4) as pool:
            daemons = [pool.submit(self._prepare_kubo, ipfs_program, member) for member in self.members.ipfs_members]
            for daemon in daemons:
                daemon.result()
            progress("写入创世块")
            self.members = preparation.fix_genesis(
                self.directory, self.members, first_block_unix=int(time.time()) + _GENESIS_LEAD_SECONDS
            )
            validators = [pool.submit(self._prepare_geth, member) for member in self.members.validators]
            for validator in validators:
                validator.result()
        if self.members.chain.engine == "anvil":
            command = anvil.run_command(find_program("anvil"), self.members, self.directory)
            self._supervisor.write_program(Program(self.validator_programs[0], command, self.directory))

    def _prepare_geth(self, member: Member) -> None:
        program = find_program("geth")
        folder = member_folder(self.directory, member.name)
        preparation.prepare_geth(program, self.directory, self.members, member)
        command = geth.run_command(program, self.members, member, folder)
        self._supervisor.write_program(Program(f"geth-{member.name}", command, folder))

    def _prepare_kubo(self, program: Path, member: Member) -> None:
        folder = member_folder(self.directory, member.name)
        listen = kubo.listen_on_loopback(self.members, member)
        preparation.prepare_kubo(program, self.directory, self.members, member, listen)
        environment = kubo.environment(folder)
        self._supervisor.write_program(Program(f"ipfs-{member.name}", kubo.run_command(program), folder, environment))
