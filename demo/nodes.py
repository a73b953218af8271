"""Two finance nodes: each with its own token, its own database, its own kubo and the other's as second store."""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from demo import checkpoints
from demo.cast import HOSPITAL_CITY, REGISTRY_CITY, point_of
from demo.catalogue import ITEMS, ROUNDING_CODE
from demo.errors import StoryFailedError
from demo.programs import command_path, make_token_folder, new_pin, run_command, write_secret
from piaolian_sdk.client.connection import NodeConnection
from piaolian_sdk.signing import SUITE_P256
from piaolian_sdk.sm2 import Sm2PrivateKey

if TYPE_CHECKING:
    from pathlib import Path

    from demo.world import World

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_PUBLIC_KEY: Final = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----\n?", re.DOTALL)
_DEPARTMENTS: Final = {HOSPITAL_CITY: "测试一市财政局", REGISTRY_CITY: "测试二市财政局"}
_READY_WITHIN_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class NodeSite:
    """One finance department's place.

    Attributes:
        name: program name prefix under the supervisor.
        city: six digits of the city that it answers for.
        department: name of the department.
        directory: its files.
        base_url: address of its API and pages.
        environment: settings of API and worker.
        chain_address: account of its relayer.
        checkpoint_point: key with which it signs checkpoints, 65 bytes.
        encryption: opens the bodies of its receipts.
        own_kubo: RPC address of its own daemon.
        second_kubo: RPC address of the daemon that keeps the second copy.
        officer_connection: an official of the department asks over it.
        public_connection: anybody asks over it.
    """

    name: str
    city: str
    department: str
    directory: Path
    base_url: str
    environment: dict[str, str]
    chain_address: str
    checkpoint_point: bytes
    encryption: Sm2PrivateKey
    own_kubo: str
    second_kubo: str
    officer_connection: NodeConnection
    public_connection: NodeConnection

    @property
    def area(self) -> str:
        """Four digits of the city, within which its relayer may act."""
        return self.city[:4]


def prepare(world: World, city: str, *, index: int) -> NodeSite:
    """Make a node's folder, token, keys, certificate and settings; nothing runs yet."""
    name = f"node-{city}"
    directory = world.network.directory / name
    (directory / "data").mkdir(parents=True)
    port = world.network.program_port(index)
    base_url = f"http://127.0.0.1:{port}"
    kubo = world.network.kubo_api_urls
    # A network with one daemon keeps one copy.
    second_kubo = kubo[(1 - index) % len(kubo)]
    encryption = Sm2PrivateKey.generate(secrets.token_bytes)
    roots = directory / "roots"
    roots.mkdir()
    for number, root in enumerate(world.cast.roots_pem, 1):
        (roots / f"root-{number}.pem").write_bytes(root)
    environment = make_token_folder(directory) | {
        "PIAOLIAN_NODE_PROFILE": "dev",
        "PIAOLIAN_NODE_LISTEN_HOST": "127.0.0.1",
        "PIAOLIAN_NODE_LISTEN_PORT": str(port),
        "PIAOLIAN_NODE_PUBLIC_URL": base_url,
        "PIAOLIAN_NODE_DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'data' / 'node.sqlite'}",
        "PIAOLIAN_NODE_RPC_URLS": json.dumps(world.network.rpc_urls[index:] + world.network.rpc_urls[:index]),
        "PIAOLIAN_NODE_ADDRESS_BOOK": str(world.facts["address_book_path"]),
        "PIAOLIAN_NODE_FINALITY_DEPTH": str(world.network.finality_depth),
        "PIAOLIAN_NODE_KUBO_API": kubo[index],
        "PIAOLIAN_NODE_KUBO_API_SECOND": second_kubo,
        "PIAOLIAN_NODE_TOKEN_LABEL": name,
        "PIAOLIAN_NODE_TOKEN_PIN_FILE": str(write_secret(directory / "pin", new_pin())),
        "PIAOLIAN_NODE_DATA_DIR": str(directory / "data"),
        "PIAOLIAN_NODE_AREA": city[:4],
        "PIAOLIAN_NODE_DEPARTMENT": _DEPARTMENTS[city],
        "PIAOLIAN_NODE_SUPERVISION_CERTIFICATE": str(directory / "supervision.pem"),
        "PIAOLIAN_NODE_ENCRYPTION_KEY_FILE": str(write_secret(directory / "encryption-key", encryption.scalar.hex())),
        "PIAOLIAN_NODE_TRUST_ROOTS": str(roots),
        "PIAOLIAN_NODE_CHECKPOINT_MEMBER": name,
        # Written before anything starts, when the contracts are deployed and every member's key is known.
        "PIAOLIAN_NODE_TRUST_FILE": str(checkpoints.trust_path(world)),
        # The story checks every receipt one by one and asks for several hundred bodies within seconds.
        "PIAOLIAN_NODE_REQUESTS_PER_MINUTE": "60000",
        "PIAOLIAN_NODE_PUBLIC_REQUESTS_PER_MINUTE": "6000",
    }
    address, public_key, checkpoint_point = _make_keys(directory, environment)
    certificate = world.cast.authorities[SUITE_P256].certify(_DEPARTMENTS[city], public_key, usage="sign", days=365)
    (directory / "supervision.pem").write_bytes(certificate)
    officer = NodeConnection(base_url, world.cast.officers[city].document_signer)
    anybody = NodeConnection(base_url, None)
    for connection in (officer, anybody):
        world.closing.callback(connection.close)
    return NodeSite(
        name=name,
        city=city,
        department=_DEPARTMENTS[city],
        directory=directory,
        base_url=base_url,
        environment=environment,
        chain_address=address,
        checkpoint_point=checkpoint_point,
        encryption=encryption,
        own_kubo=kubo[index],
        second_kubo=second_kubo,
        officer_connection=officer,
        public_connection=anybody,
    )


