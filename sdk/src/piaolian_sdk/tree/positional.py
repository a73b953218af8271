"""The positional tree: a leaf's place is part of what its path proves.

Leaves stand in order. A parent is ``keccak256(left || right)``; where a right sibling is missing, 32 zero bytes
stand in its place. The root of one leaf is the leaf. A path has exactly ``ceil(log2(count))`` siblings, lowest
level first, and the direction at level ``i`` is bit ``i`` of the index, so that no path can speak for another
place. Leaves are hashed twice before they come here and inner nodes once, so that none can pass for the other.
"""

from collections.abc import Sequence

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.tree.keccak import WORD_BYTES, bytes32_word, keccak256

EMPTY_SIBLING = bytes(32)


def path_length(count: int) -> int:
    """Return the number of siblings in a path of a tree of ``count`` leaves.

    Raises:
        InputError: There is no leaf.
    """
    _require_leaves(count)
    return (count - 1).bit_length()


def positional_tree(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return all levels of the tree, the leaves first and the root alone last.

    Args:
        leaves: 32 bytes each, at least one.

    Raises:
        InputError: There is no leaf, or one has not 32 bytes.
    """
    _require_leaves(len(leaves))
    for leaf in leaves:
        if len(leaf) != WORD_BYTES:
            bytes32_word(leaf, "leaf")
    levels = [[bytes(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        padded = [*below, EMPTY_SIBLING] if len(below) % 2 else below
        levels.append([keccak256(padded[i] + padded[i + 1]) for i in range(0, len(padded), 2)])
    return levels


def positional_root(leaves: Sequence[bytes]) -> bytes:
    """Return the 32-byte root over ``leaves``.

    Raises:
        InputError: There is no leaf, or one has not 32 bytes.
    """
    return positional_tree(leaves)[-1][0]


def positional_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the siblings of the leaf at ``index``, lowest level first.

    Raises:
        InputError: There is no leaf, the index lies outside, or a leaf has not 32 bytes.
    """
    _require_index(index, len(leaves))
    path = []
    for level in positional_tree(leaves)[:-1]:
        sibling = index ^ 1
        path.append(level[sibling] if sibling < len(level) else EMPTY_SIBLING)
        index >>= 1
    return path


def root_from_path(leaf: bytes, index: int, path: Sequence[bytes]) -> bytes:
    """Return the root that ``path`` leads to. It is not checked that the length fits a count of leaves."""
    node = leaf
    for level, sibling in enumerate(path):
        node = keccak256(sibling + node) if index >> level & 1 else keccak256(node + sibling)
    return node


def verify_path(root: bytes, leaf: bytes, index: int, count: int, path: Sequence[bytes]) -> None:
    """Check that ``leaf`` stands at ``index`` of the tree of ``count`` leaves under ``root``.

    Raises:
        VerificationError: The index lies outside, the path has another length, an element has not 32 bytes, or
            it leads to another root.
    """
    if not 0 <= index < count:
        raise _mismatch(f"index {index} lies outside the {count} leaves", f"位置 {index} 超出 {count} 个叶子")
    if len(path) != path_length(count):
        raise _mismatch(
            f"the path must have {path_length(count)} siblings, it has {len(path)}",
            f"路径应有 {path_length(count)} 个节点，实际为 {len(path)} 个",
        )
    if any(len(node) != 32 for node in (root, leaf, *path)):
        raise _mismatch("a node of the path has not 32 bytes", "路径中有节点不是 32 字节")
    if root_from_path(leaf, index, path) != root:
        raise _mismatch("the path leads to another root", "路径指向另一个根")


def _require_leaves(count: int) -> None:
    if count < 1:
        raise InputError(
            "tree-without-leaf",
            "a tree needs at least one leaf",
            "树至少需要一个叶子",
            field="leaves",
            rule="1 or more leaves",
            remedy="give at least one leaf",
        )


def _require_index(index: int, count: int) -> None:
    _require_leaves(count)
    if not 0 <= index < count:
        raise InputError(
            "value-out-of-range",
            f"index must be from 0 to {count - 1}",
            f"位置必须在 0 与 {count - 1} 之间",
            field="index",
            rule="0 <= index < count",
            remedy="count from zero",
        )


def _mismatch(message: str, message_zh: str) -> VerificationError:
    return VerificationError("path-mismatch", message, message_zh, step="path")
