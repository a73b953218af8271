"""Leaves, headers and trees of what the chain commits to.

The formats are the contracts' formats, byte for byte; ``tests/vectors/chain.json`` holds known answers that
Python and Solidity both read.

Example:
    >>> from piaolian_sdk.tree import positional_path, positional_root, verify_path
    >>> leaves = [bytes([n]) * 32 for n in range(1, 4)]
    >>> root = positional_root(leaves)
    >>> verify_path(root, leaves[2], 2, 3, positional_path(leaves, 2))
"""

from piaolian_sdk.tree.evidence import evidence_number, red_root_id, reversed_place
from piaolian_sdk.tree.fields import DisclosedField, disclose, field_leaf, field_salt, fields_root, verify_disclosure
from piaolian_sdk.tree.keccak import keccak256
from piaolian_sdk.tree.leaves import (
    BY_CODE,
    BY_LIST,
    HEADER_MODES,
    MODES,
    Header,
    HeaderMode,
    LeafByCode,
    LeafByList,
    Line,
    body_hash,
    lines_hash,
    salted_amount,
)
from piaolian_sdk.tree.positional import (
    path_length,
    positional_path,
    positional_root,
    positional_tree,
    root_from_path,
    verify_path,
)

__all__ = [
    "BY_CODE",
    "BY_LIST",
    "HEADER_MODES",
    "MODES",
    "DisclosedField",
    "Header",
    "HeaderMode",
    "LeafByCode",
    "LeafByList",
    "Line",
    "body_hash",
    "disclose",
    "evidence_number",
    "field_leaf",
    "field_salt",
    "fields_root",
    "keccak256",
    "lines_hash",
    "path_length",
    "positional_path",
    "positional_root",
    "positional_tree",
    "red_root_id",
    "reversed_place",
    "root_from_path",
    "salted_amount",
    "verify_disclosure",
    "verify_path",
]
