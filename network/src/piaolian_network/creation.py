"""Makes the folder of a new network whose members all live on this machine.

Layout of the folder::

    members.toml                     public description
    genesis.json                     written at the first start, when its time is fixed
    swarm.key                        shared key of the private swarm
    keys/<task>.key                  administrator, supervisor, checker, node, oracle-1 ...
    members/<name>/keystore/ ...     what one member keeps to itself
    run/, logs/                      of the supervisor
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from piaolian_network import compose, keys, kubo, ports
from piaolian_network.errors import StateError
from piaolian_network.members import (
    AccountsSection,
    ChainSection,
    Committee,
    Engine,
    Member,
    Members,
    Oracle,
    Role,
    render_members,
)

MEMBERS_FILE: Final = "members.toml"
DEFAULT_CHAIN_ID: Final = 320_900
_PROVINCE_AREA: Final = "32"
_TASKS: Final = ("administrator", "supervisor", "checker", "node")


@dataclass(frozen=True)
class Plan:
    """What a new local network consists of.

    Attributes:
        validators: Number of validators; odd numbers are safer with Clique.
        kubo: Number of kubo daemons, at most one for each member.
        oracles: Number of payment oracles.
        threshold: How many of them must agree.
        engine: Consensus engine.
        chain_id: EIP-155 chain id.
        period_seconds: Seconds between blocks.
        base_port: First port; None looks for a free range.
        funded: Further addresses that genesis funds.
    """

    validators: int = 3
    kubo: int = 2
    oracles: int = 3
    threshold: int = 2
    engine: Engine = "clique"
    chain_id: int = DEFAULT_CHAIN_ID
    period_seconds: int = 1
    base_port: int | None = None
    funded: Sequence[str] = ()


def create_folder(directory: Path, plan: Plan) -> Members:
    """Make keys and members.toml of a new network.

    Raises:
        StateError: The folder already holds a network (`network-exists`), or no ports are free (`port-taken`).
        MembersError: The plan breaks a rule of members.toml.
    """
    if (directory / MEMBERS_FILE).exists():
        raise StateError(
            "network-exists",
            f"{directory} already holds a network",
            f"{directory} 里已有一个网络",
            "换一个目录，或先停掉并删除它。",
        )
    _check_counts(plan)
    base_port = plan.base_port or ports.find_base_port(validators=plan.validators, kubo=plan.kubo)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = directory / "keys"
    accounts = {name: keys.create_key_file(folder, name).address for name in _TASKS}
    oracles = tuple(
        Oracle(
            name=f"oracle-{number}",
            address=keys.create_key_file(folder, f"oracle-{number}").address,
            source=number,
        )
        for number in range(1, plan.oracles + 1)
    )
    keys.write_private(directory / "swarm.key", keys.create_swarm_key())
    members = Members(
        chain=ChainSection(
            id=plan.chain_id, engine=plan.engine, period_seconds=plan.period_seconds, base_port=base_port
        ),
        accounts=AccountsSection(**accounts, funded=tuple(plan.funded)),
        committee=Committee(threshold=min(plan.threshold, plan.oracles) or 1),
        members=tuple(
            create_member(directory, number, plan.engine, base_port=base_port, has_kubo=number <= plan.kubo)
            for number in range(1, plan.validators + 1)
        ),
        oracles=oracles,
    )
    # The last file to be written: a folder without it is no network and may be filled again.
    (directory / MEMBERS_FILE).write_text(render_members(members), encoding="utf-8")
    return members


def create_member(directory: Path, number: int, engine: Engine, *, base_port: int, has_kubo: bool) -> Member:
    """Make the keys of one local member and return its public description.

    Args:
        directory: The network's folder.
        number: Position of the member, from 1; decides its name, area and ports.
        engine: Consensus engine. With QBFT one key is both node key and validator key, and addresses are those
            of the containers' network.
        base_port: First port of the network.
        has_kubo: Whether it keeps bodies.
    """
    name = f"finance-{number}"
    index = number - 1
    folder = member_folder(directory, name)
    validator, enode = _create_validator(folder, engine, index, base_port)
    ipfs_peer = ipfs_api_url = ""
    if has_kubo:
        identity = keys.create_swarm_identity()
        keys.write_private(folder / "ipfs.key", f"{identity.peer_id}\n{identity.private_key}\n")
        ipfs_peer = kubo.multiaddress("127.0.0.1", ports.kubo_swarm_port(base_port, index), identity.peer_id)
        if engine == "qbft":
            ipfs_peer = kubo.multiaddress(compose.kubo_address(index), compose.KUBO_SWARM_PORT, identity.peer_id)
        ipfs_api_url = f"http://127.0.0.1:{ports.kubo_api_port(base_port, index)}"
    roles: list[Role] = ["witness"]
    if validator:
        roles.append("validator")
    if has_kubo:
        roles.append("ipfs")
    return Member(
        name=name,
        # The first member is the province, the others are cities of it.
        area=_PROVINCE_AREA if number == 1 else f"{_PROVINCE_AREA}{index:02d}",
        roles=tuple(roles),
        validator=validator,
        enode=enode,
        rpc_url=f"http://127.0.0.1:{ports.geth_rpc_port(base_port, index)}",
        ipfs_peer=ipfs_peer,
        ipfs_api_url=ipfs_api_url,
    )


def _create_validator(folder: Path, engine: Engine, index: int, base_port: int) -> tuple[str, str]:
    """Make a validator's keys; returns its address and its enode, both empty for a sandbox."""
    if engine == "anvil":
        return "", ""
    if engine == "qbft":
        key = keys.create_node_key(folder, "besu.key")
        return key.address, f"enode://{key.public}@{compose.besu_address(index)}:{compose.BESU_P2P_PORT}"
    key = keys.create_node_key(folder, "nodekey")
    address = keys.create_validator_account(folder)
    return address, f"enode://{key.public}@127.0.0.1:{ports.geth_p2p_port(base_port, index)}"


def member_folder(directory: Path, name: str) -> Path:
    """Return the folder in which a member keeps its keys and data."""
    return directory / "members" / name


def read_swarm_identity(folder: Path) -> keys.SwarmIdentity:
    """Read the identity that `create_member` stored."""
    peer_id, private_key = (folder / "ipfs.key").read_text(encoding="ascii").split()
    return keys.SwarmIdentity(peer_id, private_key)


def _check_counts(plan: Plan) -> None:
    for what, what_zh, value, low, high in (
        ("validators", "验证节点数", plan.validators, 1, 1 if plan.engine == "anvil" else ports.MAX_VALIDATORS),
        ("kubo daemons", "kubo 数", plan.kubo, 0, min(plan.validators, ports.MAX_KUBO)),
        ("oracles", "预言机数", plan.oracles, 0, 100),
    ):
        if not low <= value <= high:
            raise StateError(
                "members-invalid",
                f"{what}: {value} is not within {low} to {high}",
                f"{what_zh} {value} 不在 {low} 到 {high} 之间",
            )
