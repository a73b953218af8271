"""docker-compose.yml of a Besu QBFT network with kubo, from members.toml.

The file names folders and fixed addresses only: keys, genesis and peer lists are files of the network's folder,
which `piaolian-network init --engine qbft` and `piaolian-network files` make. Every published port is on the
loopback interface of the host.
"""

from pathlib import PurePosixPath
from typing import Final

import yaml

from piaolian_network import ports
from piaolian_network.members import Member, Members

BESU_IMAGE: Final = "hyperledger/besu:26.8.0"
KUBO_IMAGE: Final = "ipfs/kubo:v0.42.0"

SUBNET: Final = "172.29.32.0/24"
BESU_P2P_PORT: Final = 30303
_BESU_RPC_PORT: Final = 8545
KUBO_SWARM_PORT: Final = 4001
KUBO_API_PORT: Final = 5001
KUBO_GATEWAY_PORT: Final = 8080
_FIRST_BESU_HOST: Final = 11
_FIRST_KUBO_HOST: Final = 111
# The files belong to the user who made them, so the containers run as that user.
_USER: Final = "${PIAOLIAN_UID:-1000}:${PIAOLIAN_GID:-1000}"


def besu_address(index: int) -> str:
    """Return the fixed address of validator `index` (from 0) in the containers' network."""
    return _host(_FIRST_BESU_HOST + index)


def kubo_address(index: int) -> str:
    """Return the fixed address of kubo daemon `index` (from 0) in the containers' network."""
    return _host(_FIRST_KUBO_HOST + index)


def compose_document(members: Members, folder: PurePosixPath) -> dict[str, object]:
    """Describe the services.

    Args:
        members: A network with engine `qbft`.
        folder: The network's folder as seen from docker-compose.yml.
    """
    services: dict[str, object] = {}
    for index, member in enumerate(members.validators):
        services[f"besu-{member.name}"] = _besu_service(members, member, index, folder)
    for index, member in enumerate(members.ipfs_members):
        services[f"kubo-{member.name}"] = _kubo_service(members, member, index, folder)
    return {
        "name": "piaolian",
        "services": services,
        "networks": {"members": {"driver": "bridge", "ipam": {"config": [{"subnet": SUBNET}]}}},
    }


def compose_yaml(members: Members, folder: PurePosixPath) -> str:
    """Write docker-compose.yml."""
    head = (
        "# Hyperledger Besu (QBFT) and kubo for all members on one machine. Made by:\n"
        f"#   piaolian-network init --engine qbft --validators {len(members.validators)} {folder}\n"
        f"#   piaolian-network files {folder} --compose docker-compose.yml\n"
        "# Start:  PIAOLIAN_UID=$(id -u) PIAOLIAN_GID=$(id -g) docker compose up -d\n"
    )
    return head + yaml.safe_dump(compose_document(members, folder), sort_keys=False, width=120)


def _besu_service(members: Members, member: Member, index: int, folder: PurePosixPath) -> dict[str, object]:
    private = folder / "members" / member.name
    return {
        "image": BESU_IMAGE,
        "user": _USER,
        "restart": "unless-stopped",
        "command": [
            "--data-path=/data",
            "--genesis-file=/network/genesis.json",
            "--node-private-key-file=/secrets/besu.key",
            "--static-nodes-file=/network/static-nodes.json",
            "--permissions-nodes-config-file-enabled=true",
            "--permissions-nodes-config-file=/network/permissions.toml",
            "--permissions-accounts-config-file-enabled=true",
            "--permissions-accounts-config-file=/network/permissions.toml",
            f"--network-id={members.chain.id}",
            f"--p2p-host={besu_address(index)}",
            f"--p2p-port={BESU_P2P_PORT}",
            "--nat-method=NONE",
            "--discovery-enabled=false",
            "--sync-mode=FULL",
            # Proofs (eth_getProof) are asked of any final block, which Bonsai does not keep.
            "--data-storage-format=FOREST",
            "--min-gas-price=1",
            "--rpc-http-enabled=true",
            "--rpc-http-host=0.0.0.0",
            f"--rpc-http-port={_BESU_RPC_PORT}",
            "--rpc-http-api=ETH,NET,WEB3,QBFT,TXPOOL,ADMIN",
            f"--host-allowlist=localhost,127.0.0.1,besu-{member.name}",
        ],
        "volumes": [
            f"./{folder}/genesis.json:/network/genesis.json:ro",
            f"./{folder}/static-nodes.json:/network/static-nodes.json:ro",
            f"./{folder}/permissions.toml:/network/permissions.toml:ro",
            f"./{private}/besu.key:/secrets/besu.key:ro",
            f"./{private}/besu:/data",
        ],
        "ports": [f"127.0.0.1:{ports.geth_rpc_port(members.chain.base_port, index)}:{_BESU_RPC_PORT}"],
        "networks": {"members": {"ipv4_address": besu_address(index)}},
    }


def _kubo_service(members: Members, member: Member, index: int, folder: PurePosixPath) -> dict[str, object]:
    return {
        "image": KUBO_IMAGE,
        "user": _USER,
        "restart": "unless-stopped",
        "command": ["daemon", "--migrate=false"],
        "environment": {"IPFS_PATH": "/data/ipfs", "LIBP2P_FORCE_PNET": "1", "IPFS_TELEMETRY": "off"},
        "volumes": [f"./{folder}/members/{member.name}/ipfs:/data/ipfs"],
        "ports": [f"127.0.0.1:{ports.kubo_api_port(members.chain.base_port, index)}:{KUBO_API_PORT}"],
        "networks": {"members": {"ipv4_address": kubo_address(index)}},
    }


def _host(number: int) -> str:
    return f"{SUBNET.rpartition('.')[0]}.{number}"
