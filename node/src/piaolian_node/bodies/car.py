"""The bodies of a batch as one CAR (content-addressable archive, version 1).

::

    header   varint length | dag-cbor {"roots": [root CID], "version": 1}
    section  varint length | CID (36 bytes) | block                                 one for each block, the root first

    CID      01 | codec (55 raw, 71 dag-cbor) | 12 20 | SHA-256 of the block (32 bytes)
    root     dag-cbor map: receipt number (10 digits) -> CID of the ciphertext

https://ipld.io/specs/transport/car/carv1/. The digest inside the root's CID goes on the chain. The same bodies give
the same bytes, so a worker that was killed builds the same archive again.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dag_cbor
from multiformats import CID

from piaolian_node.errors import RecordError

_RAW = 0x55
_DAG_CBOR = 0x71
_CID_BYTES = 36


@dataclass(frozen=True, slots=True)
class BatchCAR:
    """A CAR ready to be imported.

    Attributes:
        root_digest: SHA-256 inside the root CID, 32 bytes.
        data: The archive.
    """

    root_digest: bytes
    data: bytes


def build_car(ciphertexts: Mapping[str, bytes]) -> BatchCAR:
    """Return the archive of a batch.

    Args:
        ciphertexts: By receipt number, 10 digits.
    """
    leaves = {number: _cid_bytes(_RAW, hashlib.sha256(body).digest()) for number, body in ciphertexts.items()}
    root = dag_cbor.encode({number: CID.decode(cid) for number, cid in leaves.items()})
    digest = hashlib.sha256(root).digest()
    root_cid = _cid_bytes(_DAG_CBOR, digest)
    header = dag_cbor.encode({"roots": [CID.decode(root_cid)], "version": 1})
    parts = [_varint(len(header)), header, *_section(root_cid, root)]
    for number, body in ciphertexts.items():
        parts.extend(_section(leaves[number], body))
    return BatchCAR(digest, b"".join(parts))


def read_blocks(data: bytes) -> dict[bytes, bytes]:
    """Return the blocks of an archive by CID; each block's hash is checked.

    Raises:
        RecordError: The archive is cut off, or a block has another hash than its CID says.
    """
    blocks: dict[bytes, bytes] = {}
    for section in _sections(data):
        cid, block = section[:_CID_BYTES], section[_CID_BYTES:]
        if cid[4:] != hashlib.sha256(block).digest():
            raise RecordError("a block of the archive has another hash", "存储返回的数据块摘要不符")
        blocks[cid] = block
    return blocks


def cid_of_ciphertext(ciphertext: bytes) -> str:
    """Return the CID of one sealed body as text."""
    return cid_text(_cid_bytes(_RAW, hashlib.sha256(ciphertext).digest()))


def root_cid_text(root_digest: bytes) -> str:
    """Return the CID of a batch's root as text."""
    return cid_text(_cid_bytes(_DAG_CBOR, root_digest))


def _cid_bytes(codec: int, digest: bytes) -> bytes:
    return bytes([0x01, codec, 0x12, 0x20]) + digest


def cid_text(cid: bytes) -> str:
    """Return a CID of 36 bytes as text, base32."""
    return "b" + base64.b32encode(cid).decode("ascii").lower().rstrip("=")


def _section(cid: bytes, block: bytes) -> tuple[bytes, bytes, bytes]:
    return _varint(len(cid) + len(block)), cid, block


def _sections(data: bytes) -> Iterator[bytes]:
    length, at = _read_varint(data, 0)
    at += length
    while at < len(data):
        length, at = _read_varint(data, at)
        if at + length > len(data) or length < _CID_BYTES:
            raise RecordError("the archive is cut off", "存储返回的数据不完整")
        yield data[at : at + length]
        at += length


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise RecordError("the archive is cut off", "存储返回的数据不完整")
