"""A small writer of tries, so that tests can make any state of a chain they like."""

from collections.abc import Mapping
from typing import Any

from piaolian_sdk.proof.witness import EMPTY_ROOT
from piaolian_sdk.tree.keccak import keccak256


def encode(item: Any) -> bytes:
    """Return the RLP of bytes or of nested lists of bytes."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    body = b"".join(encode(entry) for entry in item)
    return _prefix(len(body), 0xC0) + body


def _prefix(size: int, offset: int) -> bytes:
    if size < 56:
        return bytes([offset + size])
    width = (size.bit_length() + 7) // 8
    return bytes([offset + 55 + width]) + size.to_bytes(width, "big")


class Trie:
    """A trie over keys that are hashed, as state and storage are."""

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        self.nodes: dict[bytes, bytes] = {}
        self._tree = self._build({keccak256(key).hex(): value for key, value in entries.items()}) if entries else None
        encoded = encode(self._tree) if self._tree is not None else b""
        self.root = self.name(encoded) if encoded else EMPTY_ROOT
        if encoded:
            self.nodes[self.root] = encoded

    @staticmethod
    def name(encoded: bytes) -> bytes:
        """Return the hash under which a node is found."""
        return keccak256(encoded)

    def proof(self, key: bytes) -> list[bytes]:
        """Return the encoded nodes on the way to a key, as ``eth_getProof`` gives them."""
        if self._tree is None:
            return []
        way, node, found = keccak256(key).hex(), self._tree, [self.nodes[self.root]]
        while True:
            if len(node) == 17:
                child, way = node[int(way[0], 16)], way[1:]
            else:
                flag = node[0].hex()
                part = flag[1:] if flag[0] in "13" else flag[2:]
                if flag[0] in "23" or not way.startswith(part):
                    return found
                child, way = node[1], way[len(part) :]
            if child == b"":
                return found
            if isinstance(child, bytes):
                found.append(self.nodes[child])
            node = self._lists[child] if isinstance(child, bytes) else child

    def _build(self, entries: Mapping[str, bytes]) -> list[Any]:
        if not hasattr(self, "_lists"):
            self._lists: dict[bytes, list[Any]] = {}
        if len(entries) == 1:
            ((path, value),) = entries.items()
            return [_compact(path, is_leaf=True), value]
        paths = list(entries)
        shared = 0
        while len({path[shared] for path in paths}) == 1:
            shared += 1
        if shared:
            below = self._build({path[shared:]: value for path, value in entries.items()})
            return [_compact(paths[0][:shared], is_leaf=False), self._child(below)]
        branch: list[Any] = [b""] * 17
        for digit in range(16):
            inside = {path[1:]: value for path, value in entries.items() if path[0] == f"{digit:x}"}
            if inside:
                branch[digit] = self._child(self._build(inside))
        return branch

    def _child(self, node: list[Any]) -> Any:
        encoded = encode(node)
        if len(encoded) < 32:
            return node
        name = self.name(encoded)
        self.nodes[name] = encoded
        self._lists[name] = node
        return name


def _compact(path: str, *, is_leaf: bool) -> bytes:
    flag = (2 if is_leaf else 0) + len(path) % 2
    return bytes.fromhex(f"{flag:x}" + ("" if len(path) % 2 else "0") + path)
