"""Parts of tries as one text of bytes: what a bundle holds of a chain's state.

::

    witness = trie*                in the order in which the checks come to them
    trie    = node                 its root
    node    = RLP list, node*      a child that comes along has c0 in its parent, and follows in the order of its place

The hash of a child that comes along is worked out and not written: nothing stands twice, and what a reader has is under
its root by how it was read. ``c0``, the empty list, stands for no node in any trie.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.proof.rlp import Item, decode_first_list, decode_list, encode_list
from piaolian_sdk.tree.keccak import keccak256

# keccak256(0x80): the root of a trie without entries.
EMPTY_ROOT: Final = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
KEY_DIGITS: Final = 64
MAX_NODES: Final = 256
BRANCH, SHORT = 17, 2
_FOLLOWS: Final[Item] = []
_HASH_BYTES: Final = 32


@dataclass(slots=True)
class Node:
    """A node of a trie.

    Attributes:
        items: Its entries; children by their hash, or whole where they have fewer than 32 bytes.
        children: The nodes below that came along, by place.
        is_used: Whether a key has led to it.
    """

    items: list[Item]
    children: "dict[int, Node]" = field(default_factory=dict)
    is_used: bool = False

    def below(self, way: str, depth: int) -> "tuple[int, int] | bytes | None":
        """Return place and depth of the entry that a key leads to, or a leaf's value, or None: the key is absent.

        Args:
            way: The key's 64 digits.
            depth: How many of them led here.

        Raises:
            VerificationError: ``state-node-malformed``.
        """
        if len(self.items) == BRANCH:
            if depth == KEY_DIGITS:
                raise malformed("a branch stands below the last digit of a key")
            return int(way[depth], 16), depth + 1
        if len(self.items) != SHORT:
            raise malformed(f"a node has {len(self.items)} entries")
        part, is_leaf = _path(self.items[0])
        end = depth + len(part)
        if end > KEY_DIGITS or (is_leaf and end != KEY_DIGITS):
            raise malformed("a path leads beyond the key")
        if way[depth:end] != part:
            return None
        return _leaf_value(self.items[1]) if is_leaf else (1, end)


def unpack(data: bytes) -> list[tuple[bytes, Node]]:
    """Return the tries, each with the hash of its root.

    Raises:
        VerificationError: ``state-node-malformed``.
    """
    reader = _Reader(data)
    tries = []
    while reader.at < len(data):
        encoded, node = reader.read(0)
        tries.append((keccak256(encoded), node))
    return tries


def pack(root: bytes, keys: Sequence[bytes], nodes: Iterable[bytes]) -> bytes:
    """Return the part of one trie that leads to some keys, or to where they are absent.

    Args:
        root: 32 bytes.
        keys: As contracts know them.
        nodes: RLP of the nodes on the ways, in any order; others are left out. One that is missing stays missing.

    Raises:
        VerificationError: ``state-node-malformed``.
    """
    known = {keccak256(node): node for node in nodes}
    if root not in known:
        return b""
    top = Node(decode_list(known[root]))
    for key in keys:
        _grow(top, keccak256(key).hex(), known)
    return _written(top)


def malformed(what: str) -> VerificationError:
    """Return the error for a node that cannot be one."""
    return VerificationError("state-node-malformed", what, "状态节点格式有误", step="state", field="state")


class _Reader:
    """Reads nodes one after the other."""

    def __init__(self, data: bytes) -> None:
        self.at = 0
        self._data = data
        self._left = MAX_NODES

    def read(self, depth: int) -> tuple[bytes, Node]:
        """Return the next node with all below it, and its RLP with the hashes of its children."""
        # Each level takes at least one digit of a key: deeper ones are an attack on the stack.
        if self._left == 0 or depth > KEY_DIGITS:
            raise malformed("there are too many nodes")
        self._left -= 1
        start = self.at
        items, self.at = decode_first_list(self._data, start)
        if _FOLLOWS not in items:
            return self._data[start : self.at], Node(items)
        node = Node(items)
        for place, item in enumerate(items):
            if item == _FOLLOWS:
                if not _is_child(place, len(items)):
                    raise malformed("no child can stand here")
                encoded, node.children[place] = self.read(depth + 1)
                if len(encoded) < _HASH_BYTES:
                    raise malformed("a child this small stands in its parent itself")
                items[place] = keccak256(encoded)
        return encode_list(items), node


def _is_child(place: int, entries: int) -> bool:
    return (entries == BRANCH and place < BRANCH - 1) or (entries == SHORT and place == 1)


def _grow(node: Node, way: str, known: dict[bytes, bytes]) -> None:
    """Add the known nodes on the way of a key."""
    found, depth = node.below(way, 0), 0
    while isinstance(found, tuple):
        place, depth = found
        child = node.items[place]
        if isinstance(child, list):
            node = Node(child)
        elif child in known:
            node = node.children.setdefault(place, Node(decode_list(known[child])))
        else:
            return
        found = node.below(way, depth)


def _written(node: Node) -> bytes:
    items = [_FOLLOWS if place in node.children else item for place, item in enumerate(node.items)]
    below = (_written(node.children[place]) for place in sorted(node.children))
    return encode_list(items) + b"".join(below)


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
