"""Values in the state of a chain, proven by the nodes of its tries (Ethereum yellow paper, appendix D).

A key leads from the root through branches (17 entries), extensions and leaves (2 entries, with hex-prefixed paths).
Where the way ends before the key does, the key is proven absent: no other way can lead to it under the same root.
"""

from collections import deque
from functools import cached_property
from typing import Final

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.proof.rlp import decode_list, decode_text
from piaolian_sdk.proof.witness import EMPTY_ROOT, Node, malformed, unpack
from piaolian_sdk.tree.keccak import keccak256

_NO_CHILD: Final = b""


class TrieNodes:
    """The nodes of tries that came with a proof. Which of them were needed is kept."""

    def __init__(self, witness: bytes) -> None:
        """Take the parts; they are read when the first value is asked for.

        Args:
            witness: See ``piaolian_sdk.proof.witness``.
        """
        self._witness = witness
        self._open: dict[bytes, Node] = {}

    @cached_property
    def _waiting(self) -> deque[tuple[bytes, Node]]:
        return deque(unpack(self._witness))

    @property
    def unused(self) -> int:
        """How many nodes no key has led to."""
        roots = [*self._open.values(), *(node for _, node in self._waiting)]
        return sum(_unused(root) for root in roots)

    def value(self, root: bytes, key: bytes) -> bytes | None:
        """Return the value of a key, or None when it is proven absent.

        Args:
            root: 32 bytes. Tries must be asked for in the order in which they came.
            key: As contracts know it; the trie's own key is its keccak256.

        Raises:
            VerificationError: ``state-node-missing``: a node on the way did not come with the proof;
                ``state-node-malformed``: a node is none, or stands at a wrong depth.
        """
        if root == EMPTY_ROOT:
            return None
        way, node, depth = keccak256(key).hex(), self._root(root), 0
        while True:
            node.is_used = True
            found = node.below(way, depth)
            if not isinstance(found, tuple):
                return found
            place, depth = found
            child = node.items[place]
            if child == _NO_CHILD:
                return None
            # A child of fewer than 32 bytes stands in its parent itself.
            below = Node(child) if isinstance(child, list) else node.children.get(place)
            if below is None:
                raise _missing()
            node = below

    def _root(self, root: bytes) -> Node:
        if root not in self._open:
            if not self._waiting or self._waiting[0][0] != root:
                raise _missing()
            self._open[root] = self._waiting.popleft()[1]
        return self._open[root]


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
    return None if encoded is None else read_account(encoded)


def read_account(encoded: bytes) -> tuple[bytes, bytes]:
    """Return storage root and code hash (32 bytes each) of an account as the state trie holds it.

    Raises:
        VerificationError: ``state-node-malformed``: it has another shape.
    """
    account = decode_list(encoded)
    if len(account) != 4:
        raise malformed("an account has four entries: nonce, balance, storage root, code hash")
    storage_root, code_hash = account[2], account[3]
    if not isinstance(storage_root, bytes) or not isinstance(code_hash, bytes):
        raise malformed("an account's entries are texts")
    if len(storage_root) != 32 or len(code_hash) != 32:
        raise malformed("an account's hashes have 32 bytes")
    return storage_root, code_hash


def _unused(node: Node) -> int:
    return (not node.is_used) + sum(_unused(child) for child in node.children.values())


def _missing() -> VerificationError:
    return VerificationError(
        "state-node-missing", "a node on the way is missing", "缺少状态节点", step="state", field="state"
    )
