"""Asks every service of a network once: what `status.judge` judges."""

from collections.abc import Mapping
from typing import Final

from piaolian_network.errors import ServiceError
from piaolian_network.members import Engine, Members
from piaolian_network.rpc import ChainRPC, KuboRPC
from piaolian_network.status import KuboView, NetworkStatus, ValidatorView, judge

# With fewer blocks geth divides by zero in clique_status and answers with an error.
_FIRST_ACTIVITY_BLOCK: Final = 4


def chain_program(engine: Engine, name: str) -> str:
    """Return the supervisor's name of a member's chain client."""
    return f"anvil-{name}" if engine == "anvil" else f"geth-{name}"


def observe(members: Members, states: Mapping[str, str], *, now_unix: int) -> NetworkStatus:
    """Ask every service once and judge the answers.

    Args:
        members: The network.
        states: State of each program by its name, from the supervisor; empty for containers.
        now_unix: The present time, seconds.
    """
    engine = members.chain.engine
    validators = [
        _ask_validator(engine, member.name, member.rpc_url, states.get(chain_program(engine, member.name), ""))
        for member in members.chain_members
    ]
    kubo = [
        _ask_kubo(member.name, member.ipfs_api_url, states.get(f"ipfs-{member.name}", ""))
        for member in members.ipfs_members
    ]
    own = {chain_program(engine, view.name) for view in validators} | {f"ipfs-{view.name}" for view in kubo}
    programs = {name: state for name, state in states.items() if name not in own}
    # Containers have no supervisor of ours: there the answers alone tell.
    is_running = bool(states) or (engine == "qbft" and any(view.head is not None for view in validators))
    return judge(members, validators, kubo, programs, is_running=is_running, now_unix=now_unix)


def _ask_validator(engine: Engine, name: str, url: str, state: str) -> ValidatorView:
    rpc = ChainRPC(url)
    try:
        head = rpc.block("latest")
        number = int(head["number"], 16)
        return ValidatorView(
            name,
            state,
            head=number,
            head_hash=head["hash"],
            head_unix=int(head["timestamp"], 16),
            peers=int(rpc.call("net_peerCount"), 16) if engine != "anvil" else 0,
            recent_sealers=_recent_sealers(rpc, engine, number),
        )
    except ServiceError:
        return ValidatorView(name, state)


def _recent_sealers(rpc: ChainRPC, engine: Engine, head: int) -> frozenset[str]:
    """Return who sealed one of the last blocks, lower case; empty when the engine cannot tell yet."""
    if engine == "clique" and head > _FIRST_ACTIVITY_BLOCK:
        activity: dict[str, int] = rpc.call("clique_status")["sealerActivity"]
        return frozenset(address.lower() for address, count in activity.items() if count > 0)
    if engine == "qbft":
        metrics: list[dict[str, str]] = rpc.call("qbft_getSignerMetrics")
        return frozenset(entry["address"].lower() for entry in metrics if int(entry["proposedBlockCount"], 16) > 0)
    return frozenset()


def _ask_kubo(name: str, url: str, state: str) -> KuboView:
    try:
        return KuboView(name, state, len(KuboRPC(url).peer_ids()))
    except ServiceError:
        return KuboView(name, state)
