"""Errors of reading: what is wrong, where, and what to do."""

import re
from collections.abc import Sequence

from lxml import etree
from pydantic import ValidationError

from piaolian_sdk.codes import CheckCode, Code, CreditCode, ItemCode, PaymentCode, ReceiptCode, ReceiptNumber
from piaolian_sdk.errors import ErrorCode, InputError
from piaolian_sdk.receipt.layout import AUX_ITEM, HEADER, ITEM, MAIN, SIGNATURE, all_children
from piaolian_sdk.receipt.values import FormError
from piaolian_sdk.receipt.writing import NOT_XML, control_character_error

MAX_DEPTH = 16
_REMEDY = "write the document with this library or in the form of the specification"
_FORMS: dict[str, type[Code]] = {
    "EInvoiceCode": ReceiptCode,
    "EInvoiceNumber": ReceiptNumber,
    "RandomNumber": CheckCode,
    "InvoicingPartyCode": CreditCode,
    "PayCode": PaymentCode,
    "RelatedInvoiceCode": ReceiptCode,
    "RelatedInvoiceNumber": ReceiptNumber,
    "ItemCode": ItemCode,
}
# Where the model's sequences stand in the document.
_PLACES = {
    "header": "Header",
    "main": "Main",
    "items": "Details/Item",
    "aux_items": "AuxDetails/AuxItem",
    "signatures": "EInvoiceSignature/Signature",
}
_ALIASES = {
    child.name: child.alias for layout in (HEADER, MAIN, ITEM, AUX_ITEM, SIGNATURE) for child in all_children(layout)
}
_CHARACTER_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,8}));")


def refused(code: ErrorCode, message: str, message_zh: str, field: str = "document") -> InputError:
    """Return the error for a document that is refused as a whole."""
    return InputError(code, message, message_zh, field=field, rule="UTF-8 XML of one receipt", remedy=_REMEDY)


def missing(path: str) -> InputError:
    """Return the error for an element that every receipt has."""
    return InputError(
        "receipt-element-missing",
        f"{path} is missing",
        f"缺少 {path}",
        field=path,
        rule="mandatory element",
        remedy=_REMEDY,
    )


def stray_content(name: str) -> InputError:
    """Return the error for text, comments or instructions where only elements may stand."""
    return InputError(
        "receipt-markup-refused",
        f"{name} holds text, a comment or a processing instruction between its elements",
        f"{name} 的元素之间有文字、注释或处理指令",
        field=name,
        rule="elements and white space alone",
        remedy=_REMEDY,
    )


def check_markup(root: etree._Element) -> None:
    """Look at every node: between elements there is white space alone, and no element has attributes or namespaces.

    Raises:
        InputError: There is something else.
    """
    if root.getprevious() is not None or root.getnext() is not None:
        raise stray_content(str(root.tag))
    for element in root.iter():
        parent = element.getparent()
        parent_name = str(parent.tag) if parent is not None else "document"
        if callable(element.tag):
            raise stray_content(parent_name)
        if element.attrib or element.nsmap:
            raise unknown_element(element, parent_name)
        # White space of XML alone: str.strip would take the blanks of other scripts as well.
        if len(element) and any(text and text.strip(" \t\r\n") for text in (element.text, *(c.tail for c in element))):
            raise stray_content(str(element.tag))
    if root.tag != "EInvoice":
        raise unknown_element(root, "document")


def unknown_element(element: etree._Element, parent: str) -> InputError:
    """Return the error for a child that its parent does not have."""
    # Comments and instructions have a function for a tag, whatever the library's stubs say.
    if callable(element.tag):
        return stray_content(parent)
    if _depth_below(element) + len(list(element.iterancestors())) > MAX_DEPTH:
        return refused("receipt-too-deep", f"more than {MAX_DEPTH} levels", f"元素层级超过 {MAX_DEPTH} 层", parent)
    name = element.tag[:64]
    has_more = bool(element.attrib or element.nsmap)
    what = "attributes or namespaces of an element" if has_more else "an unknown element"
    return InputError(
        "receipt-element-unknown",
        f"{parent} holds {what}: {name}",
        f"{parent} 中有未知元素或属性：{name}",
        field=f"{parent}/{name}",
        rule="the elements of the specification, without attributes and namespaces",
        remedy=_REMEDY,
    )


