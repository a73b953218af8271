"""Files that are made for programs: compose, geth, kubo, supervisor."""

import itertools
import re
import shlex
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from piaolian_network import compose, creation, geth, kubo, ports, supervisor
from piaolian_network.creation import Plan, member_folder
from piaolian_network.errors import ToolError
from piaolian_network.keys import create_swarm_identity
from piaolian_network.members import Members
from piaolian_network.supervisor import Program, Supervisor

CHECKOUT = Path(__file__).parents[3]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Attachment(_Strict):
    ipv4_address: Annotated[str, Field(pattern=r"^172\.29\.32\.\d{1,3}$")]


class _Service(_Strict):
    """The part of the Compose specification that is used, each value in the one form that is used."""

    image: Annotated[str, Field(pattern=r"^[a-z0-9./-]+:v?\d+\.\d+\.\d+$")]
    user: str
    restart: Literal["unless-stopped"]
    command: list[str]
    environment: dict[str, str] = {}
    volumes: list[Annotated[str, Field(pattern=r"^\./[\w./-]+:/[\w./-]+(:ro)?$")]]
    ports: list[Annotated[str, Field(pattern=r"^127\.0\.0\.1:\d+:\d+$")]]
    networks: dict[Literal["members"], _Attachment]


class _Subnet(_Strict):
    subnet: str


class _Addressing(_Strict):
    config: list[_Subnet]


class _Bridge(_Strict):
    driver: Literal["bridge"]
    ipam: _Addressing


class _Compose(_Strict):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    services: dict[str, _Service]
    networks: dict[Literal["members"], _Bridge]


@pytest.fixture
def qbft(tmp_path: Path) -> Members:
    return creation.create_folder(tmp_path / "qbft", Plan(engine="qbft", validators=4, base_port=18_000))


@pytest.fixture
def clique(tmp_path: Path) -> Members:
    return creation.create_folder(tmp_path / "clique", Plan(base_port=20_000))


def test_compose__generated__obeys_the_schema(qbft: Members) -> None:
    document = _Compose.model_validate(yaml.safe_load(compose.compose_yaml(qbft, PurePosixPath("var/besu"))))
    assert sorted(document.services) == [
        *(f"besu-finance-{number}" for number in (1, 2, 3, 4)),
        *(f"kubo-finance-{number}" for number in (1, 2)),
    ]
    addresses = [service.networks["members"].ipv4_address for service in document.services.values()]
    assert len(set(addresses)) == len(addresses)
    published = [port.split(":")[1] for service in document.services.values() for port in service.ports]
    assert len(set(published)) == len(published)


def test_compose__enodes_and_peers__lead_to_the_services(qbft: Members) -> None:
    document = _Compose.model_validate(compose.compose_document(qbft, PurePosixPath("var/besu")))
    for member in qbft.validators:
        host = document.services[f"besu-{member.name}"].networks["members"].ipv4_address
        assert member.enode.endswith(f"@{host}:30303")
        assert f"--p2p-host={host}" in document.services[f"besu-{member.name}"].command
    for member in qbft.ipfs_members:
        host = document.services[f"kubo-{member.name}"].networks["members"].ipv4_address
        assert member.ipfs_peer.startswith(f"/ip4/{host}/tcp/4001/p2p/")


def test_compose__committed_file__is_what_the_generator_writes(qbft: Members) -> None:
    committed = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
    assert committed == compose.compose_yaml(qbft, PurePosixPath("var/besu"))


def test_geth_command__validator__listens_on_loopback_only(clique: Members, tmp_path: Path) -> None:
    member = clique.validators[1]
    command = geth.run_command(Path("geth"), clique, member, tmp_path)
    options = dict(itertools.pairwise(command))
    assert options["--http.addr"] == options["--authrpc.addr"] == "127.0.0.1"
    assert options["--netrestrict"] == "127.0.0.0/8"
    assert options["--miner.gasprice"] == "1"
    assert {"--nodiscover", "--ipcdisable", "--mine"} <= set(command)
    config = geth.config_toml(clique, member)
    assert member.enode not in config
    assert all(other.enode in config for other in clique.validators if other != member)


def test_kubo_config__member__speaks_to_nobody_outside(clique: Members) -> None:
    member = clique.ipfs_members[0]
    identity = create_swarm_identity()
    made = kubo.configure({"Datastore": {"Spec": 1}}, clique, member, identity, kubo.listen_on_loopback(clique, member))
    assert made["Datastore"] == {"Spec": 1}
    assert made["Bootstrap"] == []
    assert made["Routing"] == {"Type": "none", "DelegatedRouters": []}
    assert made["DNS"] == {"Resolvers": {}}
    for part in ("AutoConf", "AutoTLS", "HTTPRetrieval", "Provide"):
        assert made[part] == {"Enabled": False}
    assert made["Identity"] == {"PeerID": identity.peer_id, "PrivKey": identity.private_key}
    assert not re.search(r"0\.0\.0\.0|/ip6/|https?://", str(made["Addresses"]))
    peers = made["Peering"]
    assert isinstance(peers, dict)
    other = clique.ipfs_members[1].ipfs_peer
    assert [f"{peer['Addrs'][0]}/p2p/{peer['ID']}" for peer in peers["Peers"]] == [other]
    assert kubo.environment(Path("x"))["LIBP2P_FORCE_PNET"] == "1"


def test_supervisor__awkward_command__is_quoted_for_shlex(tmp_path: Path) -> None:
    command = ["/bin/echo", "it's 100%", 'say "x"', "a b"]
    Supervisor(tmp_path).write_program(Program("probe", command, tmp_path))
    text = (tmp_path / "run" / "programs" / "probe.conf").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("command="))
    assert shlex.split(line.removeprefix("command=").replace("%%", "%")) == command


@pytest.mark.parametrize("value", ["a'\"b", "line\nbreak", '"quoted"'], ids=["both quotes", "newline", "edge quote"])
def test_supervisor__environment_that_cannot_be_written__is_refused_without_its_value(
    value: str, tmp_path: Path
) -> None:
    with pytest.raises(ToolError) as caught:
        Supervisor(tmp_path).write_program(Program("probe", ["true"], tmp_path, {"SECRET_VALUE": value}))
    assert "SECRET_VALUE" in caught.value.message
    assert value not in str(caught.value)


def test_supervisor__long_folder__has_a_short_socket(tmp_path: Path) -> None:
    made = Supervisor(tmp_path / ("long" * 60))
    assert len(str(made._socket)) < 100


def test_supervisor__two_folders__have_different_marks(tmp_path: Path) -> None:
    assert Supervisor(tmp_path / "a").mark != Supervisor(tmp_path / "b").mark
    assert supervisor.MARK_VARIABLE == "PIAOLIAN_NETWORK_MARK"


def test_ports__largest_network__do_not_overlap() -> None:
    used = ports.used_ports(20_000, validators=ports.MAX_VALIDATORS, kubo=ports.MAX_KUBO)
    used += [ports.program_port(20_000, index) for index in range(100)]
    assert len(set(used)) == len(used)
    assert max(used) < 20_000 + ports.PORTS_PER_NETWORK


def test_member_folder__name__lies_below_the_network(tmp_path: Path) -> None:
    assert member_folder(tmp_path, "finance-1") == tmp_path / "members" / "finance-1"
