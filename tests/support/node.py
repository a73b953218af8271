"""A real node for tests: contracts, units and numbers on a real chain, keys in SoftHSM, API and worker as processes."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from demo.cast import Cast, UnitName, assemble, point_of
from demo.catalogue import ITEMS
from demo.chain import Call, DemoChain
from demo.enrolment import EnrolledUnit, allot_ranges, register_units, set_items
from demo.samples import generate_outpatient
from piaolian_network import Network
from piaolian_network.deploy import Setup, deploy
from piaolian_network.members import Oracle
from piaolian_network.ports import free_port
from piaolian_node.database import Database
from piaolian_node.registry.parties import Role, add_party
from piaolian_sdk.beijing import BEIJING, day_number
from piaolian_sdk.client import BookerClient, PublicClient, ReceiptDraft, UnitClient
from piaolian_sdk.contracts import AddressBook, SettlementGroup, report_digest
from piaolian_sdk.contracts.abi import CONTRACT_NAMES
from piaolian_sdk.contracts.chain import FinalityPolicy
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.signing import SUITE_P256, DocumentCertificate
from piaolian_sdk.sm2 import Sm2PrivateKey
from support.services import SOFTHSM_LIBRARY, SoftHSM, make_softhsm

DEPARTMENT: Final = "测试市财政局"
_READY_SECONDS: Final = 120.0
_ROUNDING: Final = "060299"


@dataclass
class Province:
    """A chain with contracts, units and ranges; no node yet.

    Attributes:
        supervisor_key: Private key of the supervisor's account.
        administrator_key: Private key of the account that deployed.
        units: Registered units with their ranges.
    """

    cast: Cast
    chain: DemoChain
    book: AddressBook
    rpc_urls: list[str]
    finality_depth: int
    administrator_key: bytes
    supervisor_key: bytes
    units: dict[UnitName, EnrolledUnit]
    items: dict[str, int]

    def reader(self) -> ChainReader:
        """Return a reader of the chain."""
        return ChainReader(self.rpc_urls[0], self.book, FinalityPolicy(self.finality_depth))


def make_province(
    *,
    rpc_urls: list[str],
    finality_depth: int,
    administrator_key: bytes,
    supervisor: tuple[str, bytes],
    node_address: str,
    oracles: Mapping[str, int],
    area: str = "32",
) -> Province:
    """Deploy contracts, give roles, set the catalogue, register the units and allot their ranges."""
    cast = assemble()
    committee = [Oracle(name=f"oracle-{source}", address=address, source=source) for address, source in oracles.items()]
    setup = Setup(supervisors={supervisor[0]: area}, nodes={node_address: area}, oracles=committee, threshold=2)
    book = deploy(rpc_urls[0], administrator_key, setup)
    chain = DemoChain(rpc_urls[0], {name: book.address_of(name) for name in CONTRACT_NAMES})
    items = set_items(chain, supervisor[1])
    units = register_units(chain, supervisor[1], cast.units.values())
    allot_ranges(chain, supervisor[1], units, datetime.now(BEIJING).year)
    return Province(cast, chain, book, rpc_urls, finality_depth, administrator_key, supervisor[1], units, items)


@dataclass
class NodeSite:
    """One node: its folder, its settings and its processes.

    Attributes:
        environment: Settings of API and worker.
        account: Address of its relayer.
        encryption: Opens the bodies of its receipts.
    """

    directory: Path
    environment: dict[str, str]
    account: str
    encryption: Sm2PrivateKey
    softhsm: SoftHSM
    supervision_key: EllipticCurvePublicKey
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """Address of the API."""
        return self.environment["PIAOLIAN_NODE_PUBLIC_URL"]

    def command(self, *arguments: str, check: bool = True) -> str:
        """Run a command of the node to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "piaolian_node.cli", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment},
            timeout=120,
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, *names: str) -> None:
        """Start the API (``serve``), the ``worker``, or both."""
        for name in names or ("serve", "worker"):
            log = (self.directory / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "piaolian_node.cli", name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
            log.close()
        if "serve" in (names or ("serve",)):
            try:
                self.wait_ready()
            except BaseException:
                # Nobody else would end them: the caller has no running node.
                self.stop()
                raise

    def wait_ready(self) -> None:
        """Wait until the API answers."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            process = self.processes["serve"]
            assert process.poll() is None, (self.directory / "serve.log").read_text(encoding="utf-8")[-3000:]
            try:
                if httpx.get(f"{self.base_url}/healthz", timeout=2).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the API was not ready in time")

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)

    def stop(self) -> None:
        """End all processes in order."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=10)
        self.processes.clear()

    def logs(self) -> str:
        """Return what the processes wrote so far."""
        return "".join(path.read_text(encoding="utf-8") for path in sorted(self.directory.glob("*.log")))


def make_site(directory: Path, *, area: str = "32", settings: Mapping[str, str] | None = None) -> NodeSite:
    """Make folder, token and keys of a node. The chain is told later: roles need the account that this makes."""
    directory.mkdir(parents=True, exist_ok=True)
    softhsm = make_softhsm(directory / "hsm", label="node")
    encryption = Sm2PrivateKey.generate(secrets.token_bytes)
    port = free_port()
    roots = directory / "roots"
    roots.mkdir()
    environment = {
        **softhsm.environment,
        "PYTHONWARNINGS": "ignore",
        "PIAOLIAN_NODE_PROFILE": "dev",
        "PIAOLIAN_NODE_LISTEN_PORT": str(port),
        "PIAOLIAN_NODE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PIAOLIAN_NODE_DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'node.sqlite'}",
        "PIAOLIAN_NODE_ADDRESS_BOOK": str(directory / "addresses.json"),
        "PIAOLIAN_NODE_PKCS11_MODULE": str(SOFTHSM_LIBRARY),
        "PIAOLIAN_NODE_TOKEN_LABEL": "node",
        "PIAOLIAN_NODE_TOKEN_PIN": softhsm.pin,
        "PIAOLIAN_NODE_DATA_DIR": str(directory / "data"),
        "PIAOLIAN_NODE_AREA": area,
        "PIAOLIAN_NODE_DEPARTMENT": DEPARTMENT,
        "PIAOLIAN_NODE_SUPERVISION_CERTIFICATE": str(directory / "supervision.pem"),
        "PIAOLIAN_NODE_ENCRYPTION_KEY": encryption.scalar.hex(),
        "PIAOLIAN_NODE_TRUST_ROOTS": str(roots),
        "PIAOLIAN_NODE_REVOCATION_LISTS": str(directory / "revocations"),
        **(settings or {}),
    }
    site = NodeSite(directory, environment, "", encryption, softhsm, _no_key())
    printed = site.command("keys", "init")
    site.account = next(word for word in printed.split() if word.startswith("0x"))
    key = load_pem_public_key(printed[printed.index("-----BEGIN") :].encode())
    assert isinstance(key, EllipticCurvePublicKey)
    site.supervision_key = key
    return site


def _no_key() -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1()).public_key()