def duplicate_or_misplaced(element: etree._Element, parent: str, *, is_duplicate: bool) -> InputError:
    """Return the error for an element that stands twice or out of order."""
    return InputError(
        "receipt-element-duplicate" if is_duplicate else "receipt-element-misplaced",
        f"{parent}/{element.tag} stands {'twice' if is_duplicate else 'out of order'}",
        f"{parent}/{element.tag} {'重复出现' if is_duplicate else '顺序有误'}",
        field=f"{parent}/{element.tag}",
        rule="each element once, in the order of the specification",
        remedy=_REMEDY,
    )


def not_well_formed(data: bytes, exc: etree.XMLSyntaxError) -> InputError:
    """Return the error for bytes that are no XML, naming a control character where there is one."""
    text = data.decode("utf-8")
    found = NOT_XML.search(text)
    if found is not None:
        return control_character_error(_enclosing(text, found.start()), ord(found[0]), _offset(text, found.start()))
    for reference in _CHARACTER_REFERENCE.finditer(text):
        code_point = int(reference[1], 16) if reference[1] else int(reference[2])
        if code_point > 0x10FFFF or NOT_XML.match(chr(code_point)):
            at = reference.start()
            return control_character_error(_enclosing(text, at), code_point, _offset(text, at))
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return refused("receipt-dtd-refused", "a DOCTYPE or an entity is not allowed", "不允许 DOCTYPE 或实体")
    if "depth" in str(exc).lower():
        return refused("receipt-too-deep", f"more than {MAX_DEPTH} levels", f"元素层级超过 {MAX_DEPTH} 层")
    line, column = exc.position
    return refused(
        "receipt-not-well-formed",
        f"not well-formed XML at line {line}, column {column}",
        f"XML 格式有误：第 {line} 行第 {column} 列",
    )


def form_error(exc: ValidationError) -> InputError:
    """Return the first fault that pydantic found, with its path and the rule of its value type."""
    fault = exc.errors(include_url=False)[0]
    path = path_of(fault["loc"])
    name = path.rsplit("/", 1)[-1]
    carried = fault.get("ctx", {}).get("error")
    if isinstance(carried, FormError):
        return _renamed(carried.error, path)
    if fault["type"] == "missing":
        return InputError(
            "mandatory-element-missing",
            f"{path} is missing",
            f"缺少必填项 {path}",
            field=path,
            rule="mandatory element",
            remedy="fill the element",
        )
    try:
        if name in _FORMS and isinstance(fault["input"], str):
            _FORMS[name](fault["input"])
    except InputError as known:
        return _renamed(known, path)
    return InputError(
        "receipt-value-malformed",
        f"{path}: {fault['msg'].lower()}",
        f"{path}：取值不符合规范（{fault['msg']}）",
        field=path,
        rule=str(fault.get("ctx", {}).get("pattern", fault["type"])),
        remedy="write the value in the form of the specification",
    )


def path_of(location: Sequence[int | str]) -> str:
    """Return the place in the document that a location in the model names: ``Details/Item[2]/ItemAmount``."""
    parts: list[str] = []
    for step in location:
        if isinstance(step, int):
            parts[-1] += f"[{step + 1}]"
        else:
            parts.append(_PLACES.get(step) or _ALIASES.get(step, step))
    return "/".join(parts)


def _renamed(error: InputError, path: str) -> InputError:
    """Put the path where the value type could only name itself."""
    generic = f"{error.field}: "
    return InputError(
        error.code,  # type: ignore[arg-type] # The code came from the closed list.
        f"{path}: {error.message.removeprefix(generic)}",
        f"{path}：{error.message_zh.removeprefix(f'{error.field}：')}",
        field=path,
        rule=error.rule,
        remedy=error.remedy,
    )


def _depth_below(element: etree._Element) -> int:
    depth, level = 0, [element]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for parent in level for child in parent]
    return depth


def _enclosing(text: str, position: int) -> str:
    """Return the name of the element that was opened last before a position."""
    opened = re.findall(r"<([A-Za-z0-9]+)>", text[:position])
    return opened[-1] if opened else "document"


def _offset(text: str, position: int) -> int:
    """Return the position counted from the end of the last tag."""
    return position - text.rfind(">", 0, position) - 1
