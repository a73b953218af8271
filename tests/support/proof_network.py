"""A node and two witnesses that sign checkpoints of the run's network, and the trust file of all three."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from piaolian_network.checkpoints import CheckpointMember, register
from piaolian_network.ports import free_port
from piaolian_network.trust import TrustParts, read_proxy_code_hashes, trust_file
from piaolian_sdk.proof import Trust
from support.node import NodeWorld
from support.services import SOFTHSM_LIBRARY, make_softhsm

NODE_MEMBER: Final = "finance-1"
WITNESSES: Final = ("audit-1", "audit-2")
_READY_SECONDS: Final = 120


@dataclass
class Witness:
    """One witness: its folder, settings and process."""

    name: str
    directory: Path
    environment: dict[str, str]
    point: bytes
    process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        """Address of its API."""
        return f"http://127.0.0.1:{self.environment['PIAOLIAN_NODE_LISTEN_PORT']}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.directory / "witness.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "piaolian_node.cli", "witness"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        try:
            self._wait_ready(self.process)
        except BaseException:
            self.stop()
            raise

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, (self.directory / "witness.log").read_text(encoding="utf-8")[-3000:]
            try:
                httpx.get(f"{self.base_url}/api/v1/checkpoints", timeout=2)
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the witness was not ready in time")

    def stop(self) -> None:
        """End it, if it runs."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=15)
            self.process = None


@dataclass
class ProofNetwork:
    """What signs, and what verifiers are given."""

    world: NodeWorld
    witnesses: list[Witness]
    trust_path: Path

    @property
    def trust(self) -> Trust:
        """The trust file."""
        return Trust.from_file(self.trust_path)


def make_witness(directory: Path, name: str, world: NodeWorld, place: int) -> Witness:
    """Make token, key and settings of a witness with a chain node of its own."""
    directory.mkdir()
    softhsm = make_softhsm(directory / "hsm", label=name)
    environment = {
        **softhsm.environment,
        "PYTHONWARNINGS": "ignore",
        "PIAOLIAN_NODE_LISTEN_PORT": str(free_port()),
        "PIAOLIAN_NODE_DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'witness.sqlite'}",
        "PIAOLIAN_NODE_RPC_URLS": json.dumps([world.province.rpc_urls[place % len(world.province.rpc_urls)]]),
        "PIAOLIAN_NODE_ADDRESS_BOOK": str(world.site.directory / "addresses.json"),
        "PIAOLIAN_NODE_FINALITY_DEPTH": str(world.province.finality_depth),
        "PIAOLIAN_NODE_PKCS11_MODULE": str(SOFTHSM_LIBRARY),
        "PIAOLIAN_NODE_TOKEN_LABEL": name,
        "PIAOLIAN_NODE_TOKEN_PIN": softhsm.pin,
        "PIAOLIAN_NODE_CHECKPOINT_MEMBER": name,
        "PIAOLIAN_NODE_DEPARTMENT": "测试审计",
    }
    return Witness(name, directory, environment, checkpoint_point(environment))


def checkpoint_point(environment: dict[str, str]) -> bytes:
    """Make the keys of a token that are absent, and return the checkpoint key."""
    done = subprocess.run(
        [sys.executable, "-m", "piaolian_node.cli", "keys", "init"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
    )
    return bytes.fromhex(next(word for word in done.stdout.split() if word.startswith("04") and len(word) == 130))


@pytest.fixture(scope="session")
def proof_network(node_world: NodeWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProofNetwork]:
    """The run's node signs checkpoints with two witnesses, each on another validator; two of three are needed."""
    with running_members(node_world, tmp_path_factory.mktemp("proof")) as made:
        yield made


@contextmanager
def running_members(node_world: NodeWorld, directory: Path) -> Iterator[ProofNetwork]:
    """Have a node sign checkpoints with two witnesses, and stop these at the end."""
    site, province = node_world.site, node_world.province
    witnesses = [make_witness(directory / name, name, node_world, place) for place, name in enumerate(WITNESSES, 1)]
    points = {NODE_MEMBER: checkpoint_point(site.environment), **{one.name: one.point for one in witnesses}}
    members = [
        CheckpointMember(name, f"0x{place:040x}", point) for place, (name, point) in enumerate(points.items(), 0xC0)
    ]
    register(province.rpc_urls[0], province.administrator_key, province.book, members)
    parts = TrustParts(
        network_name="测试网络",
        is_sandbox=False,
        made_at=int(time.time()),
        proxy_code_hashes=read_proxy_code_hashes(province.rpc_urls[0], province.book),
        members=members,
        quorum=2,
        certificate_roots=[pem.decode("ascii") for pem in province.cast.roots_pem],
        supervisors=[(site.directory / "supervision.pem").read_text(encoding="ascii")],
    )
    trust_path = directory / "trust.json"
    trust_path.write_text(trust_file(province.book, parts).to_json(), encoding="utf-8")
    for witness in witnesses:
        witness.start()
    site.stop()
    site.environment |= {
        "PIAOLIAN_NODE_CHECKPOINT_MEMBER": NODE_MEMBER,
        "PIAOLIAN_NODE_CHECKPOINT_PEERS": json.dumps([witness.base_url for witness in witnesses]),
        "PIAOLIAN_NODE_TRUST_FILE": str(trust_path),
    }
    site.start()
    try:
        yield ProofNetwork(node_world, witnesses, trust_path)
    finally:
        for witness in witnesses:
            witness.stop()
