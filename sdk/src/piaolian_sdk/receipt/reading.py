"""Read a receipt from untrusted bytes, and keep the bytes.

The reading is strict, so that no two readers can disagree: UTF-8 only, no DOCTYPE, no entities but the five of XML, no
comments, no processing instructions, no attributes, no namespaces, each element at most once and in its order. The
parts that are signed are cut from the bytes as they came; their tags occur exactly once in them.

::

    <?xml ..?><EInvoice> <Header>..</Header> <EInvoiceData>..</EInvoiceData>
                         └─ header_bytes ──┘ └───── data_bytes ────────────┘
      <EInvoiceSignature> <Signature>..</Signature> <Signature>..</Signature> </EInvoiceSignature></EInvoice>
                          └ unit_signature_bytes ─┘ └ supervision_signature_bytes ┘
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml import etree
from pydantic import ValidationError

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt.faults import (
    check_markup,
    duplicate_or_misplaced,
    form_error,
    missing,
    not_well_formed,
    refused,
    unknown_element,
)
from piaolian_sdk.receipt.layout import AUX_ITEM, HEADER, ITEM, MAIN, SIGNATURE, Layout
from piaolian_sdk.receipt.model import EInvoice
from piaolian_sdk.receipt.plain import read_plain

# Within ``ParsedReceipt`` the plain name is taken.
Octets: TypeAlias = bytes
# One receipt has at most this many bytes; the longest list seen in practice stays below a third of it.
MAX_RECEIPT_BYTES = 1 << 20
_S = rb"[ \t\r\n]"  # White space of XML 1.0, production 3; ``\s`` would take more.
_DECLARATION = re.compile(
    rb"<\?xml%b+version=(?:\"1\.0\"|'1\.0')(?:%b+encoding=(?:\"(?i:utf-8)\"|'(?i:utf-8)'))?"
    rb"(?:%b+standalone=(?:\"(?:yes|no)\"|'(?:yes|no)'))?%b*\?>" % (_S, _S, _S, _S)
)
_TAG_WITH_BLANK = re.compile(rb"</?(Header|EInvoiceData|Signature)[\s/]")
_HAS_ATTRIBUTES = etree.XPath("boolean(//@*)")
_ALL_TEXT = etree.XPath("string(/)", smart_strings=False)
_PARSER_OPTIONS: Mapping[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": False,
    "remove_pis": False,
    "remove_blank_text": False,
}


@dataclass(frozen=True, slots=True)
class ParsedReceipt:
    """A receipt that was read, with the exact bytes it was read from.

    Attributes:
        bytes: The whole document.
        model: Its contents.
        header_bytes: ``<Header>..</Header>``.
        data_bytes: ``<EInvoiceData>..</EInvoiceData>``.
        unit_signature_bytes: First ``<Signature>..</Signature>``, or None.
        supervision_signature_bytes: Second one, or None.
        contents: The texts by the names of their elements, in document order, as ``receipt_from_members`` takes them.
    """

    bytes: Octets
    model: EInvoice
    header_bytes: Octets
    data_bytes: Octets
    unit_signature_bytes: Octets | None
    supervision_signature_bytes: Octets | None
    contents: Mapping[str, Any] = field(repr=False, compare=False)


def parse_receipt(data: bytes, *, max_bytes: int = MAX_RECEIPT_BYTES) -> ParsedReceipt:
    """Read a receipt. Neither the rules of its contents nor its signatures are checked.

    Args:
        data: The document, with no, one or two signatures.
        max_bytes: Size to refuse beyond.

    Raises:
        InputError: The bytes are not a receipt; code and field say where.
    """
    # 1. Size and encoding come first: they cost nothing and bound the rest.
    if len(data) > max_bytes:
        raise refused("receipt-too-large", f"at most {max_bytes} bytes", f"票据不得超过 {max_bytes} 字节")
    text, start = _decode(data)
    # 2. Known elements, each once, in order: of a plain document by its tags, of every other by the XML parser.
    contents = read_plain(text[start:], data)
    if contents is None:
        contents = _members(_parse_xml(data))
        _check_tags(data, len(contents.get("signatures", ())))
    # 3. Forms of codes, amounts and dates.
    model = receipt_from_members(contents)
    # 4. The slices are what was read: their tags stand nowhere else in the bytes.
    header, at = _cut(data, b"Header", 0)
    body, at = _cut(data, b"EInvoiceData", at)
    signatures: list[bytes | None] = [None, None]
    for position in range(len(model.signatures)):
        signatures[position], at = _cut(data, b"Signature", at)
    return ParsedReceipt(data, model, header, body, signatures[0], signatures[1], contents)


def receipt_from_members(members: Mapping[str, Any]) -> EInvoice:
    """Build a receipt from nested mappings, as ``EInvoice`` has them, by field or element names.

    Raises:
        InputError: A member is missing, unknown or malformed; ``field`` is its path.
    """
    try:
        return EInvoice.model_validate(members)
    except ValidationError as exc:
        raise form_error(exc) from exc


def _decode(data: bytes) -> tuple[str, int]:
    """Return the text and where its XML declaration ends."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise refused(
            "receipt-encoding-wrong",
            f"not UTF-8: byte {exc.start} cannot be read",
            f"文件不是 UTF-8 编码：第 {exc.start} 个字节无法识别",
        ) from exc
    if data.startswith(b"<EInvoice>"):
        return text, 0
    if not data.startswith(b"<?xml"):
        raise refused(
            "receipt-encoding-wrong",
            "the document must begin with its XML declaration, without byte order mark or blanks",
            "文件应以 XML 声明开头，不得有字节顺序标记或空白",
        )
    declaration = _DECLARATION.match(data)
    if declaration is None:
        raise refused(
            "receipt-encoding-wrong", "the XML declaration must say version 1.0 and UTF-8", "XML 声明应为 1.0 与 UTF-8"
        )
    # The declaration is ASCII: bytes and characters count alike.
    return text, declaration.end()