def settle_in(world: World, site: NodeSite) -> None:
    """Make the database, and tell the node who may ask and how items are called."""
    node = command_path("piaolian-node")
    run_command([node, "migrate"], site.environment)
    names = site.directory / "catalogue.json"
    entries = {item.code: {"name": item.name, "rounding": item.code == ROUNDING_CODE} for item in ITEMS}
    names.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    parties: list[dict[str, object]] = [
        _party(site, "unit", unit.unit.certificate_pem)
        | {"unit": unit.number, "encryption_key": point_of(unit.unit.encryption), "name": unit.unit.issuer.name}
        for unit in world.units.values()
        if unit.unit.issuer.area == site.city
    ]
    parties.append(_party(site, "auditor", world.cast.officers[site.city].certificate_pem))
    parties += [_party(site, "booker", booker.certificate_pem) for booker in world.cast.bookers.values()]
    callers = site.directory / "parties.json"
    callers.write_text(json.dumps(parties, ensure_ascii=False), encoding="utf-8")
    run_command([node, "party", "import", str(callers)], site.environment)
    run_command([node, "catalogue", "import", str(names)], site.environment)


def start(world: World, site: NodeSite) -> None:
    """Put API and worker under the network's supervisor."""
    node = command_path("piaolian-node")
    for program in ("serve", "worker"):
        world.network.add_program(f"{site.name}-{program}", [node, program], site.environment, site.directory)


def wait_ready(world: World, site: NodeSite) -> None:
    """Wait until a node answers that it is ready.

    Raises:
        StoryFailedError: it does not in time; its last answer is told.
    """
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    answer = "no answer"
    while time.monotonic() < deadline:
        world.report.progress(f"等待节点 {site.name} / waiting for the node")
        try:
            response = httpx.get(f"{site.base_url}/readyz", timeout=5)
        except httpx.HTTPError as exc:
            answer = type(exc).__name__
        else:
            if response.status_code == httpx.codes.OK:
                return
            answer = response.text[:300]
        time.sleep(0.3)
    raise StoryFailedError(f"{site.name} was not ready within {_READY_WITHIN_SECONDS:.0f} s: {answer}")


def _make_keys(directory: Path, environment: dict[str, str]) -> tuple[str, EllipticCurvePublicKey, bytes]:
    """Run the key ceremony; returns the relayer's address, the supervision key and the checkpoint key."""
    so_pin = write_secret(directory / "so-pin", new_pin())
    printed = run_command(
        [command_path("piaolian-node"), "keys", "init", "--make-token", "--so-pin-file", str(so_pin)], environment
    )
    address, public_key = _ADDRESS.search(printed), _PUBLIC_KEY.search(printed)
    if address is None or public_key is None:
        raise StoryFailedError("piaolian-node keys init printed no address or no public key")
    key = load_pem_public_key(public_key.group().encode("ascii"))
    if not isinstance(key, EllipticCurvePublicKey):
        raise StoryFailedError("the supervision key is on no elliptic curve")
    return address.group(), key, checkpoints.point_in(printed)


def _party(site: NodeSite, role: str, certificate_pem: bytes) -> dict[str, object]:
    """Write a caller's certificate beside the node and return its entry in the node's list."""
    certificate = site.directory / "parties" / f"{secrets.token_hex(8)}.pem"
    certificate.parent.mkdir(exist_ok=True)
    certificate.write_bytes(certificate_pem)
    return {"role": role, "certificate": str(certificate)}
