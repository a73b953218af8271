"""Read plain documents: XML in its simplest form, told apart by its tags alone.

Nearly every receipt is plain. It holds no references, comments, character sections, instructions, attributes,
empty-element tags or blanks in tags, so that ``<`` begins a tag and nothing else, and cutting at ``<`` gives exactly
the tags and texts that an XML parser finds (XML 1.0, productions 1, 14 and 39 to 43), in a third of the time.

This reading only ever accepts: whatever is not plain, not XML, or not the specification's elements in their order is
left to the parser of ``reading``, which reads it or names what is wrong. Both give the same contents.
"""

from collections.abc import Iterator
from typing import Any

from piaolian_sdk.receipt.layout import AUX_ITEM, HEADER, ITEM, MAIN, SIGNATURE, Layout

_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_WHITE_SPACE = " \t\n"  # A carriage return is not plain: XML reads it as a line feed.


class _NotPlainError(Exception):
    """The document is left to the XML parser."""


def read_plain(text: str, data: bytes) -> dict[str, Any] | None:
    """Return the contents of a plain document, as ``EInvoice`` has them, with texts as they stand; None for others.

    Args:
        text: The document without its XML declaration.
        data: The same as bytes, with or without the declaration.
    """
    # References; line ends that are read otherwise; ``]]>``, which no text may hold (XML 1.0, production 14).
    if "&" in text or "\r" in text or "]]>" in text:
        return None
    # Characters that are none of XML (production 2); surrogates are not in UTF-8.
    if len(data.translate(None, _CONTROLS)) != len(data) or "\ufffe" in text or "\uffff" in text:
        return None
    # Comments, instructions and character sections begin like a tag and are none that is expected.
    pieces = iter(text.split("<"))
    try:
        return _document(pieces)
    except (_NotPlainError, StopIteration):
        # The pieces ended early, or are others than those of a plain receipt.
        return None


def _document(pieces: Iterator[str]) -> dict[str, Any]:
    _expect(next(pieces), "")
    _expect(next(pieces), "EInvoice>")
    _expect(next(pieces), "Header>")
    contents: dict[str, Any] = {"header": _children(pieces, HEADER, "/Header>")}
    _expect(next(pieces), "EInvoiceData>")
    _expect(next(pieces), "Main>")
    contents["main"] = _children(pieces, MAIN, "/Main>")
    _expect(next(pieces), "Details>")
    contents["items"] = _repeated(pieces, ITEM, "Item", "/Details>")
    piece = next(pieces)
    if piece.startswith("AuxDetails>"):
        _expect(piece, "AuxDetails>")
        contents["aux_items"] = _repeated(pieces, AUX_ITEM, "AuxItem", "/AuxDetails>")
        piece = next(pieces)
    _expect(piece, "/EInvoiceData>")
    piece = next(pieces)
    if piece.startswith("EInvoiceSignature>"):
        _expect(piece, "EInvoiceSignature>")
        contents["signatures"] = _repeated(pieces, SIGNATURE, "Signature", "/EInvoiceSignature>")
        piece = next(pieces)
    _expect(piece, "/EInvoice>")
    if next(pieces, None) is not None:
        raise _NotPlainError
    return contents


def _repeated(pieces: Iterator[str], layout: Layout, name: str, end: str) -> list[dict[str, Any]]:
    """Return one or more elements of one name, up to the end tag around them."""
    start, close = f"{name}>", f"/{name}>"
    elements = []
    piece = next(pieces)
    while piece.startswith(start):
        _expect(piece, start)
        elements.append(_children(pieces, layout, close))
        piece = next(pieces)
    _expect(piece, end)
    if not elements:
        raise _NotPlainError
    return elements


def _children(pieces: Iterator[str], layout: Layout, end: str) -> dict[str, Any]:
    """Return the children of an element by name, up to its end tag."""
    values: dict[str, Any] = {}
    steps, is_ordered = layout.steps, layout.is_ordered
    last = -1
    for piece in pieces:
        tag, closed, text = piece.partition(">")
        # A tag that is not closed before the next one begins is no tag.
        step = steps.get(tag) if closed else None
        if step is None:
            _expect(piece, end)
            return values
        position, close, below = step
        if position <= last if is_ordered else tag in values:
            raise _NotPlainError
        last = position
        if below is None:
            closing = next(pieces)
            if closing != close:
                _expect(closing, close)
            values[tag] = text
        else:
            _expect(text, "")
            values[tag] = _children(pieces, below, close)
    raise _NotPlainError


def _expect(piece: str, tag: str) -> None:
    """Go on when a piece is this tag and white space after it."""
    if piece != tag and not (piece.startswith(tag) and not piece[len(tag) :].strip(_WHITE_SPACE)):
        raise _NotPlainError
