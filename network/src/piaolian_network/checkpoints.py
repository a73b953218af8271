"""Keys with which members sign checkpoints: one file of the network, and their digests in the Registry.

``checkpoint-members.json`` holds every key there ever was, so that what a former key signed can be judged for ever. A
member has one key at a time; a new one ends the one before.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from eth_utils.crypto import keccak

from piaolian_network.errors import StateError
from piaolian_network.rpc import ChainRPC
from piaolian_network.transactions import AccountSender, Order
from piaolian_sdk.contracts.abi import encode_call
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.registry import build_set_checkpoint_key
from piaolian_sdk.errors import InputError
from piaolian_sdk.proof import public_key_from_point

CHECKPOINT_MEMBERS_FILE: Final = "checkpoint-members.json"
_CALL_GAS: Final = 300_000


@dataclass(frozen=True)
class CheckpointMember:
    """A member's key.

    Attributes:
        name: Member's name, as nodes and trust files write it.
        address: Its account in the Registry.
        public_key: Uncompressed point on P-256, 65 bytes.
        valid_from: Unix seconds.
        valid_until: Unix seconds, 0 for open.
    """

    name: str
    address: str
    public_key: bytes
    valid_from: int = 0
    valid_until: int = 0

    def is_open(self) -> bool:
        """Return whether this is the member's present key."""
        return self.valid_until == 0


def read_checkpoint_members(path: Path) -> list[CheckpointMember]:
    """Return the keys of a network, oldest first; none when there is no file yet.

    Raises:
        StateError: The file cannot be used (`members-invalid`).
    """
    if not path.exists():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        members = [
            CheckpointMember(**(entry | {"public_key": bytes.fromhex(str(entry["public_key"]).removeprefix("0x"))}))
            for entry in list[dict[str, Any]](entries if isinstance(entries, list) else [entries])
        ]
        for member in members:
            public_key_from_point(member.public_key)
    except (ValueError, TypeError, KeyError, InputError) as exc:
        raise StateError(
            "members-invalid",
            f"{path.name} is no list of checkpoint keys",
            f"{path.name} 不是检查点密钥清单",
            "用 piaolian-network checkpoint-key 重新登记。",
        ) from exc
    return members


def write_checkpoint_members(path: Path, members: Sequence[CheckpointMember]) -> None:
    """Write the keys of a network; they are public."""
    entries = [vars(member) | {"public_key": "0x" + member.public_key.hex()} for member in members]
    path.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def with_key(
    members: Sequence[CheckpointMember], name: str, address: str, point: bytes, now: int
) -> list[CheckpointMember]:
    """Return the keys with a member's new one; the key before it ends now.

    A member's first key counts from the beginning, so that the first blocks can be signed as well.

    Args:
        members: The keys so far.
        name: The member.
        address: Its account.
        point: New key, 65 bytes.
        now: Unix seconds.

    Raises:
        InputError: It is no key (`key-malformed`).
        StateError: The key is another member's or a former one (`members-invalid`).
    """
    public_key_from_point(point)
    known = next((member for member in members if member.public_key == point), None)
    if known is not None and known.name == name and known.is_open():
        return list(members)
    if known is not None:
        raise StateError(
            "members-invalid",
            f"the key was {known.name}'s: one key counts for one member, once",
            f"该密钥已属于 {known.name}：一个密钥只能归一个成员使用一次",
            "让该成员生成新的检查点密钥。",
        )
    is_first = all(member.name != name for member in members)
    ended = [
        replace(member, valid_until=now) if member.name == name and member.is_open() else member for member in members
    ]
    return [*ended, CheckpointMember(name, address, point, 0 if is_first else now)]


def register(rpc_url: str, private_key: bytes, book: AddressBook, members: Sequence[CheckpointMember]) -> int:
    """Write the present keys into the Registry where it has others; return how many were written.

    Raises:
        NetworkError: A transaction was refused.
    """
    rpc = ChainRPC(rpc_url)
    sender = AccountSender(rpc, private_key)
    registry = book.address_of("Registry")
    orders = [
        Order(
            f"checkpoint key {member.name}",
            registry,
            build_set_checkpoint_key(member.address, member.public_key, member.valid_from, member.valid_until),
            _CALL_GAS,
        )
        for member in members
        if member.is_open() and _registered(rpc, registry, member.address) != keccak(member.public_key)
    ]
    if orders:
        sender.send_all(orders)
    return len(orders)


def _registered(rpc: ChainRPC, registry: str, address: str) -> bytes:
    """Return the digest of the key that the Registry has for an account."""
    data = "0x" + encode_call("Registry", "checkpointKeyOf", address).hex()
    answer = str(rpc.call("eth_call", [{"to": registry, "data": data}, "latest"]))
    return bytes.fromhex(answer.removeprefix("0x"))[:32]
