"""Write a receipt: one model, one byte string. Signatures are inserted; what is signed is never written again."""

import re
from datetime import date, time
from decimal import Decimal

from piaolian_sdk.beijing import text_from_date, text_from_time
from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt.layout import AUX_ITEM, HEADER, ITEM, MAIN, SIGNATURE, Layout
from piaolian_sdk.receipt.model import EInvoice, Element, Signature

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_ROOT_END = b"</EInvoice>"
_SIGNATURES_START = b"<EInvoiceSignature>"
_SIGNATURES_END = b"</EInvoiceSignature>"
# Everything but the characters of XML 1.0, section 2.2. A lone surrogate stands for a character that was lost before.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_unsigned(model: EInvoice) -> bytes:
    """Return the document without signatures: UTF-8, no white space between elements, the order of the specification.

    Absent values are left out, empty texts are written as empty elements; signatures of the model are not written.

    Raises:
        InputError: A text holds a character that XML cannot carry.
    """
    parts = ["<EInvoice><Header>"]
    _write_children(parts, model.header, HEADER)
    parts.append("</Header><EInvoiceData><Main>")
    _write_children(parts, model.main, MAIN)
    parts.append("</Main><Details>")
    for item in model.items:
        _write_element(parts, "Item", item, ITEM)
    parts.append("</Details>")
    if model.aux_items:
        parts.append("<AuxDetails>")
        for line in model.aux_items:
            _write_element(parts, "AuxItem", line, AUX_ITEM)
        parts.append("</AuxDetails>")
    parts.append("</EInvoiceData></EInvoice>")
    return DECLARATION + "".join(parts).encode()


def write_signature(signature: Signature) -> bytes:
    """Return ``<Signature>..</Signature>``.

    Raises:
        InputError: A text holds a character that XML cannot carry.
    """
    parts: list[str] = []
    _write_element(parts, "Signature", signature, SIGNATURE)
    return "".join(parts).encode()


def append_unit_signature(unsigned: bytes, signature: bytes) -> bytes:
    """Return the document with its first signature; nothing else changes.

    Args:
        unsigned: The document without ``EInvoiceSignature``.
        signature: ``<Signature>..</Signature>``.

    Raises:
        InputError: The document has signatures already, or does not end with its root element.
    """
    if _SIGNATURES_START in unsigned:
        raise InputError(
            "receipt-signature-present",
            "the document is signed already",
            "票据已有签名，不能再次加签单位签名",
            field="EInvoiceSignature",
            rule="no signature before the unit's",
            remedy="sign the unsigned document",
        )
    head, tail = _split(unsigned, _ROOT_END)
    return head + _SIGNATURES_START + signature + _SIGNATURES_END + tail


def append_supervision_signature(document: bytes, signature: bytes) -> bytes:
    """Return the document with its second signature after the unit's; nothing else changes.

    Args:
        document: The document with one signature.
        signature: ``<Signature>..</Signature>``.

    Raises:
        InputError: The document has not exactly one signature.
    """
    count = document.count(b"<Signature>")
    if count != 1:
        raise InputError(
            "receipt-signature-present" if count else "receipt-signature-missing",
            f"the document must have exactly the unit's signature, it has {count}",
            f"加盖监制签名前票据应恰有一个单位签名，现有 {count} 个",
            field="EInvoiceSignature",
            rule="one signature",
            remedy="countersign the document as the unit signed it",
        )
    head, tail = _split(document, _SIGNATURES_END)
    return head + signature + tail


def _split(document: bytes, tag: bytes) -> tuple[bytes, bytes]:
    if document.count(tag) != 1:
        raise InputError(
            "receipt-element-missing",
            f"the document must hold {tag.decode()} exactly once",
            f"文件中 {tag.decode()} 必须恰好出现一次",
            field=tag.decode().strip("</>"),
            rule="exactly once",
            remedy="give a document written by this library or in the same form",
        )
    at = document.index(tag)
    return document[:at], document[at:]


def _write_element(parts: list[str], alias: str, element: Element, layout: Layout) -> None:
    parts.append(f"<{alias}>")
    _write_children(parts, element, layout)
    parts.append(f"</{alias}>")


def _write_children(parts: list[str], element: Element, layout: Layout) -> None:
    for child in layout.children.values():
        value = getattr(element, child.name)
        if value is None:
            continue
        if child.layout is not None:
            _write_element(parts, child.alias, value, child.layout)
        else:
            parts.append(f"<{child.alias}>{_escape(_text(value), child.alias)}</{child.alias}>")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        # "f" never writes an exponent and keeps every digit.
        return f"{value:f}"
    if isinstance(value, time):
        return text_from_time(value)
    if isinstance(value, date):
        return text_from_date(value)
    raise RuntimeError(f"no text form for {type(value).__name__}")


def _escape(text: str, field: str) -> str:
    if text.isascii() and text.isalnum():
        return text
    found = NOT_XML.search(text)
    if found is not None:
        raise control_character_error(field, ord(found[0]), found.start())
    # A carriage return would be read back as a line feed (XML 1.0, section 2.11).
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def control_character_error(field: str, code_point: int, position: int) -> InputError:
    """Return the error for a character that XML cannot carry."""
    return InputError(
        "text-has-control-character",
        f"{field}: the character U+{code_point:04X} at position {position} is not allowed",
        f"{field}：第 {position + 1} 个字符 U+{code_point:04X} 是不允许的控制字符",
        field=field,
        rule="any character of XML 1.0; of control characters only tab, line feed and carriage return",
        remedy="remove the character where the text was entered",
    )
