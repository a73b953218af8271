"""Values proven under a state root: a recorded chain, absence, and nodes that are none."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.proof.rlp import decode_list, decode_text
from piaolian_sdk.proof.trie import EMPTY_ROOT, TrieNodes, account_at, slot_value
from support.tries import Trie, encode

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[3] / "vectors/qbft.json").read_text(encoding="utf-8"))


def _hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("part", [RECORDED, RECORDED["after_removal"]], ids=["running", "after-removal"])
def test_recorded_chain__account_and_slots__proven_without_a_node_too_many(part: dict[str, Any]) -> None:
    proof = part["proof"]
    answer = proof["answer"]
    headers = [*RECORDED["headers"], *RECORDED["after_removal"]["headers"]]
    state_root = next(_hex(header["stateRoot"]) for header in headers if int(header["number"], 16) == proof["block"])
    encoded = [*answer["accountProof"], *(node for entry in answer["storageProof"] for node in entry["proof"])]
    nodes = TrieNodes(list(dict.fromkeys(_hex(node) for node in encoded)))
    account = account_at(nodes, state_root, _hex(proof["address"]))
    assert account == (_hex(answer["storageHash"]), _hex(answer["codeHash"]))
    for entry in answer["storageProof"]:
        slot = int(entry["key"], 16).to_bytes(32, "big")
        assert slot_value(nodes, account[0], slot) == int(entry["value"], 16)
    assert nodes.unused == 0


def test_recorded_chain__holds_absent_slots_as_well() -> None:
    values = [int(entry["value"], 16) for entry in RECORDED["proof"]["answer"]["storageProof"]]
    assert 0 in values
    assert any(values)


@given(st.dictionaries(st.binary(min_size=1, max_size=8), st.binary(min_size=1, max_size=40), max_size=60))
def test_trie__every_key_and_others__value_or_absence(entries: dict[bytes, bytes]) -> None:
    trie = Trie(entries)
    for key in [*entries, b"not there", b""]:
        nodes = TrieNodes(trie.proof(key))
        assert nodes.value(trie.root, key) == entries.get(key)
        assert nodes.unused == 0


@given(st.integers(0, 40), st.integers(0, 7), st.data())
def test_trie__one_bit_of_a_node_flipped__missing(count: int, bit: int, data: st.DataObject) -> None:
    entries = {bytes([number]): bytes([number]) * 33 for number in range(count + 2)}
    trie = Trie(entries)
    proof = trie.proof(b"\1")
    place = data.draw(st.integers(0, len(proof) - 1))
    offset = data.draw(st.integers(0, len(proof[place]) - 1))
    broken = bytearray(proof[place])
    broken[offset] ^= 1 << bit
    proof[place] = bytes(broken)
    with pytest.raises(VerificationError) as caught:
        TrieNodes(proof).value(trie.root, b"\1")
    assert caught.value.code == "state-node-missing"


def test_trie__empty__absent_without_a_node() -> None:
    assert TrieNodes([]).value(EMPTY_ROOT, b"any") is None


def test_trie__node_of_another_key__counted_as_unused() -> None:
    trie = Trie({bytes([number]): b"value" * 8 for number in range(30)})
    nodes = TrieNodes([*trie.proof(b"\1"), *trie.proof(b"\2")])
    nodes.value(trie.root, b"\1")
    assert nodes.unused > 0


@pytest.mark.parametrize(
    "node",
    [
        [b"", b"one", b"two"],
        [b"\x40" + bytes(31), b"x" * 32],
        [b"\x05" + bytes(31), b"x" * 32],
        [b"\x00", b"x" * 32],
        [b"", b"x" * 32],
        [b"\x20" + bytes(40), b"x" * 32],
        [b"\x20" + bytes(3), b"x" * 32],
        [[b"x"], b"x" * 32],
    ],
    ids=[
        "three-entries",
        "unknown-flag",
        "padding-not-zero",
        "empty-extension",
        "no-path",
        "leaf-too-deep",
        "leaf-too-high",
        "path-is-a-list",
    ],
)
def test_trie__node_that_is_none__malformed(node: list[Any]) -> None:
    encoded = encode(node)
    nodes = TrieNodes([encoded])
    with pytest.raises(VerificationError) as caught:
        nodes.value(Trie.name(encoded), b"key")
    assert caught.value.code == "state-node-malformed"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "8100",
        "b800",
        "b90001aa",
        "b83700",
        "c1",
        "c180ff",
        "f800",
        "b7",
        "bfffffffffffffffff",
        "c3c2c1",
        "820102ff",
    ],
)
def test_rlp__another_form__malformed(data: str) -> None:
    raw = bytes.fromhex(data)
    for decode in (decode_list, decode_text):
        with pytest.raises(VerificationError) as caught:
            decode(raw)
        assert caught.value.code == "state-node-malformed"


@given(st.binary(max_size=80))
def test_rlp__any_bytes__decoded_to_one_form_or_malformed(data: bytes) -> None:
    try:
        items = decode_list(data)
    except VerificationError as error:
        assert error.code == "state-node-malformed"  # noqa: PT017 # Both outcomes are right.
    else:
        assert encode(items) == data


def test_rlp__lists_within_lists_without_end__malformed() -> None:
    data = b""
    for _ in range(50):
        data = encode([data]) if not data else bytes([0xC0 + len(data)]) + data if len(data) < 56 else data
    with pytest.raises(VerificationError):
        decode_list(data)
