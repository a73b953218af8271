"""The network is gone: no chain, no node, no store. What receipts prove by themselves they go on proving."""

from __future__ import annotations

import json
import socket
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from demo.chapters.proofs import STATES, folder_of, trust_of
from demo.errors import StoryFailedError
from demo.programs import command_path
from demo.refusing import require_equal

if TYPE_CHECKING:
    from demo.world import World


def tell(world: World) -> None:
    """Stop everything, then verify every bundle with the command alone."""
    with world.report.step("停止整个网络：链、节点、见证方、存储 / the whole network is stopped") as step:
        step.detail["stopped"] = stop(world)
    with world.report.step("断网离线查验各状态证明包 / every bundle verifies with the network stopped") as step:
        found = dict(zip(STATES, verify(world), strict=True))
        require_equal("states", {name: one["state"] for name, one in found.items()}, STATES)
        require_equal("red number", found["reversed"]["red_number"], found["red"]["code"] + found["red"]["number"])
        step.detail |= {name: one["state_zh"] for name, one in found.items()}


def stop(world: World) -> int:
    """Stop every process and see that no address of the network answers; returns how many addresses were tried.

    Raises:
        StoryFailedError: a process or an address is left.
    """
    witness = world.facts["witness"]
    addresses = [
        *world.network.rpc_urls,
        *world.network.kubo_api_urls,
        *(site.base_url for site in world.sites.values()),
        witness.base_url,
    ]
    world.close()
    world.facts["is_stopped"] = True
    world.network.down()
    left = [*world.network.processes, *(address for address in addresses if _answers(address))]
    if left:
        raise StoryFailedError(f"the network is not stopped: {', '.join(left)}")
    return len(addresses)


def verify(world: World) -> list[dict[str, Any]]:
    """Run ``piaolian verify`` on every bundle and return what it says, in the order of ``STATES``.

    Raises:
        StoryFailedError: one does not verify.
    """
    files = [str(folder_of(world) / f"{name}.json") for name in STATES]
    command = [command_path("piaolian"), "verify", *files, "--trust", str(trust_of(world)), "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise StoryFailedError(f"piaolian verify ended with {done.returncode}: {done.stdout}{done.stderr}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _answers(url: str) -> bool:
    place = urlsplit(url)
    try:
        socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=2).close()
    except OSError:
        return False
    return True
