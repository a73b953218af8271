"""The vectors of chain.json, recomputed with eth-abi and eth-account alone."""

import functools
import json
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak

from piaolian_sdk import acts
from piaolian_sdk.tree import (
    BY_LIST,
    Header,
    LeafByCode,
    LeafByList,
    body_hash,
    fields_root,
    keccak256,
    positional,
    positional_path,
    positional_root,
    verify_path,
)

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "chain.json").read_text(encoding="utf-8"))


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def twice(types: list[str], values: list[Any]) -> bytes:
    return bytes(keccak(keccak(encode(types, values))))


def leaf(number: int) -> bytes:
    return bytes(keccak(encode(["uint256"], [number])))


def fold(nodes: list[bytes]) -> bytes:
    while len(nodes) > 1:
        nodes = [keccak(a + b) for a, b in zip_longest(nodes[::2], nodes[1::2], fillvalue=bytes(32))]
    return bytes(nodes[0])


@pytest.mark.parametrize(
    ("count", "root"), list(zip(VECTORS["trees"]["counts"], VECTORS["trees"]["roots"], strict=True))
)
def test_positional_root__vector__matches_plain_folding(count: int, root: str) -> None:
    leaves = [leaf(i) for i in range(count)]

    assert positional_root(leaves) == fold(leaves) == raw(root)


@pytest.mark.parametrize("case", VECTORS["trees"]["paths"], ids=lambda case: f"{case['index']}-of-{case['count']}")
def test_positional_path__vector__leads_to_root(case: dict[str, Any]) -> None:
    leaves = [leaf(i) for i in range(case["count"])]
    path = [raw(node) for node in case["path"]]

    assert positional_path(leaves, case["index"]) == path
    verify_path(fold(leaves), leaves[case["index"]], case["index"], case["count"], path)


def test_positional_tree__sizes_1_to_1025__every_leaf_stands_at_its_index(monkeypatch: pytest.MonkeyPatch) -> None:
    # Half a million paths share some ten thousand parents: each of these is hashed once.
    monkeypatch.setattr(positional, "keccak256", functools.cache(keccak256))
    every = [leaf(i) for i in range(VECTORS["trees"]["every_root"]["counts"])]
    roots = []
    for count in range(1, len(every) + 1):
        levels = positional.positional_tree(every[:count])
        root = levels[-1][0]
        roots.append(root)
        for index in range(count):
            path = [
                level[index >> height ^ 1] if (index >> height ^ 1) < len(level) else bytes(32)
                for height, level in enumerate(levels[:-1])
            ]
            assert len(path) == positional.path_length(count)
            assert positional.root_from_path(every[index], index, path) == root

    assert keccak(b"".join(roots)) == raw(VECTORS["trees"]["every_root"]["digest"])
    assert roots[4] == fold(every[:5])


@pytest.mark.parametrize("case", VECTORS["body_hashes"])
def test_body_hash__vector__matches_abi_encoding(case: dict[str, str]) -> None:
    values = [raw(case["document_digest"]), raw(case["fields_root"]), case["booking_key"]]

    expected = keccak(encode(["bytes32", "bytes32", "address"], values))

    assert body_hash(raw(case["document_digest"]), raw(case["fields_root"]), case["booking_key"]) == expected
    assert expected == raw(case["hash"])


@pytest.mark.parametrize("case", VECTORS["lines_hashes"])
def test_lines_hash__vector__is_keccak_of_lanes(case: dict[str, str]) -> None:
    assert keccak(raw(case["lines"])) == raw(case["hash"])


LEAF = ["uint32", "uint40", "bytes32", "uint128", "bytes32", "bytes32"]


@pytest.mark.parametrize("case", VECTORS["leaves_by_code"])
def test_leaf_by_code__vector__matches_abi_encoding(case: dict[str, Any]) -> None:
    number, fen, code = int(case["number"]), int(case["amount_fen"]), int(case["payment_code"])
    lines, body = raw(case["lines_hash"]), raw(case["body_hash"])

    expected = twice(LEAF, [case["range_id"], number, encode(["uint256"], [fen]), code, lines, body])

    assert LeafByCode(case["range_id"], number, fen, code, lines, body).hash == expected == raw(case["hash"])


@pytest.mark.parametrize("case", VECTORS["leaves_by_list"])
def test_leaf_by_list__vector__hides_amount_under_salt(case: dict[str, Any]) -> None:
    fen, salt, body = int(case["amount_fen"]), raw(case["amount_salt"]), raw(case["body_hash"])
    amount = keccak(encode(["uint48", "bytes32"], [fen, salt]))

    expected = twice(LEAF, [case["range_id"], int(case["number"]), amount, 0, bytes(32), body])

    built = LeafByList(case["range_id"], int(case["number"]), fen, salt, body)
    assert built.amount == amount == raw(case["amount"])
    assert built.hash == expected == raw(case["hash"])


@pytest.mark.parametrize("case", VECTORS["headers"])
def test_header__vector__matches_abi_encoding(case: dict[str, Any]) -> None:
    names = ("unit", "range", "mode", "first", "count", "issue_day", "total_fen", "catalog_version")
    numbers = [int(case[name]) for name in names]
    types = ["uint32", "uint32", "uint8", "uint40", "uint32", "uint32", "uint64", "uint32", "bytes32"]

    expected = twice(types, [*numbers, raw(case["unit_root"])])

    header = Header(**dict(zip(names, numbers, strict=True)), unit_root=raw(case["unit_root"]))
    assert header.hash == expected == raw(case["hash"])


def test_fields_root__vector__matches_abi_encoding() -> None:
    case = VECTORS["fields"]
    salts = []
    for index in range(len(case["fields"])):
        code = hmac.HMAC(raw(case["seed"]), hashes.SM3())
        code.update(index.to_bytes(4, "big"))
        salts.append(code.finalize())
    leaves = [
        twice(["bytes32", "string", "string"], [salt, *pair]) for salt, pair in zip(salts, case["fields"], strict=True)
    ]

    assert salts == [raw(salt) for salt in case["salts"]]
    assert fold(leaves) == raw(case["root"])
    assert fields_root([(path, text) for path, text in case["fields"]], raw(case["seed"])) == raw(case["root"])


def typed(case: dict[str, Any]) -> Any:
    inner = case["type"].split("(", 1)[1].rstrip(")")
    members = [dict(zip(("type", "name"), part.split(" "), strict=True)) for part in inner.split(",")]
    message = {
        member["name"]: raw(value)
        if member["type"].startswith("bytes")
        else value
        if member["type"] == "address"
        else int(value)
        for member in members
        for value in [case["message"][member["name"]]]
    }
    domain = {
        "name": "Piaolian",
        "version": "1",
        "chainId": VECTORS["chain_id"],
        "verifyingContract": VECTORS["contract"],
    }
    return encode_typed_data(domain, {case["name"]: members}, message)


@pytest.mark.parametrize("case", VECTORS["acts"], ids=lambda case: case["name"])
def test_act__vector__matches_general_eip712_encoder(case: dict[str, Any]) -> None:
    signable = typed(case)

    assert keccak(b"\x19\x01" + signable.header + signable.body) == raw(case["digest"])
    assert signable.body == raw(case["struct_hash"])
    assert Account.recover_message(signable, signature=raw(case["signature"])) == VECTORS["signer"]


def test_acts__all__have_a_vector() -> None:
    assert {case["type"] for case in VECTORS["acts"]} == {act.TYPE for act in acts.ALL_ACTS}


def test_leaf_by_list__mode__is_two() -> None:
    assert VECTORS["headers"][1]["mode"] == BY_LIST
