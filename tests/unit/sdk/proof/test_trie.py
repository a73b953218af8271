"""Values proven under a state root: a recorded chain, absence, and nodes that are none."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.proof.rlp import decode_list, decode_text, encode_list
from piaolian_sdk.proof.trie import TrieNodes, account_at, slot_value
from piaolian_sdk.proof.witness import EMPTY_ROOT, MAX_NODES, pack, unpack
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
    address, storage_root = _hex(proof["address"]), _hex(answer["storageHash"])
    slots = [int(entry["key"], 16).to_bytes(32, "big") for entry in answer["storageProof"]]
    of_state = [_hex(node) for node in answer["accountProof"]]
    of_storage = [_hex(node) for entry in answer["storageProof"] for node in entry["proof"]]
    tries = TrieNodes(pack(state_root, [address], of_state) + pack(storage_root, slots, of_storage))
    assert account_at(tries, state_root, address) == (storage_root, _hex(answer["codeHash"]))
    for slot, entry in zip(slots, answer["storageProof"], strict=True):
        assert slot_value(tries, storage_root, slot) == int(entry["value"], 16)
    assert tries.unused == 0


def test_recorded_chain__holds_absent_slots_as_well() -> None:
    values = [int(entry["value"], 16) for entry in RECORDED["proof"]["answer"]["storageProof"]]
    assert 0 in values
    assert any(values)


@given(st.dictionaries(st.binary(min_size=1, max_size=8), st.binary(min_size=1, max_size=40), max_size=60))
def test_trie__every_key_and_others__value_or_absence(entries: dict[bytes, bytes]) -> None:
    trie = Trie(entries)
    for key in [*entries, b"not there", b""]:
        tries = TrieNodes(pack(trie.root, [key], trie.proof(key)))
        assert tries.value(trie.root, key) == entries.get(key)
        assert tries.unused == 0


@given(st.sets(st.integers(0, 200), min_size=1, max_size=40), st.integers(1, 150))
def test_trie__many_keys_at_once__each_node_once_and_none_too_many(wanted: set[int], count: int) -> None:
    trie = Trie({bytes([number]): bytes([number]) * 33 for number in range(count)})
    keys = [bytes([number]) for number in wanted]
    nodes = [node for key in keys for node in trie.proof(key)]
    witness = pack(trie.root, keys, nodes)
    tries = TrieNodes(witness)
    for number, key in zip(wanted, keys, strict=True):
        assert tries.value(trie.root, key) == (bytes([number]) * 33 if number < count else None)
    assert tries.unused == 0
    # A child that comes along costs its own bytes, and one in its parent in place of 33.
    distinct = set(nodes)
    assert len(witness) <= sum(map(len, distinct)) - 31 * (len(distinct) - 1)


@given(st.integers(0, 40), st.integers(0, 7), st.data())
def test_trie__one_bit_flipped__refused_whatever_it_made_of_the_nodes(
    count: int, bit: int, data: st.DataObject
) -> None:
    trie = Trie({bytes([number]): bytes([number]) * 33 for number in range(count + 2)})
    broken = bytearray(pack(trie.root, [b"\1"], trie.proof(b"\1")))
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= 1 << bit
    with pytest.raises(VerificationError) as caught:
        TrieNodes(bytes(broken)).value(trie.root, b"\1")
    assert caught.value.code in ("state-node-missing", "state-node-malformed")


def test_trie__empty__absent_without_a_node() -> None:
    assert TrieNodes(b"").value(EMPTY_ROOT, b"any") is None
    assert pack(EMPTY_ROOT, [b"any"], []) == b""


def test_tries__in_another_order_or_twice__missing_or_unused() -> None:
    one, other = Trie({b"a": b"one" * 12}), Trie({b"b": b"two" * 12})
    first, second = pack(one.root, [b"a"], one.proof(b"a")), pack(other.root, [b"b"], other.proof(b"b"))
    with pytest.raises(VerificationError) as caught:
        TrieNodes(second + first).value(one.root, b"a")
    assert caught.value.code == "state-node-missing"
    tries = TrieNodes(first + second + first)
    assert (tries.value(one.root, b"a"), tries.value(other.root, b"b")) == (b"one" * 12, b"two" * 12)
    assert tries.unused == 1


def test_trie__node_of_another_key__counted_as_unused() -> None:
    trie = Trie({bytes([number]): b"value" * 8 for number in range(30)})
    tries = TrieNodes(pack(trie.root, [b"\1", b"\2"], [*trie.proof(b"\1"), *trie.proof(b"\2")]))
    tries.value(trie.root, b"\1")
    assert tries.unused > 0


def test_trie__node_left_out__missing() -> None:
    trie = Trie({bytes([number]): b"value" * 8 for number in range(30)})
    tries = TrieNodes(pack(trie.root, [b"\1"], trie.proof(b"\1")[:-1]))
    with pytest.raises(VerificationError) as caught:
        tries.value(trie.root, b"\1")
    assert caught.value.code == "state-node-missing"


_TEXT = b"x" * 32


@pytest.mark.parametrize(
    "witness",
    [
        encode([b""] * 16 + [[]]) + encode([_TEXT, _TEXT]),
        encode([[], _TEXT]) + encode([_TEXT, _TEXT]),
        encode([b"", [], b""]) + encode([_TEXT, _TEXT]),
        encode([_TEXT, []]) + encode([b"\x20", b"x"]),
        encode([_TEXT, []]),
        encode([_TEXT, []]) + b"\x80",
        encode([_TEXT, []]) * 70,
        encode([_TEXT, _TEXT]) * (MAX_NODES + 1),
        b"\x80",
    ],
    ids=[
        "below-a-branch's-value",
        "below-a-path",
        "below-a-node-of-three",
        "small-child",
        "nothing-follows",
        "no-node-follows",
        "deeper-than-a-key",
        "too-many",
        "no-list",
    ],
)
def test_witness__that_is_none__malformed(witness: bytes) -> None:
    with pytest.raises(VerificationError) as caught:
        unpack(witness)
    assert caught.value.code == "state-node-malformed"


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
    tries = TrieNodes(encoded)
    with pytest.raises(VerificationError) as caught:
        tries.value(Trie.name(encoded), b"key")
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
        assert encode(items) == encode_list(items) == data


def test_rlp__lists_within_lists_without_end__malformed() -> None:
    data = b""
    for _ in range(50):
        data = encode([data]) if not data else bytes([0xC0 + len(data)]) + data if len(data) < 56 else data
    with pytest.raises(VerificationError):
        decode_list(data)