def settle_in(site: NodeSite, province: Province, kubo_urls: list[str]) -> None:
    """Tell a node its network, who may ask and how items are called; nothing runs yet."""
    site.environment |= {
        "PIAOLIAN_NODE_RPC_URLS": json.dumps(province.rpc_urls),
        "PIAOLIAN_NODE_FINALITY_DEPTH": str(province.finality_depth),
        "PIAOLIAN_NODE_KUBO_API": kubo_urls[0],
        **({"PIAOLIAN_NODE_KUBO_API_SECOND": kubo_urls[1]} if len(kubo_urls) > 1 else {}),
    }
    (site.directory / "addresses.json").write_text(province.book.to_json(), encoding="utf-8")
    for number, root in enumerate(province.cast.roots_pem):
        (site.directory / "roots" / f"{number}.pem").write_bytes(root)
    (site.directory / "revocations").mkdir()
    for suite, authority in province.cast.authorities.items():
        (site.directory / "revocations" / f"{suite}.pem").write_bytes(authority.revocation_list({}, number=1))
    certificate = province.cast.authorities[SUITE_P256].certify(DEPARTMENT, site.supervision_key)
    (site.directory / "supervision.pem").write_bytes(certificate)
    site.command("migrate")
    asyncio.run(_register_parties(site, province))
    names = {item.code: {"name": item.name, "rounding": item.code == _ROUNDING} for item in ITEMS}
    (site.directory / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    site.command("catalogue", "import", str(site.directory / "names.json"))


async def _register_parties(site: NodeSite, province: Province) -> None:
    """Do what ``piaolian-node party add`` does, without the two seconds that each command takes to start."""
    database = Database(site.environment["PIAOLIAN_NODE_DATABASE_URL"])

    async def add(
        role: Role, name: str, certificate_pem: bytes, unit: int | None = None, encryption_point: str | None = None
    ) -> None:
        certificate = DocumentCertificate.from_pem(certificate_pem)
        await add_party(
            database,
            role=role,
            name=name,
            unit=unit,
            certificate=certificate,
            encryption_point=encryption_point,
            now_ms=int(time.time() * 1000),
        )

    try:
        for enrolled in province.units.values():
            unit = enrolled.unit
            await add("unit", unit.issuer.name, unit.certificate_pem, enrolled.number, point_of(unit.encryption))
        for booker in province.cast.bookers.values():
            await add("booker", booker.name, booker.certificate_pem)
        for city, officer in province.cast.officers.items():
            await add("auditor", city, officer.certificate_pem)
    finally:
        await database.close()


@dataclass
class NodeWorld:
    """A running node over its province, and clients of everybody."""

    province: Province
    site: NodeSite
    kubo_urls: list[str]
    oracle_keys: list[bytes] = field(default_factory=list, repr=False)
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    def unit(self, name: UnitName) -> UnitClient:
        """Return a client of a unit."""
        enrolled = self.province.units[name]
        return UnitClient(
            self.site.base_url,
            unit=enrolled.number,
            document_signer=enrolled.unit.document_signer,
            chain_signer=enrolled.unit.chain_signer,
            address_book=self.province.book,
            http=self._http,
        )

    def booker(self, name: str) -> BookerClient:
        """Return a client of an employer."""
        booker = self.province.cast.bookers[name]
        return BookerClient(
            self.site.base_url,
            document_signer=booker.document_signer,
            chain_signer=booker.chain_signer,
            address_book=self.province.book,
            http=self._http,
        )

    def public(self) -> PublicClient:
        """Return a client of anybody."""
        return PublicClient(self.site.base_url, http=self._http)

    def close(self) -> None:
        """Close the connections of all clients."""
        self._http.close()


@pytest.fixture(scope="session")
def node_world(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeWorld]:
    """A node on the network of the run: three geth, two kubo, a token of its own."""
    with running_node(network, tmp_path_factory.mktemp("node")) as world:
        yield world


@contextmanager
def running_node(network: Network, directory: Path) -> Iterator[NodeWorld]:
    """Give a node on a running network, and stop it at the end."""
    site = make_site(directory / "site")
    network.fund(site.account)
    accounts = network.accounts
    province = make_province(
        rpc_urls=network.rpc_urls,
        finality_depth=network.finality_depth,
        administrator_key=accounts.administrator.read_private_key(),
        supervisor=(accounts.supervisor.address, accounts.supervisor.read_private_key()),
        node_address=site.account,
        oracles={oracle.address: source for source, oracle in enumerate(accounts.oracles, 1)},
    )
    settle_in(site, province, network.kubo_api_urls)
    site.start()
    try:
        keys = [oracle.read_private_key() for oracle in accounts.oracles]
        world = NodeWorld(province, site, network.kubo_api_urls, keys)
        yield world
        world.close()
    finally:
        site.stop()


def outpatient_drafts(world: NodeWorld, count: int, seed: int) -> list[ReceiptDraft]:
    """Return drafts of the first hospital, with business numbers of their own for each seed."""
    hospital = world.province.units["hospital"]
    code = hospital.ranges["0601"].prefix
    samples = generate_outpatient(count, seed=seed, issuer=hospital.unit.issuer, code=code, at=datetime.now(BEIJING))
    return [ReceiptDraft(f"{seed}-{sample.business_number}", parse_receipt(sample.xml).model) for sample in samples]


def settle_payments(world: NodeWorld, amounts_fen: Mapping[str, int]) -> None:
    """Have two oracles vouch for payments of one range, and settle them."""
    chain, oracle_keys = world.province.chain, world.oracle_keys
    first = next(iter(amounts_fen))
    range_id = int(chain.read("Registry", "findRange", 2, int(first[:10]), int(first[10:])))
    today = day_number(datetime.now(BEIJING).date())
    entries = b"".join(
        int(code[10:]).to_bytes(5, "big") + fen.to_bytes(6, "big") + today.to_bytes(3, "big") + secrets.token_bytes(8)
        for code, fen in sorted(amounts_fen.items())
    )
    report = secrets.token_bytes(32)
    groups = [SettlementGroup(range_id, 0, entries)]
    epoch = int(chain.read("PaymentLedger", "committee")[0])
    digest = report_digest(report, groups)
    for source, key in enumerate(oracle_keys[:2], 1):
        serial = int(chain.read("PaymentLedger", "lastSerialOf", source)) + 1
        chain.send(key, [Call("PaymentLedger", "vote", (epoch, source, serial, digest))])
    chain.send(oracle_keys[0], [Call("PaymentLedger", "settle", (epoch, report, [astuple(group) for group in groups]))])
