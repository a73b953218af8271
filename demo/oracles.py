"""Three oracles: each with its own key in its own token, its own folder of bank files, its own vote."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.bank import ACCOUNT
from demo.errors import StoryFailedError
from demo.programs import command_path, make_token_folder, new_pin, run_command, write_secret
from piaolian_network.ports import free_port
from piaolian_oracle.cfx import CfxPeer

if TYPE_CHECKING:
    from pathlib import Path

    from demo.world import World

_FINANCE_CODE = "F320600"
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class OracleStation:
    """One oracle's place.

    Attributes:
        name: program name under the supervisor.
        source: number of its payment source, from 1.
        directory: its files.
        folder: where the bank puts its statements.
        environment: settings of the daemon.
        chain_address: account that votes.
        cfx_port: where it takes CFX confirmations.
        cfx_peer: what the finance department agreed with it, from that department's side.
    """

    name: str
    source: int
    directory: Path
    folder: Path
    environment: dict[str, str]
    chain_address: str
    cfx_port: int
    cfx_peer: CfxPeer


def prepare(world: World, index: int) -> OracleStation:
    """Make token and key of an oracle; nothing runs yet."""
    source = index + 1
    name = f"oracle-{source}"
    directory = world.directory / "network" / name
    folder = directory / "statements"
    folder.mkdir(parents=True)
    # Each oracle has a token of its own with the finance department, and confirms nothing in another's name.
    cfx_port, own_code, token = free_port(), f"K32060{source:05d}", secrets.token_hex(16)
    environment = make_token_folder(directory) | {
        "PIAOLIAN_ORACLE_PROFILE": "dev",
        "PIAOLIAN_ORACLE_RPC_URL": world.network.rpc_urls[index % len(world.network.rpc_urls)],
        "PIAOLIAN_ORACLE_ADDRESS_BOOK": str(world.facts["address_book_path"]),
        "PIAOLIAN_ORACLE_FINALITY_DEPTH": str(world.network.finality_depth),
        "PIAOLIAN_ORACLE_SOURCE": str(source),
        "PIAOLIAN_ORACLE_FOLDER": str(folder),
        "PIAOLIAN_ORACLE_ACCOUNTS": json.dumps([ACCOUNT]),
        "PIAOLIAN_ORACLE_DATA_DIR": str(directory / "data"),
        "PIAOLIAN_ORACLE_TOKEN_LABEL": name,
        "PIAOLIAN_ORACLE_PIN_FILE": str(write_secret(directory / "pin", new_pin())),
        "PIAOLIAN_ORACLE_CFX_LISTEN": f"127.0.0.1:{cfx_port}",
        "PIAOLIAN_ORACLE_CFX_OWN_CODE": own_code,
        "PIAOLIAN_ORACLE_CFX_PEER_CODE": _FINANCE_CODE,
        "PIAOLIAN_ORACLE_CFX_TOKEN_FILE": str(write_secret(directory / "cfx-token", token)),
    }
    (directory / "data").mkdir()
    so_pin = write_secret(directory / "so-pin", new_pin())
    printed = run_command(
        [command_path("piaolian-oracle"), "keys", "init", "--make-token", "--so-pin-file", str(so_pin)], environment
    )
    found = _ADDRESS.search(printed)
    if found is None:
        raise StoryFailedError("piaolian-oracle keys init printed no address")
    peer = CfxPeer(_FINANCE_CODE, own_code, token.encode(), upper_case_mac=True)
    return OracleStation(name, source, directory, folder, environment, found.group(), cfx_port, peer)


def start(world: World, station: OracleStation) -> None:
    """Put the daemon under the network's supervisor."""
    world.network.add_program(
        station.name, [command_path("piaolian-oracle"), "run"], station.environment, station.directory
    )
