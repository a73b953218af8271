"""Where each service of a local network listens: everything follows from one base port.

Layout, relative to the base port::

    +0   +10  +20 ...  geth of validator 1, 2, 3: +0 p2p, +1 JSON-RPC, +2 engine API
    +200 +210 ...      kubo 1, 2: +0 swarm, +1 RPC API, +2 gateway
    +300 +301 ...      left to programs that are added later (nodes, oracles)
"""

import random
import socket
from typing import Final

from piaolian_network.errors import StateError

MAX_VALIDATORS: Final = 20
MAX_KUBO: Final = 10
PORTS_PER_NETWORK: Final = 400
_PROGRAMS_OFFSET: Final = 300

# Below the range from which Linux takes ports of outgoing connections (32768 and up), so that
# no unrelated connection occupies a port between choosing it and listening on it.
_LOWEST_BASE: Final = 10_000
_HIGHEST_BASE: Final = 32_000


def geth_p2p_port(base_port: int, index: int) -> int:
    """Return the peer-to-peer port of validator `index` (from 0)."""
    return base_port + 10 * index


def geth_rpc_port(base_port: int, index: int) -> int:
    """Return the JSON-RPC port of validator `index` (from 0)."""
    return base_port + 10 * index + 1


def geth_auth_port(base_port: int, index: int) -> int:
    """Return the engine API port of validator `index` (from 0); unused, but geth insists on one."""
    return base_port + 10 * index + 2


def kubo_swarm_port(base_port: int, index: int) -> int:
    """Return the swarm port of kubo daemon `index` (from 0)."""
    return base_port + 200 + 10 * index


def kubo_api_port(base_port: int, index: int) -> int:
    """Return the RPC API port of kubo daemon `index` (from 0)."""
    return base_port + 200 + 10 * index + 1


def kubo_gateway_port(base_port: int, index: int) -> int:
    """Return the gateway port of kubo daemon `index` (from 0)."""
    return base_port + 200 + 10 * index + 2


def program_port(base_port: int, index: int) -> int:
    """Return the port for added program `index` (from 0, below 100)."""
    return base_port + _PROGRAMS_OFFSET + index


def used_ports(base_port: int, *, validators: int, kubo: int) -> list[int]:
    """List every port that the network itself listens on."""
    ports: list[int] = []
    for index in range(validators):
        ports += [
            geth_p2p_port(base_port, index),
            geth_rpc_port(base_port, index),
            geth_auth_port(base_port, index),
        ]
    for index in range(kubo):
        ports += [
            kubo_swarm_port(base_port, index),
            kubo_api_port(base_port, index),
            kubo_gateway_port(base_port, index),
        ]
    return ports


def is_free(port: int) -> bool:
    """Say whether nothing listens on a TCP port of the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers themselves do, so that a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Ask the kernel for a free TCP port of the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return int(port)


def find_base_port(*, validators: int, kubo: int, programs: int = 20) -> int:
    """Find a base port whose whole layout is free at this moment.

    Args:
        validators: Number of validators.
        kubo: Number of kubo daemons.
        programs: How many ports for added programs must be free as well.

    Raises:
        StateError: No free range was found in 200 attempts (`port-taken`).
    """
    source = random.SystemRandom()
    for _ in range(200):
        base = source.randrange(_LOWEST_BASE, _HIGHEST_BASE, 10)
        wanted = used_ports(base, validators=validators, kubo=kubo)
        wanted += [program_port(base, index) for index in range(programs)]
        if all(is_free(port) for port in wanted):
            return base
    raise StateError(
        "port-taken",
        "found no free range of ports on the loopback interface",
        "本机回环地址上找不到一段空闲端口",
        "用 --base-port 指定一个起始端口，或先停掉占用端口的程序。",
    )
