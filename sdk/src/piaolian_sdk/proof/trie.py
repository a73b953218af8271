"""Values in the state of a chain, proven by the nodes of its tries (Ethereum yellow paper, appendix D).

The nodes stand in one set; each is found by its keccak256, so a wrong one is never found. A key leads from the root
through branches (17 entries), extensions and leaves (2 entries, with hex-prefixed paths). Where the way ends before the
key does, the key is proven absent: no other way can lead to it under the same root.
"""

from collections.abc import Sequence
from typing import Final

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.proof.rlp import Item, decode_list, decode_text
from piaolian_sdk.tree.keccak import keccak256

# keccak256(0x80): the root of a trie without entries.
EMPTY_ROOT: Final = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
_KEY_NIBBLES: Final = 64
_BRANCH, _SHORT = 17, 2
_NO_CHILD: Final = b""


class TrieNodes:
    """The nodes that came with a proof. Which of them were needed is kept."""

    def __init__(self, nodes: Sequence[bytes]) -> None:
        """Take the nodes.

        Args:
            nodes: RLP of each, in any order.
        """
        self._encoded = {keccak256(node): node for node in nodes}
        self._decoded: dict[bytes, list[Item]] = {}
        self._repeated = len(nodes) - len(self._encoded)

    @property
    def unused(self) -> int:
        """How many nodes no key has led to; those that stand twice count as well."""
        return len(self._encoded) - len(self._decoded) + self._repeated

    def value(self, root: bytes, key: bytes) -> bytes | None:
        """Return the value of a key, or None when it is proven absent.

        Args:
            root: 32 bytes.
            key: As contracts know it; the trie's own key is its keccak256.

        Raises:
            VerificationError: ``state-node-missing``: a node on the way did not come with the proof;
                ``state-node-malformed``: a node is none, or stands at a wrong depth.
        """
        if root == EMPTY_ROOT:
            return None
        way = keccak256(key).hex()
        node, depth = self._node(root), 0
        while True:
            if len(node) == _BRANCH:
                if depth == _KEY_NIBBLES:
                    raise malformed("a branch stands below the last digit of a key")
                child, depth = node[int(way[depth], 16)], depth + 1
            elif len(node) == _SHORT:
                part, is_leaf = _path(node[0])
                end = depth + len(part)
                if end > _KEY_NIBBLES or (is_leaf and end != _KEY_NIBBLES):
                    raise malformed("a path leads beyond the key")
                if way[depth:end] != part:
                    return None
                if is_leaf:
                    return _leaf_value(node[1])
                child, depth = node[1], end
            else:
                raise malformed(f"a node has {len(node)} entries")
            if child == _NO_CHILD:
                return None
            # A child of fewer than 32 bytes stands in its parent itself.
            node = child if isinstance(child, list) else self._node(child)

    def _node(self, name: bytes) -> list[Item]:
        found = self._decoded.get(name)
        if found is None:
            encoded = self._encoded.get(name)
            if encoded is None:
                raise VerificationError(
                    "state-node-missing", "a node on the way is missing", "缺少状态节点", step="state", field="state"
                )
            found = self._decoded[name] = decode_list(encoded)
        return found


def slot_value(nodes: TrieNodes, storage_root: bytes, slot: bytes) -> int:
    """Return the word at a storage slot, 0 when it is proven absent.

    Args:
        nodes: The proof.
        storage_root: Of the account, 32 bytes.
        slot: 32 bytes.

    Raises:
        VerificationError: See ``TrieNodes.value``; also a value that is no word without leading zeros.
    """
    encoded = nodes.value(storage_root, slot)
    if encoded is None:
        return 0
    word = decode_text(encoded)
    if not 1 <= len(word) <= 32 or word[0] == 0:
        raise malformed("a storage value is no word")
    return int.from_bytes(word, "big")


def account_at(nodes: TrieNodes, state_root: bytes, address: bytes) -> tuple[bytes, bytes] | None:
    """Return storage root and code hash of an account (32 bytes each), or None when it is proven absent.

    Raises:
        VerificationError: See ``TrieNodes.value``; also an account of another shape.
    """
    encoded = nodes.value(state_root, address)
    if encoded is None:
        return None
    account = decode_list(encoded)
    if len(account) != 4:
        raise malformed("an account has four entries: nonce, balance, storage root, code hash")
    storage_root, code_hash = account[2], account[3]
    if not isinstance(storage_root, bytes) or not isinstance(code_hash, bytes):
        raise malformed("an account's entries are texts")
    if len(storage_root) != 32 or len(code_hash) != 32:
        raise malformed("an account's hashes have 32 bytes")
    return storage_root, code_hash


def malformed(what: str) -> VerificationError:
    """Return the error for a node that cannot be one."""
    return VerificationError("state-node-malformed", what, "状态节点格式有误", step="state", field="state")


def _path(compact: Item) -> tuple[str, bool]:
    """Return the digits of a hex-prefixed path, and whether it ends in a leaf."""
    if not isinstance(compact, bytes) or not compact:
        raise malformed("a path is empty")
    digits = compact.hex()
    flag = digits[0]
    if flag in "02" and digits[1] == "0":
        part = digits[2:]
    elif flag in "13":
        part = digits[1:]
    else:
        raise malformed("a path has an unknown prefix")
    is_leaf = flag in "23"
    if not part and not is_leaf:
        raise malformed("an extension without a path")
    return part, is_leaf


def _leaf_value(value: Item) -> bytes:
    if not isinstance(value, bytes) or not value:
        raise malformed("a leaf without a value")
    return value