def _parse_xml(data: bytes) -> etree._Element:
    # A parser per call: lxml keeps the errors and the dictionary of names in it.
    parser = etree.XMLParser(**_PARSER_OPTIONS)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        raise not_well_formed(data, exc) from exc
    if b"<!DOCTYPE" in data and root.getroottree().docinfo.internalDTD is not None:
        raise refused("receipt-dtd-refused", "a DOCTYPE is not allowed", "不允许 DOCTYPE")
    # Comments, character sections, instructions and namespaces are rare: their marks decide whether to look closer.
    has_marks = b"<!" in data or data.find(b"<?", 1) >= 0 or b"xmlns" in data
    if has_marks or root.tag != "EInvoice" or _HAS_ATTRIBUTES(root):
        check_markup(root)
    return root


def _members(root: etree._Element) -> dict[str, Any]:
    texts: list[str] = []
    parts = _sections(root, ("Header", "EInvoiceData"), ("EInvoiceSignature",))
    data = _sections(parts["EInvoiceData"], ("Main", "Details"), ("AuxDetails",))
    members: dict[str, Any] = {
        "header": _read(parts["Header"], HEADER, texts),
        "main": _read(data["Main"], MAIN, texts),
        "items": _repeated(data["Details"], "Item", ITEM, texts),
    }
    if "AuxDetails" in data:
        members["aux_items"] = _repeated(data["AuxDetails"], "AuxItem", AUX_ITEM, texts)
    if "EInvoiceSignature" in parts:
        members["signatures"] = _repeated(parts["EInvoiceSignature"], "Signature", SIGNATURE, texts)
    # All text of the document is that of its leaves; otherwise something stands between the elements.
    if "".join(texts) != _ALL_TEXT(root):
        check_markup(root)
    return members


def _sections(
    parent: etree._Element, mandatory: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, etree._Element]:
    """Return the children of an element whose children all have children."""
    name = str(parent.tag)
    order = (*mandatory, *optional)
    found: dict[str, etree._Element] = {}
    for child in parent:
        if child.tag not in order:
            raise unknown_element(child, name)
        if child.tag in found or any(order.index(tag) > order.index(child.tag) for tag in found):
            raise duplicate_or_misplaced(child, name, is_duplicate=child.tag in found)
        found[str(child.tag)] = child
    for tag in mandatory:
        if tag not in found:
            raise missing(f"{name}/{tag}")
    return found


def _repeated(parent: etree._Element, tag: str, layout: Layout, texts: list[str]) -> list[dict[str, Any]]:
    if not len(parent):
        raise missing(f"{parent.tag}/{tag}")
    elements = []
    for child in parent:
        if child.tag != tag:
            raise unknown_element(child, str(parent.tag))
        elements.append(_read(child, layout, texts))
    return elements


def _read(element: etree._Element, layout: Layout, texts: list[str]) -> dict[str, Any]:
    """Return the children of one element by name, and add the texts of its leaves to ``texts``."""
    values: dict[str, Any] = {}
    children = layout.children
    last = -1
    for child in element:
        tag = child.tag
        known = children.get(tag)
        if known is None:
            raise unknown_element(child, str(element.tag))
        if tag in values or (known.position < last and layout.is_ordered):
            raise duplicate_or_misplaced(child, str(element.tag), is_duplicate=tag in values)
        last = known.position
        if known.layout is not None:
            values[tag] = _read(child, known.layout, texts)
        elif len(child):
            raise unknown_element(child[0], tag)
        else:
            text = values[tag] = child.text or ""
            texts.append(text)
    return values


def _cut(data: bytes, name: bytes, at: int) -> tuple[bytes, int]:
    """Return the next element of a name, and where it ends."""
    first = data.index(b"<%b>" % name, at)
    last = data.index(b"</%b>" % name, first) + len(name) + 3
    return data[first:last], last


def _check_tags(data: bytes, signature_count: int) -> None:
    """Refuse tags within character sections, and tags with blanks: what is cut must be what the parser saw.

    Without blanks every element has its exact tags; where there are no more of these than elements, they are its own.
    """
    blank = _TAG_WITH_BLANK.search(data)
    if blank is not None:
        raise _misplaced_tags(blank[1].decode())
    for name, count in ((b"Header", 1), (b"EInvoiceData", 1), (b"Signature", signature_count)):
        if data.count(b"<%b>" % name) != count or data.count(b"</%b>" % name) != count:
            raise _misplaced_tags(name.decode())


def _misplaced_tags(name: str) -> InputError:
    return InputError(
        "receipt-element-misplaced",
        f"the tags of {name} must stand in the document as elements alone, written without blanks",
        f"文件中 {name} 的起止标签只能作为元素出现，且标签内不得有空格",
        field=name,
        rule="each tag once for each element",
        remedy="write the document as the specification shows it",
    )
