"""Configuration of a kubo daemon in a private swarm (0.42).

The swarm holds encrypted bodies of receipts. It must never speak to the public IPFS network: a
shared swarm key is enforced (`LIBP2P_FORCE_PNET=1`), and every service that would look outside is
switched off in the configuration.
"""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from piaolian_network import ports
from piaolian_network.keys import SwarmIdentity
from piaolian_network.members import Member, Members

_QUIET_SETTINGS: Final[dict[str, object]] = {
    "AutoConf": {"Enabled": False},
    "AutoTLS": {"Enabled": False},
    "AutoNAT": {"ServiceMode": "disabled"},
    "Bootstrap": [],
    "DNS": {"Resolvers": {}},
    "Discovery": {"MDNS": {"Enabled": False}},
    "Gateway": {"NoFetch": True, "NoDNSLink": True},
    "HTTPRetrieval": {"Enabled": False},
    "Ipns": {"DelegatedPublishers": []},
    "Provide": {"Enabled": False},
    "Routing": {"Type": "none", "DelegatedRouters": []},
    "Plugins": {"Plugins": {"telemetry": {"Disabled": True, "Config": {"Mode": "off"}}}},
}

_SWARM_SETTINGS: Final[dict[str, object]] = {
    "DisableNatPortMap": True,
    "EnableHolePunching": False,
    "RelayClient": {"Enabled": False},
    "RelayService": {"Enabled": False},
    # A private network works over TCP only: the pre-shared key protects a byte stream.
    "Transports": {
        "Network": {"QUIC": False, "Relay": False, "Websocket": False, "WebTransport": False, "WebRTCDirect": False}
    },
    "AddrFilters": [],
}


def repository(member_folder: Path) -> Path:
    """Return kubo's repository inside a member's folder."""
    return member_folder / "ipfs"


def multiaddress(host: str, port: int, peer_id: str) -> str:
    """Return the multiaddress of a kubo daemon at an IPv4 address."""
    return f"/ip4/{host}/tcp/{port}/p2p/{peer_id}"


def environment(member_folder: Path) -> dict[str, str]:
    """Return the environment of the daemon and of its commands."""
    return {
        "IPFS_PATH": str(repository(member_folder)),
        "LIBP2P_FORCE_PNET": "1",
        "IPFS_TELEMETRY": "off",
    }


def init_command(ipfs: Path) -> list[str]:
    """Return the command that makes an empty repository on the pebble datastore."""
    return [str(ipfs), "init", "--empty-repo", "--profile=pebbleds"]


def run_command(ipfs: Path) -> list[str]:
    """Return the command of the daemon."""
    return [str(ipfs), "daemon", "--migrate=false", "--enable-gc=false"]


@dataclass(frozen=True)
class Listen:
    """Where a daemon listens, as multiaddresses."""

    swarm: str
    api: str
    gateway: str


def listen_on_loopback(members: Members, member: Member) -> Listen:
    """Return the addresses of a daemon that runs on this machine itself."""
    index = members.ipfs_members.index(member)
    base_port = members.chain.base_port
    return Listen(
        swarm=f"/ip4/127.0.0.1/tcp/{ports.kubo_swarm_port(base_port, index)}",
        api=f"/ip4/127.0.0.1/tcp/{ports.kubo_api_port(base_port, index)}",
        gateway=f"/ip4/127.0.0.1/tcp/{ports.kubo_gateway_port(base_port, index)}",
    )


def configure(
    config: dict[str, object], members: Members, member: Member, identity: SwarmIdentity, listen: Listen
) -> dict[str, object]:
    """Turn the configuration that `ipfs init` wrote into that of a member of the private swarm.

    Args:
        config: What `ipfs init` wrote; it keeps its datastore description.
        members: The network.
        member: Whose daemon it is.
        identity: Key to put in place of the generated one.
        listen: Where it listens.

    Returns:
        A new configuration.
    """
    result = copy.deepcopy(config)
    result.update(copy.deepcopy(_QUIET_SETTINGS))
    result["Swarm"] = copy.deepcopy(_SWARM_SETTINGS)
    result["Addresses"] = {
        "API": listen.api,
        "Gateway": listen.gateway,
        "Swarm": [listen.swarm],
        "Announce": [],
        "AppendAnnounce": [],
        "NoAnnounce": [],
    }
    result["Peering"] = {
        "Peers": [_peer(other.ipfs_peer) for other in members.ipfs_members if other.name != member.name]
    }
    result["Identity"] = {"PeerID": identity.peer_id, "PrivKey": identity.private_key}
    return result


def _peer(multiaddr: str) -> dict[str, object]:
    address, _, peer_id = multiaddr.rpartition("/p2p/")
    return {"ID": peer_id, "Addrs": [address]}
