"""Configuration and command line of a geth validator (1.13.15, Clique: a development engine).

The engine is described in docs/operations.md. Peers are given, never discovered;
every port is on the loopback interface; a gas price of zero would not gossip, so it is one wei.
"""

import json
from pathlib import Path
from typing import Final

from piaolian_network import ports
from piaolian_network.members import Member, Members

# One cache size for all: a validator of a development network holds little state.
_CACHE_MEBIBYTES: Final = 64


def data_folder(member_folder: Path) -> Path:
    """Return geth's data folder inside a member's folder."""
    return member_folder / "geth"


def config_toml(members: Members, member: Member) -> str:
    """Write the `[Node.P2P]` part that has no flags: listen address, static and trusted peers."""
    index = members.validators.index(member)
    peers = [other.enode for other in members.validators if other.name != member.name]
    listed = "[" + ", ".join(json.dumps(peer) for peer in peers) + "]"
    port = ports.geth_p2p_port(members.chain.base_port, index)
    return (
        "[Node.P2P]\n"
        "MaxPeers = 50\n"
        "NoDiscovery = true\n"
        f'ListenAddr = "127.0.0.1:{port}"\n'
        f"StaticNodes = {listed}\n"
        f"TrustedNodes = {listed}\n"
    )


def init_command(geth: Path, member_folder: Path, genesis: Path) -> list[str]:
    """Return the command that writes the genesis block into an empty data folder."""
    return [str(geth), "--datadir", str(data_folder(member_folder)), "--verbosity", "2", "init", str(genesis)]


def run_command(geth: Path, members: Members, member: Member, member_folder: Path) -> list[str]:
    """Return the command of a sealing validator."""
    index = members.validators.index(member)
    base_port = members.chain.base_port
    data = data_folder(member_folder)
    return [
        str(geth),
        *("--config", str(member_folder / "geth.toml")),
        *("--datadir", str(data)),
        *("--networkid", str(members.chain.id)),
        "--nodiscover",
        *("--nat", "none"),
        *("--netrestrict", "127.0.0.0/8"),
        *("--syncmode", "full"),
        *("--gcmode", "archive"),
        *("--cache", str(_CACHE_MEBIBYTES)),
        "--ipcdisable",
        "--http",
        *("--http.addr", "127.0.0.1"),
        *("--http.port", str(ports.geth_rpc_port(base_port, index))),
        *("--http.api", "eth,net,web3,clique,admin,debug,txpool"),
        *("--http.vhosts", "localhost,127.0.0.1"),
        *("--authrpc.addr", "127.0.0.1"),
        *("--authrpc.port", str(ports.geth_auth_port(base_port, index))),
        # The sealing account is unlocked while HTTP is on: only the member's own machine reaches the
        # port, and the account holds no ether.
        "--allow-insecure-unlock",
        *("--unlock", member.validator),
        *("--password", str(member_folder / "validator.password")),
        "--mine",
        *("--miner.etherbase", member.validator),
        *("--miner.gasprice", "1"),
        *("--miner.gaslimit", str(members.chain.gas_limit)),
        *("--txpool.pricelimit", "1"),
        *("--rpc.txfeecap", "0"),
        *("--rpc.gascap", "0"),
        *("--verbosity", "3"),
        "--log.format",
        "logfmt",
    ]
