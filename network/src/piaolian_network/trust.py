"""The trust file: what a verifier takes for granted about a network, in one signed-off JSON file.

It names no server. A verifier that has it can judge a receipt's proof against any chain node, or against none.
Format, version 1::

    {"version": 1, "chain_id": ..., "genesis_hash": "0x..",
     "contracts": {"Registry": {"address": "0x..", "code_hashes": ["0x.."]}, ...},
     "certificate_roots": ["-----BEGIN CERTIFICATE-----..."],
     "checkpoint_members": [{"name": ..., "address": .., "public_key": .., "valid_from": .., "valid_until": ..}],
     "checkpoint_quorum": 0}

Without checkpoint members nothing can be proven without a chain node; the quorum is 0 then.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from piaolian_network.errors import StateError
from piaolian_sdk.contracts.address_book import AddressBook

TRUST_VERSION = 1


@dataclass(frozen=True)
class CheckpointMember:
    """A member whose signatures on checkpoints count.

    Attributes:
        name: Member's name.
        address: Its account in the Registry.
        public_key: Uncompressed point, 65 bytes.
        valid_from: Unix seconds.
        valid_until: Unix seconds, 0 for open.
    """

    name: str
    address: str
    public_key: bytes
    valid_from: int
    valid_until: int


def trust_json(
    book: AddressBook,
    certificate_roots: Sequence[str],
    checkpoint_members: Sequence[CheckpointMember] = (),
    quorum: int = 0,
) -> str:
    """Write the trust file of a network.

    Args:
        book: Its contracts. Their code hashes are taken over as they are: run `check` first.
        certificate_roots: PEM of the roots of units' and finance departments' certificates.
        checkpoint_members: Members whose signatures count.
        quorum: How many of them must sign.

    Raises:
        StateError: The quorum does not exceed half of the members, or none of several members is needed
            (`members-invalid`): two quorums must share a member.
    """
    count = len(checkpoint_members)
    if not (count == quorum == 0 or count // 2 < quorum <= count):
        raise StateError(
            "members-invalid",
            f"a quorum of {quorum} does not fit {count} checkpoint members: more than half are needed",
            f"检查点成员 {count} 个，法定数 {quorum} 不合规则：须超过半数",
        )
    document = {
        "version": TRUST_VERSION,
        "chain_id": book.chain_id,
        "genesis_hash": "0x" + book.genesis_hash.hex(),
        "contracts": {
            name: {"address": entry.address, "code_hashes": ["0x" + entry.code_hash.hex()]}
            for name, entry in sorted(book.contracts.items())
        },
        "certificate_roots": list(certificate_roots),
        "checkpoint_members": [
            {
                "name": member.name,
                "address": member.address,
                "public_key": "0x" + member.public_key.hex(),
                "valid_from": member.valid_from,
                "valid_until": member.valid_until,
            }
            for member in checkpoint_members
        ],
        "checkpoint_quorum": quorum,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
