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

# Within ``ParsedReceipt`` the plain name is taken.
Octets: TypeAlias = bytes
# One receipt has at most this many bytes; the longest list seen in practice stays below a third of it.
MAX_RECEIPT_BYTES = 1 << 20
_DECLARATION = re.compile(
    rb"<\?xml\s+version=(?:\"1\.0\"|'1\.0')(?:\s+encoding=(?:\"utf-8\"|'utf-8'))?"
    rb"(?:\s+standalone=(?:\"(?:yes|no)\"|'(?:yes|no)'))?\s*\?>",
    re.IGNORECASE,
)
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
    """

    bytes: Octets
    model: EInvoice
    header_bytes: Octets
    data_bytes: Octets
    unit_signature_bytes: Octets | None
    supervision_signature_bytes: Octets | None
    root: etree._Element = field(repr=False, compare=False)


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
    _check_encoding(data)
    # 2. Well-formed XML without anything that another reader might read otherwise.
    root = _parse_xml(data)
    # 3. Known elements, each once, in order.
    members, signature_count = _members(root)
    # 4. The slices are what the parser saw: their tags stand exactly once in the bytes.
    header = _slice(data, b"Header")
    body = _slice(data, b"EInvoiceData")
    signatures = _signature_slices(data, signature_count)
    # 5. Forms of codes, amounts and dates.
    model = receipt_from_members(members)
    return ParsedReceipt(data, model, header, body, signatures[0], signatures[1], root)


def receipt_from_members(members: Mapping[str, Any]) -> EInvoice:
    """Build a receipt from nested mappings, as ``EInvoice`` has them, by field or element names.

    Raises:
        InputError: A member is missing, unknown or malformed; ``field`` is its path.
    """
    try:
        return EInvoice.model_validate(members)
    except ValidationError as exc:
        raise form_error(exc) from exc


def _check_encoding(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise refused(
            "receipt-encoding-wrong",
            f"not UTF-8: byte {exc.start} cannot be read",
            f"文件不是 UTF-8 编码：第 {exc.start} 个字节无法识别",
        ) from exc
    if data.startswith(b"<?xml") and not _DECLARATION.match(data):
        raise refused(
            "receipt-encoding-wrong", "the XML declaration must say version 1.0 and UTF-8", "XML 声明应为 1.0 与 UTF-8"
        )
    if not data.startswith((b"<?xml", b"<EInvoice>")):
        raise refused(
            "receipt-encoding-wrong",
            "the document must begin with its XML declaration, without byte order mark or blanks",
            "文件应以 XML 声明开头，不得有字节顺序标记或空白",
        )


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


def _members(root: etree._Element) -> tuple[dict[str, Any], int]:
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
    return members, len(members.get("signatures", ()))


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


def _slice(data: bytes, name: bytes) -> bytes:
    start, end = b"<" + name + b">", b"</" + name + b">"
    if data.count(start) != 1 or data.count(end) != 1:
        raise InputError(
            "receipt-element-misplaced",
            f"the tags of {name.decode()} must occur exactly once in the document, written without blanks",
            f"文件中 {name.decode()} 的起止标签必须各出现一次，且标签内不得有空格",
            field=name.decode(),
            rule="exactly once",
            remedy="write the document as the specification shows it",
        )
    return data[data.index(start) : data.index(end) + len(end)]


def _signature_slices(data: bytes, count: int) -> tuple[bytes | None, bytes | None]:
    if not count:
        return None, None
    block = _slice(data, b"EInvoiceSignature")
    start, end = b"<Signature>", b"</Signature>"
    if not data.count(start) == data.count(end) == block.count(start) == block.count(end) == count:
        raise InputError(
            "receipt-element-misplaced",
            "the tags of Signature must stand in EInvoiceSignature alone, written without blanks",
            "Signature 标签只能出现在 EInvoiceSignature 内，且标签内不得有空格",
            field="EInvoiceSignature/Signature",
            rule="one or two signatures",
            remedy="write the document as the specification shows it",
        )
    first = block.index(end) + len(end)
    last = block[block.rindex(start) : block.rindex(end) + len(end)]
    return block[block.index(start) : first], last if count > 1 else None
