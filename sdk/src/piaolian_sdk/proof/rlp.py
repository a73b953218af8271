"""Strict RLP (Ethereum yellow paper, appendix B): one form is accepted, the shortest.

::

    00..7f  the byte itself          80..b7  text up to 55 bytes      b8..bf  longer text, length in 1 to 8 bytes
    c0..f7  list up to 55 bytes      f8..ff  longer list
"""

from typing import Final, TypeAlias

from piaolian_sdk.errors import VerificationError

# A trie's nodes hold at most one list within a list within a list; deeper ones are an attack on the stack.
_MAX_DEPTH: Final = 4

Item: TypeAlias = "bytes | list[Item]"


def decode_list(data: bytes) -> list[Item]:
    """Return the entries of one list that fills ``data``.

    Raises:
        VerificationError: ``state-node-malformed``.
    """
    item = _decode_whole(data)
    if not isinstance(item, list):
        raise _malformed("a list is expected")
    return item


def decode_text(data: bytes) -> bytes:
    """Return the one text that fills ``data``.

    Raises:
        VerificationError: ``state-node-malformed``.
    """
    item = _decode_whole(data)
    if not isinstance(item, bytes):
        raise _malformed("a text is expected")
    return item


def decode_first_list(data: bytes, start: int) -> tuple[list[Item], int]:
    """Return the entries of the list that begins at a place, and where it ends.

    Raises:
        VerificationError: ``state-node-malformed``.
    """
    item, end = _decode(data, start, len(data), 0)
    if not isinstance(item, list):
        raise _malformed("a list is expected")
    return item, end


def encode_list(items: list[Item]) -> bytes:
    """Return the RLP of a list."""
    body = b"".join(map(_encoded, items))
    return _prefix(len(body), 0xC0) + body


def _encoded(item: Item) -> bytes:
    if isinstance(item, list):
        return encode_list(item)
    size = len(item)
    # Children of a branch: texts of 32 bytes, or none. They are nearly all there is.
    if size == 32:
        return b"\xa0" + item
    if size == 0:
        return b"\x80"
    if size == 1 and item[0] < 0x80:
        return item
    return _prefix(size, 0x80) + item


def _prefix(size: int, offset: int) -> bytes:
    if size <= 55:
        return bytes([offset + size])
    width = (size.bit_length() + 7) // 8
    return bytes([offset + 55 + width]) + size.to_bytes(width, "big")


def _decode_whole(data: bytes) -> Item:
    item, end = _decode(data, 0, len(data), 0)
    if end != len(data):
        raise _malformed("bytes follow")
    return item


def _decode(data: bytes, at: int, limit: int, depth: int) -> tuple[Item, int]:
    if at >= limit:
        raise _malformed("it ends early")
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    # Children of a branch: texts of 32 bytes, or none. They are nearly all there is.
    if first == 0xA0 and at + 33 <= limit:
        return data[at + 1 : at + 33], at + 33
    if first == 0x80:
        return b"", at + 1
    if first < 0xC0:
        start, end = _span(data, at, limit, 0x80)
        text = data[start:end]
        if len(text) == 1 and text[0] < 0x80:
            raise _malformed("a small byte with a prefix")
        return text, end
    if depth == _MAX_DEPTH:
        raise _malformed("lists stand too deep")
    start, end = _span(data, at, limit, 0xC0)
    items: list[Item] = []
    while start < end:
        item, start = _decode(data, start, end, depth + 1)
        items.append(item)
    return items, end


def _span(data: bytes, at: int, limit: int, offset: int) -> tuple[int, int]:
    """Return where the contents of a text or list begin and end."""
    size = data[at] - offset
    start = at + 1
    if size > 55:
        width = size - 55
        size = int.from_bytes(data[start : start + width], "big")
        if start + width > limit or data[start] == 0 or size <= 55:
            raise _malformed("a length is not in its shortest form")
        start += width
    if start + size > limit:
        raise _malformed("it ends early")
    return start, start + size


def _malformed(what: str) -> VerificationError:
    return VerificationError("state-node-malformed", f"no RLP: {what}", "状态节点编码有误", step="state", field="state")
