"""Who signs checkpoints in the story: every finance node, and a witness of the auditors with a chain node of its own.

A witness is the signer alone: it issues nothing, and no finance department can make it sign.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from demo.programs import command_path, make_token_folder, new_pin, run_command, write_secret
from piaolian_network import checkpoints
from piaolian_network.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from demo.world import World

NETWORK_NAME: Final = "测试省财政票据网络"
SANDBOX_NAME: Final = "测试沙箱"
_WITNESS: Final = "audit-1"
_UNCOMPRESSED, _POINT_DIGITS = "04", 130


@dataclass(frozen=True, slots=True)
class WitnessSite:
    """The auditors' place.

    Attributes:
        name: the member's name, and its program's under the supervisor.
        directory: its files.
        base_url: address of its API.
        environment: its settings.
        address: account under which the Registry knows its key.
        point: its checkpoint key, 65 bytes.
    """

    name: str
    directory: Path
    base_url: str
    environment: dict[str, str]
    address: str
    point: bytes


def trust_path(world: World) -> Path:
    """Return where the network's trust file stands."""
    return world.network.directory / "trust.json"


def point_in(printed: str) -> bytes:
    """Return the checkpoint key that a key ceremony printed, 65 bytes."""
    found = [word for word in printed.split() if word.startswith(_UNCOMPRESSED) and len(word) == _POINT_DIGITS]
    return bytes.fromhex(found[0])


def prepare_witness(world: World) -> WitnessSite:
    """Make the witness's token, keys and settings; nothing runs yet."""
    directory = world.network.directory / _WITNESS
    (directory / "data").mkdir(parents=True)
    port = free_port()
    environment = make_token_folder(directory) | {
        "PIAOLIAN_NODE_LISTEN_PORT": str(port),
        "PIAOLIAN_NODE_DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'data' / 'witness.sqlite'}",
        "PIAOLIAN_NODE_RPC_URLS": json.dumps(world.network.rpc_urls[-1:]),
        "PIAOLIAN_NODE_ADDRESS_BOOK": str(world.facts["address_book_path"]),
        "PIAOLIAN_NODE_FINALITY_DEPTH": str(world.network.finality_depth),
        "PIAOLIAN_NODE_TOKEN_LABEL": _WITNESS,
        "PIAOLIAN_NODE_TOKEN_PIN_FILE": str(write_secret(directory / "pin", new_pin())),
        "PIAOLIAN_NODE_CHECKPOINT_MEMBER": _WITNESS,
        "PIAOLIAN_NODE_DEPARTMENT": "测试省审计厅",
    }
    so_pin = write_secret(directory / "so-pin", new_pin())
    printed = run_command(
        [command_path("piaolian-node"), "keys", "init", "--make-token", "--so-pin-file", str(so_pin)], environment
    )
    address = next(word for word in printed.split() if word.startswith("0x") and len(word) == 42)
    return WitnessSite(_WITNESS, directory, f"http://127.0.0.1:{port}", environment, address, point_in(printed))


def publish(world: World, witness: WitnessSite | None) -> None:
    """Register every member's key, write the trust file, and tell the members of each other.

    Args:
        world: its contracts are deployed, its nodes do not run yet.
        witness: the auditors' member, None in a sandbox: its one node signs alone.
    """
    network = world.network
    places = {site.name: (site.chain_address, site.checkpoint_point, site.base_url) for site in world.sites.values()}
    if witness is not None:
        places[witness.name] = (witness.address, witness.point, witness.base_url)
    members = [checkpoints.CheckpointMember(name, address, point) for name, (address, point, _) in places.items()]
    checkpoints.write_checkpoint_members(network.directory / checkpoints.CHECKPOINT_MEMBERS_FILE, members)
    key = network.accounts.administrator.read_private_key()
    checkpoints.register(network.rpc_urls[0], key, world.book, members)
    made = network.trust(
        NETWORK_NAME if witness is not None else SANDBOX_NAME,
        [root.decode("ascii") for root in world.cast.roots_pem],
        [(site.directory / "supervision.pem").read_text(encoding="ascii") for site in world.sites.values()],
    )
    trust_path(world).write_text(made.to_json(), encoding="utf-8")
    for site in world.sites.values():
        peers = [base_url for name, (_, _, base_url) in places.items() if name != site.name]
        site.environment["PIAOLIAN_NODE_CHECKPOINT_PEERS"] = json.dumps(peers)


def start_witness(world: World, witness: WitnessSite) -> None:
    """Put the witness under the network's supervisor."""
    world.network.add_program(
        witness.name, [command_path("piaolian-node"), "witness"], witness.environment, witness.directory
    )
