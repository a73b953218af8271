"""Namespace-agnostic access to ISO 20022 elements, and the plain values in them.

camt.053 and camt.054 exist in more than a dozen versions whose elements differ in the namespace only, as far as the
oracle reads them; so elements are found by local name along a fixed path, never by a search through the whole tree.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime

from lxml import etree

from piaolian_oracle.errors import StatementError
from piaolian_sdk.beijing import BEIJING

MAX_AMOUNT_FEN = (1 << 48) - 1  # The ledger holds amounts in 48 bits.

# ActiveCurrencyAndAmount: 18 digits in all, up to 5 behind the point, no sign, no separators.
_AMOUNT = re.compile(r"\d{1,18}(?:\.\d{1,5})?\Z", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?\Z", re.ASCII)


def local_name(element: etree._Element) -> str:
    """Return the element's name without its namespace; comments and instructions have none and give ''."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the direct children called `name`, whatever their namespace."""
    return (child for child in element if local_name(child) == name)


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first element at the end of `path`, or None."""
    for name in path:
        if element is None:
            return None
        element = next(children(element, name), None)
    return element


def text(element: etree._Element | None, *path: str) -> str:
    """Return the stripped text at the end of `path`; '' when the element is absent or empty."""
    found = child(element, *path)
    return (found.text or "").strip() if found is not None else ""


def amount_fen(value: str, field: str) -> int:
    """Read an ISO 20022 amount as fen.

    Args:
        value: Decimal text without sign; digits behind the second decimal must be zero.
        field: Element name for the error.

    Returns:
        Fen, 0 to 2^48 - 1.

    Raises:
        StatementError: "statement-element-invalid" for anything else.
    """
    if not _AMOUNT.match(value):
        raise _invalid(field, "an amount is digits with at most five decimals", "金额应为不带符号的十进制数字")
    whole, _, fraction = value.partition(".")
    if fraction[2:].strip("0"):
        raise _invalid(field, "an amount has no fraction of a fen", "金额不得有不足一分的尾数")
    fen = int(whole) * 100 + int(fraction[:2].ljust(2, "0"))
    if fen > MAX_AMOUNT_FEN:
        raise _invalid(field, "an amount is below 2^48 fen", "金额超出账本上限")
    return fen


def beijing_date(holder: etree._Element | None, field: str) -> date | None:
    """Read a `DateAndDateTime` choice (`Dt` or `DtTm`) as a day of the Beijing calendar.

    Args:
        holder: Element such as `ValDt`; None gives None.
        field: Element name for the error.

    Returns:
        The day. A `DtTm` with an offset is converted to Beijing time; without one it already is Beijing time.

    Raises:
        StatementError: "statement-element-invalid" when the text is no date.
    """
    if holder is None:
        return None
    try:
        if day := text(holder, "Dt"):
            return _date(day)
        if instant := text(holder, "DtTm"):
            return beijing_instant(instant).date()
    except ValueError as exc:
        raise _invalid(field, "a date is YYYY-MM-DD", "日期应为 YYYY-MM-DD") from exc
    raise _invalid(field, "a date is given as Dt or DtTm", "日期缺少 Dt 或 DtTm")


def beijing_instant(value: str) -> datetime:
    """Return an ISO 8601 instant in Beijing time; raises ValueError when it is none."""
    instant = datetime.fromisoformat(value)
    return instant.astimezone(BEIJING) if instant.tzinfo else instant.replace(tzinfo=BEIJING)


def _date(value: str) -> date:
    match = _ISO_DATE.match(value)
    if match is None:
        raise ValueError(value)
    return date.fromisoformat(match[1])


def _invalid(field: str, rule: str, rule_zh: str) -> StatementError:
    return StatementError(
        "statement-element-invalid",
        f"{field}: {rule}",
        f"对账单元素 {field} 有误: {rule_zh}",
        "请银行重发更正后的对账单",
        field=field,
    )
