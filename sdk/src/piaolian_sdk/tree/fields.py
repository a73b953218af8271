"""Salted fields: show some fields of a receipt and prove them, without showing the others.

``leaf_i = keccak(keccak(abi.encode(bytes32 salt_i, string path, string text)))`` with
``salt_i = HMAC-SM3(seed, uint32 i big endian)``; the leaves stand in document order in a positional tree. The
seed travels with the encrypted body alone: without it nobody can guess a short field from its leaf.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives import hashes, hmac

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.tree.keccak import WORD_BYTES, bytes32_word, keccak256, uint_word
from piaolian_sdk.tree.positional import positional_path, positional_root, verify_path

_INDEX_BYTES = 4


@dataclass(frozen=True, slots=True)
class DisclosedField:
    """One field that the holder shows, with what proves it.

    Attributes:
        index: Place in the document, from zero.
        count: Number of fields in the document.
        path: Name of the field, for example ``Main/TotalAmount``.
        text: Its text.
        salt: 32 bytes.
        siblings: Path to the fields root, 32 bytes each.
    """

    index: int
    count: int
    path: str
    text: str
    salt: bytes
    siblings: tuple[bytes, ...]


def field_salt(seed: bytes, index: int) -> bytes:
    """Return the salt of the field at ``index``: HMAC-SM3 over the index as 4 bytes, 32 bytes long.

    Raises:
        InputError: The seed has not 32 bytes, or the index does not fit 32 bits.
    """
    code = hmac.HMAC(bytes32_word(seed, "fields_seed"), hashes.SM3())
    code.update(uint_word(index, 32, "index")[-_INDEX_BYTES:])
    return code.finalize()


def field_leaf(salt: bytes, path: str, text: str) -> bytes:
    """Return the 32-byte leaf of one field.

    Raises:
        InputError: The salt has not 32 bytes.
    """
    return _hash_leaf(bytes32_word(salt, "salt"), path, text)


def fields_root(fields: Sequence[tuple[str, str]], seed: bytes) -> bytes:
    """Return the 32-byte root over all fields (path, text) in document order.

    Raises:
        InputError: There is no field, or the seed has not 32 bytes.
    """
    return positional_root(_leaves(fields, seed))


def disclose(fields: Sequence[tuple[str, str]], seed: bytes, indexes: Sequence[int]) -> list[DisclosedField]:
    """Return the fields at ``indexes`` with their salts and paths.

    Raises:
        InputError: An index lies outside, there is no field, or the seed has not 32 bytes.
    """
    leaves = _leaves(fields, seed)
    return [
        DisclosedField(
            index=index,
            count=len(fields),
            path=fields[index][0],
            text=fields[index][1],
            salt=field_salt(seed, index),
            siblings=tuple(positional_path(leaves, index)),
        )
        for index in indexes
    ]


def verify_disclosure(root: bytes, field: DisclosedField) -> None:
    """Check that ``field`` belongs to the document whose fields root is ``root``.

    Raises:
        VerificationError: It does not, or its salt has not 32 bytes.
    """
    if len(field.salt) != 32:
        raise VerificationError("path-mismatch", "the salt has not 32 bytes", "盐值不是 32 字节", step="fields")
    verify_path(root, field_leaf(field.salt, field.path, field.text), field.index, field.count, field.siblings)


def _leaves(fields: Sequence[tuple[str, str]], seed: bytes) -> list[bytes]:
    """Return the leaves of all fields: `field_leaf` of `field_salt`, with the key of the salts set up once."""
    keyed = hmac.HMAC(bytes32_word(seed, "fields_seed"), hashes.SM3())
    leaves = []
    for index, (path, text) in enumerate(fields):
        code = keyed.copy()
        code.update(index.to_bytes(_INDEX_BYTES, "big"))
        leaves.append(_hash_leaf(code.finalize(), path, text))
    return leaves


def _hash_leaf(salt: bytes, path: str, text: str) -> bytes:
    return keccak256(keccak256(salt + _encoded_path(path) + _abi_string(text)))


# The names of a national document's fields are few, and each batch hashes them thousands of times.
@lru_cache(maxsize=1024)
def _encoded_path(path: str) -> bytes:
    """Return what stands between salt and text: the two offsets, and the path."""
    name = _abi_string(path)
    return uint_word(96, 256, "offset") + uint_word(96 + len(name), 256, "offset") + name


def _abi_string(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(WORD_BYTES, "big") + raw + bytes(-len(raw) % WORD_BYTES)
