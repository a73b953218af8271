"""Write tests/vectors/state.json: state proofs and checkpoints of real chains, for Python, Solidity and JavaScript.

Each state has one account, or proves that there is none, with some of its slots, absent ones among them: the nodes on
each way as ``eth_getProof`` gives them, and all of them together in the form of a bundle. Two were recorded from Besu
with QBFT (``qbft.json``), two from geth with Clique (``tests/data/bundles``), where the checkpoints come from as well;
one is built here, since no recorded way leads through an extension.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.proof import Bundle, Trust, read_bundle, slots
from piaolian_sdk.proof.rlp import Item, encode_list
from piaolian_sdk.proof.trie import TrieNodes, account_at, slot_value
from piaolian_sdk.proof.witness import EMPTY_ROOT, Node, pack, unpack
from piaolian_sdk.tree import keccak256

HERE: Final = Path(__file__).parent
BUNDLES: Final = HERE.parent / "data" / "bundles"


def unhexed(text: str) -> bytes:
    """Return the bytes of 0x-hex."""
    return bytes.fromhex(text.removeprefix("0x"))


def hexed(data: bytes) -> str:
    """Return 0x-hex."""
    return "0x" + data.hex()


def way(nodes: dict[bytes, bytes], root: bytes, key: bytes) -> list[bytes]:
    """Return the nodes on the way to a key, from the root on."""
    if root == EMPTY_ROOT:
        return []
    node = unpack(pack(root, [key], nodes.values()))[0][1]
    found = [encode_list(node.items)]
    while node.children:
        ((_, node),) = node.children.items()
        found.append(encode_list(node.items))
    return found


def absent(nodes: dict[bytes, bytes], root: bytes, candidates: Iterator[bytes]) -> bytes:
    """Return the first key that the nodes prove to be absent."""
    for key in candidates:
        try:
            if TrieNodes(pack(root, [key], nodes.values())).value(root, key) is None:
                return key
        except VerificationError as error:
            if error.code != "state-node-missing":
                raise
    raise AssertionError("the candidates never end")


def state(name: str, state_root: bytes, encoded: Sequence[bytes], address: bytes, asked: list[bytes]) -> dict[str, Any]:
    """Return one entry: an account and its slots under a state root."""
    nodes = {keccak256(node): node for node in encoded}
    account_proof = way(nodes, state_root, address)
    witness = pack(state_root, [address], account_proof)
    account = account_at(TrieNodes(witness), state_root, address)
    storage_root = account[0] if account else EMPTY_ROOT
    proofs = [way(nodes, storage_root, slot) for slot in asked]
    storage = pack(storage_root, asked, [node for proof in proofs for node in proof])
    reader = TrieNodes(storage)
    return {
        "name": name,
        "state_root": hexed(state_root),
        "address": hexed(address),
        "account_proof": [hexed(node) for node in account_proof],
        "account": account and {"storage_root": hexed(account[0]), "code_hash": hexed(account[1])},
        "slots": [
            {
                "slot": hexed(slot),
                "value": hexed(slot_value(reader, storage_root, slot).to_bytes(32, "big")),
                "proof": [hexed(node) for node in proof],
            }
            for slot, proof in zip(asked, proofs, strict=True)
        ],
        "witness": hexed(witness + storage),
    }


def of_qbft() -> Iterator[dict[str, Any]]:
    """Return what was recorded from Besu, and an account that is not there."""
    recorded = json.loads((HERE / "qbft.json").read_text(encoding="utf-8"))
    headers = {int(one["number"], 16): one for one in [*recorded["headers"], *recorded["after_removal"]["headers"]]}
    for name, part in (("qbft", recorded), ("qbft, a validator removed", recorded["after_removal"])):
        answer, block = part["proof"]["answer"], part["proof"]["block"]
        encoded = [unhexed(node) for node in answer["accountProof"]]
        encoded += [unhexed(node) for entry in answer["storageProof"] for node in entry["proof"]]
        asked = [int(entry["key"], 16).to_bytes(32, "big") for entry in answer["storageProof"]]
        state_root, address = unhexed(headers[block]["stateRoot"]), unhexed(answer["address"])
        yield state(name, state_root, encoded, address, asked)
    yield without_account("qbft, no account", state_root, encoded)


def of_geth(bundle: Bundle, trust: Trust) -> Iterator[dict[str, Any]]:
    """Return the contracts of a recorded bundle, and an account that is not there.

    Args:
        bundle: Of a receipt that is not red: its root has a number of its own.
        trust: Names the contracts.
    """
    assert bundle.root.id is not None
    state_root = bundle.checkpoint.state_root
    encoded = [node for _, top in unpack(bundle.state) for node in whole(top)]
    nodes = {keccak256(node): node for node in encoded}
    tries = TrieNodes(bundle.state)
    contracts = {
        "geth, ReceiptLedger": (trust.file.contracts.ReceiptLedger.address, [slots.root_slot(bundle.root.id)]),
        "geth, Registry": (trust.file.contracts.Registry.address, [slots.range_slot(bundle.header.range)]),
    }
    for name, (address, asked) in contracts.items():
        account = account_at(tries, state_root, address)
        assert account is not None
        numbers = (number.to_bytes(32, "big") for number in range(1 << 16))
        yield state(
            name,
            state_root,
            encoded,
            address,
            [slots.IMPLEMENTATION_SLOT, *asked, absent(nodes, account[0], numbers)],
        )
    yield without_account("geth, no account", state_root, encoded)


def without_account(name: str, state_root: bytes, encoded: Sequence[bytes]) -> dict[str, Any]:
    """Return a proof that there is no account at an address."""
    nodes = {keccak256(node): node for node in encoded}
    addresses = (keccak256(number.to_bytes(2, "big"))[:20] for number in range(1 << 16))
    return state(name, state_root, encoded, absent(nodes, state_root, addresses), [])


def built() -> dict[str, Any]:
    """Return a state of one account with two slots that share the beginning of their ways: an extension."""
    words = [number.to_bytes(32, "big") for number in range(1 << 12)]
    first = words[0]
    digits = keccak256(first).hex()
    second = next(word for word in words[1:] if keccak256(word).hex()[:2] == digits[:2])
    others = keccak256(second).hex()
    assert digits[2] != others[2]
    # Values of one byte and of a whole word: texts below and beyond the forms of RLP.
    leaves = [encode_list([compact(digits[3:], is_leaf=True), b"\x05"])]
    leaves.append(encode_list([compact(others[3:], is_leaf=True), b"\xa0" + b"\xff" * 32]))
    branch: list[Item] = [b""] * 17
    branch[int(digits[2], 16)], branch[int(others[2], 16)] = (keccak256(leaf) for leaf in leaves)
    below = encode_list(branch)
    storage = encode_list([compact(digits[:2], is_leaf=False), keccak256(below)])
    address = b"\x42" * 20
    account = encode_list([b"\x01", b"", keccak256(storage), keccak256(b"code")])
    top = encode_list([compact(keccak256(address).hex(), is_leaf=True), account])
    beside = next(word for word in words if keccak256(word).hex()[0] != digits[0])
    between = next(
        word
        for word in words
        if keccak256(word).hex()[:2] == digits[:2] and keccak256(word).hex()[2] not in (digits[2], others[2])
    )
    encoded = [top, storage, below, *leaves]
    return state("built, an extension", keccak256(top), encoded, address, [first, second, beside, between])


def compact(path: str, *, is_leaf: bool) -> bytes:
    """Return digits with their hex prefix (yellow paper, appendix C)."""
    flag = 2 * is_leaf + len(path) % 2
    return bytes.fromhex(f"{flag:x}{path}" if len(path) % 2 else f"{flag:x}0{path}")


def whole(node: Node) -> Iterator[bytes]:
    """Return the RLP of a node and of all that came along below it."""
    yield encode_list(node.items)
    for child in node.children.values():
        yield from whole(child)


def checkpoint(bundle: Bundle, trust: Trust) -> dict[str, Any]:
    """Return a checkpoint with its digests and every signature on it."""
    signed = bundle.signed_checkpoint()
    message = signed.message()
    members = {member.name: member for member in trust.file.checkpoint_members}
    return {
        "chain_id": signed.chain_id,
        "genesis_hash": hexed(signed.genesis_hash),
        "number": signed.number,
        "block_hash": hexed(signed.block_hash),
        "state_root": hexed(signed.state_root),
        "timestamp": signed.timestamp,
        "message": hexed(message),
        "keccak256": hexed(keccak256(message)),
        "sha256": hexed(hashlib.sha256(message).digest()),
        "signatures": [
            {"public_key": members[entry.member].public_key, "signature": hexed(entry.signature)}
            for entry in bundle.checkpoint.signatures
        ],
    }


def main() -> None:
    """Write the file."""
    trust = Trust.from_file(BUNDLES / "trust.json")
    bundles = [read_bundle((BUNDLES / f"{name}.json").read_bytes()) for name in ("stamped", "reversed")]
    vectors = {
        "states": [*of_qbft(), *of_geth(bundles[0], trust), built()],
        "checkpoints": [checkpoint(bundle, trust) for bundle in bundles],
    }
    (HERE / "state.json").write_text(json.dumps(vectors, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
