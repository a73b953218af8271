"""Waits until a started network is of use: the swarm is connected and the chain grows."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from piaolian_network.errors import ServiceError
from piaolian_network.members import Member, Members
from piaolian_network.rpc import ChainRPC, KuboRPC

# The first blocks of a Clique network may be reorganised while the validators find each other.
_FIRST_BLOCKS: Final = 3
_POLL_SECONDS: Final = 0.1


def wait_until_ready(members: Members, progress: Callable[[str], None], *, timeout_seconds: float = 60.0) -> None:
    """Wait for kubo, for every client of the chain, and for blocks that are made now.

    Raises:
        ServiceError: A service was not ready in time (`start-timeout`); the message names it.
    """
    deadline = time.monotonic() + timeout_seconds
    daemons = members.ipfs_members
    for member in daemons:
        _wait(partial(_is_swarm_connected, member, daemons), deadline, what=f"kubo of {member.name}")
    if daemons:
        progress(f"kubo 就绪：{len(daemons)} 个守护进程已互联")
    clients = members.chain_members
    for member in clients:
        _wait(partial(_has_block, member, 0), deadline, what=f"validator {member.name}")
    if members.chain.engine == "anvil":
        progress("沙箱链就绪（anvil，即时出块）")
        return
    progress(f"验证节点就绪：{len(clients)} 个，等待出块")
    # A chain that was started before has a height already: it must grow beyond it.
    head = max(ChainRPC(member.rpc_url).block_number() for member in clients)
    for member in clients:
        _wait(partial(_has_block, member, max(head + 1, _FIRST_BLOCKS)), deadline, what=f"chain of {member.name}")
    progress(f"链已出块：高度 {ChainRPC(clients[0].rpc_url).block_number()}")


def _is_swarm_connected(member: Member, daemons: list[Member]) -> bool:
    rpc = KuboRPC(member.ipfs_api_url)
    if len(rpc.peer_ids()) >= min(1, len(daemons) - 1):
        return True
    # The daemon dials its peers by itself, but only tries again after ten seconds or so.
    for other in daemons:
        if other.name != member.name:
            rpc.call("swarm/connect", arg=other.ipfs_peer)
    return False


def _has_block(member: Member, number: int) -> bool:
    return ChainRPC(member.rpc_url).block_number() >= number


def _wait(check: Callable[[], bool], deadline: float, *, what: str) -> None:
    while True:
        try:
            if check():
                return
        except ServiceError:
            # Not listening yet; the deadline below ends the wait.
            pass
        if time.monotonic() > deadline:
            raise ServiceError(
                "start-timeout",
                f"{what} was not ready in time",
                f"{what} 未能按时就绪",
                "运行 piaolian-network status 查看原因，日志在 logs/ 目录。",
            )
        time.sleep(_POLL_SECONDS)
