"""Writes what the programs of a network find on their disks before they first start: genesis, data folders, lists."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from piaolian_network import besu, compose, creation, geth, keys, kubo
from piaolian_network.creation import MEMBERS_FILE, member_folder
from piaolian_network.errors import StateError, ToolError
from piaolian_network.genesis import clique_genesis
from piaolian_network.members import Member, Members, render_members
from piaolian_network.programs import find_program

GENESIS_FILE = "genesis.json"


def fix_genesis(directory: Path, members: Members, *, first_block_unix: int) -> Members:
    """Write the time of genesis into members.toml and genesis.json, both once.

    Args:
        directory: The network's folder.
        members: The network.
        first_block_unix: Time of the genesis block when members.toml has none yet.

    Returns:
        The network with its genesis time.
    """
    path = directory / GENESIS_FILE
    if path.exists():
        return members
    if members.chain.genesis_unix == 0:
        chain = members.chain.model_copy(update={"genesis_unix": first_block_unix})
        members = members.model_copy(update={"chain": chain})
        (directory / MEMBERS_FILE).write_text(render_members(members), encoding="utf-8")
    if members.chain.engine == "anvil":
        # anvil makes its genesis block itself, at the time that members.toml now holds.
        return members
    document = clique_genesis(members) if members.chain.engine == "clique" else besu.qbft_genesis(members)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return members


def prepare_geth(program: Path, directory: Path, members: Members, member: Member) -> None:
    """Make a validator's data folder with its keys and the genesis block; an existing one keeps its chain.

    Raises:
        ToolError: `geth init` failed (`program-failed`).
    """
    folder = member_folder(directory, member.name)
    data = geth.data_folder(folder)
    (folder / "geth.toml").write_text(geth.config_toml(members, member), encoding="utf-8")
    if (data / "geth" / "chaindata").exists():
        return
    keys.write_private(data / "geth" / "nodekey", (folder / "nodekey").read_text(encoding="ascii"))
    account = (folder / "keystore" / "validator.json").read_text(encoding="utf-8")
    keys.write_private(data / "keystore" / "validator.json", account)
    _run(geth.init_command(program, folder, directory / GENESIS_FILE), name="geth init")


def prepare_kubo(program: Path, directory: Path, members: Members, member: Member, listen: kubo.Listen) -> None:
    """Make a daemon's repository, or write its configuration again; stored bodies stay.

    Raises:
        ToolError: `ipfs init` failed (`program-failed`).
    """
    folder = member_folder(directory, member.name)
    repository = kubo.repository(folder)
    config = repository / "config"
    if not config.exists():
        repository.mkdir(mode=0o700, parents=True, exist_ok=True)
        _run(kubo.init_command(program), name="ipfs init", environment=kubo.environment(folder))
        keys.write_private(repository / "swarm.key", (directory / "swarm.key").read_text(encoding="ascii"))
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings = kubo.configure(settings, members, member, creation.read_swarm_identity(folder), listen)
    keys.write_private(config, json.dumps(settings, indent=1) + "\n")


def prepare_besu(directory: Path, members: Members) -> None:
    """Write the files that every Besu validator reads: peers and permissions; genesis is written by `fix_genesis`."""
    nodes = json.dumps(besu.static_nodes(members), indent=1)
    (directory / "static-nodes.json").write_text(nodes + "\n", encoding="utf-8")
    (directory / "permissions.toml").write_text(besu.permissions_toml(members), encoding="utf-8")
    for member in members.validators:
        # Docker would make missing folders as root.
        (member_folder(directory, member.name) / "besu").mkdir(mode=0o700, parents=True, exist_ok=True)


def write_files(
    directory: Path, members: Members, *, first_block_unix: int, compose_file: Path | None
) -> tuple[Members, list[Path]]:
    """Write genesis and, for QBFT, peer lists, permissions, kubo repositories and docker-compose.yml.

    Args:
        directory: The network's folder.
        members: The network.
        first_block_unix: Time of the genesis block when members.toml has none yet.
        compose_file: Where docker-compose.yml goes; paths in it are relative to its folder. None writes none.

    Returns:
        The network with its genesis time, and the files that members exchange or docker reads.

    Raises:
        StateError: docker-compose.yml was asked for and the engine is not QBFT, or the network's folder does not
            lie below that of docker-compose.yml (`members-invalid`). Nothing was written then.
    """
    if compose_file is not None and (
        members.chain.engine != "qbft" or not directory.is_relative_to(compose_file.resolve().parent)
    ):
        raise StateError(
            "members-invalid",
            "docker-compose.yml is for engine qbft, and the network's folder must lie below it",
            "docker-compose.yml 仅用于 qbft 引擎，且网络目录须在其所在目录之下",
        )
    members = fix_genesis(directory, members, first_block_unix=first_block_unix)
    written = [directory / GENESIS_FILE]
    if members.chain.engine == "qbft":
        prepare_besu(directory, members)
        written += [directory / "static-nodes.json", directory / "permissions.toml"]
        for member in members.ipfs_members:
            prepare_kubo(find_program("ipfs"), directory, members, member, listen_in_container())
    if compose_file is not None:
        folder = PurePosixPath(directory.relative_to(compose_file.resolve().parent))
        compose_file.write_text(compose.compose_yaml(members, folder), encoding="utf-8")
        written.append(compose_file)
    return members, written


def listen_in_container() -> kubo.Listen:
    """Return where a daemon listens inside its container; what is published is up to docker-compose.yml."""
    return kubo.Listen(
        swarm=f"/ip4/0.0.0.0/tcp/{compose.KUBO_SWARM_PORT}",
        api=f"/ip4/0.0.0.0/tcp/{compose.KUBO_API_PORT}",
        gateway=f"/ip4/127.0.0.1/tcp/{compose.KUBO_GATEWAY_PORT}",
    )


def _run(command: list[str], *, name: str, environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode != 0:
        said = done.stderr.strip()[-300:]
        raise ToolError(
            "program-failed",
            f"{name} ended with {done.returncode}: {said}",
            f"{name} 失败（退出码 {done.returncode}）：{said}",
        )
