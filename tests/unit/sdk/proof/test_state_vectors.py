"""State proofs and checkpoints of real chains (tests/vectors/state.json), as Solidity and JavaScript read them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from piaolian_sdk.proof import Checkpoint, is_signed, public_key_from_point
from piaolian_sdk.proof.rlp import decode_list
from piaolian_sdk.proof.trie import TrieNodes, account_at, slot_value
from piaolian_sdk.proof.witness import EMPTY_ROOT, pack
from piaolian_sdk.tree import keccak256

_VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[3] / "vectors/state.json").read_text(encoding="utf-8"))
_STATES = {one["name"]: one for one in _VECTORS["states"]}


def _hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("name", list(_STATES))
def test_state__its_nodes_in_the_form_of_a_bundle__prove_account_and_slots(name: str) -> None:
    one = _STATES[name]
    state_root, address, account = _hex(one["state_root"]), _hex(one["address"]), one["account"]
    storage_root = _hex(account["storage_root"]) if account else EMPTY_ROOT
    slots = [_hex(entry["slot"]) for entry in one["slots"]]
    of_storage = [_hex(node) for entry in one["slots"] for node in entry["proof"]]
    of_state = [_hex(node) for node in one["account_proof"]]
    witness = pack(state_root, [address], of_state) + pack(storage_root, slots, of_storage)

    nodes = TrieNodes(witness)

    assert witness == _hex(one["witness"])
    found = account_at(nodes, state_root, address)
    assert found == (account and (storage_root, _hex(account["code_hash"])))
    for slot, entry in zip(slots, one["slots"], strict=True):
        assert slot_value(nodes, storage_root, slot) == int(entry["value"], 16)
    assert nodes.unused == 0


def test_states__both_engines_values_and_absence__are_there() -> None:
    assert {name.split(",")[0] for name in _STATES} == {"qbft", "geth", "built"}
    assert any(one["account"] is None for one in _STATES.values())
    values = [int(entry["value"], 16) for one in _STATES.values() for entry in one["slots"]]
    assert values.count(0) >= 3
    nodes = [decode_list(_hex(node)) for node in _STATES["built, an extension"]["slots"][0]["proof"]]
    # Branch, leaf and extension: the flag of an extension is below 2.
    paths = [node[0] for node in nodes if len(node) == 2]
    assert [isinstance(path, bytes) and path[0] >> 4 < 2 for path in paths] == [True, False]
    assert len(nodes) == 3


@pytest.mark.parametrize("place", range(len(_VECTORS["checkpoints"])))
def test_checkpoint__message_digests_and_signatures(place: int) -> None:
    one = _VECTORS["checkpoints"][place]
    checkpoint = Checkpoint(
        chain_id=one["chain_id"],
        genesis_hash=_hex(one["genesis_hash"]),
        number=one["number"],
        block_hash=_hex(one["block_hash"]),
        state_root=_hex(one["state_root"]),
        timestamp=one["timestamp"],
    )
    message = checkpoint.message()
    assert message == _hex(one["message"])
    assert len(message) == 224
    assert keccak256(message) == _hex(one["keccak256"])
    assert hashlib.sha256(message).digest() == _hex(one["sha256"])
    assert len(one["signatures"]) == 2
    for entry in one["signatures"]:
        key, signature = public_key_from_point(_hex(entry["public_key"])), _hex(entry["signature"])
        assert is_signed(checkpoint, key, signature)
        assert not is_signed(checkpoint, key, signature[:32] + bytes(31) + b"\1")
