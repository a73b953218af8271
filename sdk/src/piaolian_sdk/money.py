"""Money: decimal text at the edges, integer fen inside, never a float.

>>> fen_from_text("2,000.00")
200000
>>> text_from_fen(-32500)
'-325.00'
>>> capital_words(1200001)
'壹万贰仟元零壹分'
"""

import re
from decimal import ROUND_HALF_UP, Decimal

from piaolian_sdk.errors import InputError

# An amount has at most 15 characters with its point (财综〔2017〕32号), so 12 digits of yuan beside two decimals.
MAX_AMOUNT_FEN = 10**14 - 1
_AMOUNT = re.compile(r"-?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{1,2})?")
_DECIMAL = re.compile(r"-?(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,8})?")
_CAPITALS = re.compile(
    "(?:([零壹贰叁肆伍陆柒捌玖拾佰仟万亿]+)元)?零?(?:([壹贰叁肆伍陆柒捌玖])角)?零?(?:([壹贰叁肆伍陆柒捌玖])分)?"
)
_CENT = Decimal("0.01")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")


def fen_from_text(text: str, field: str = "amount") -> int:
    """Read an amount in yuan as fen.

    Accepted are ASCII digits with at most two decimals, a leading minus and well-placed thousands separators. A third
    decimal is refused and not rounded: nobody has decided which way it goes.

    Raises:
        InputError: Another form, or more than 15 characters of amount.
    """
    if not _AMOUNT.fullmatch(text):
        raise InputError(
            "amount-malformed",
            f"{field}: an amount is digits with at most two decimals, without sign of currency, blanks or exponent",
            f"{field}：金额应为至多两位小数的数字，不得含货币符号、空格、全角或科学计数",
            field=field,
            rule="0.00",
            remedy="write the amount in yuan, for example 2000.00",
        )
    negative = text.startswith("-")
    whole, _, cents = text.lstrip("-").replace(",", "").partition(".")
    fen = int(whole) * 100 + int((cents + "00")[:2])
    return _in_range(-fen if negative else fen, field)


def text_from_fen(fen: int) -> str:
    """Write fen as yuan with exactly two decimals and no separators, the form of every signed text."""
    sign, value = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{value // 100}.{value % 100:02d}"


def decimal_from_text(text: str, field: str = "quantity") -> Decimal:
    """Read a quantity, a standard or a list amount with up to eight decimals; the digits stay as they are.

    Raises:
        InputError: Another form, an exponent, or too many digits.
    """
    if not _DECIMAL.fullmatch(text):
        raise InputError(
            "quantity-malformed",
            f"{field}: a number is digits with at most eight decimals, without blanks or exponent",
            f"{field}：数量或单价应为至多八位小数的数字，不得含空格、全角或科学计数",
            field=field,
            rule="digits with at most eight decimals",
            remedy="write plain digits, for example 0.3",
        )
    return Decimal(text.replace(",", ""))


def fen_from_decimal(value: Decimal, field: str = "amount") -> int:
    """Round a decimal amount in yuan to fen, half away from zero (-324.995 is -325.00).

    Raises:
        InputError: It is not finite or too large.
    """
    if not value.is_finite():
        raise InputError(
            "amount-malformed",
            f"{field}: an amount must be a finite number",
            f"{field}：金额必须是有限数",
            field=field,
            rule="0.00",
            remedy="give a number",
        )
    # A decimal's own ROUND_HALF_UP rounds ties away from zero, for negative values too.
    cents = value.quantize(_CENT, rounding=ROUND_HALF_UP)
    return _in_range(int(cents.scaleb(2)), field)


def capital_words(fen: int) -> str:
    """Write an amount in Chinese capitals (正确填写票据和结算凭证的基本规定, 中国人民银行).

    ``元`` and ``整`` are used; ``fen_from_capital_words`` reads 圆 and 正 as well.
    """
    value = abs(_in_range(fen, "amount"))
    yuan, cents = divmod(value, 100)
    jiao, rest = divmod(cents, 10)
    words = "负" if fen < 0 else ""
    if yuan:
        words += f"{_integer_words(yuan)}元"
    if not cents:
        return f"{words or '零元'}整"
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif yuan:
        words += "零"
    return f"{words}{_DIGITS[rest]}分" if rest else f"{words}整"


def fen_from_capital_words(words: str, field: str = "amount") -> int:
    """Read an amount in Chinese capitals, with 元 or 圆, with or without 整 or 正.

    Raises:
        InputError: The words are not an amount. Words that only differ in 圆 and 正 are accepted; others must read back
            the same.
    """
    plain = words.strip().replace("圆", "元").replace("正", "整")
    negative = plain.startswith("负")
    body = plain.removeprefix("负").removesuffix("整")
    # 壹万贰仟元零角零分 is written by some systems; zero units carry no amount.
    body = body.replace("零角零分", "").replace("零角", "零").replace("零分", "")
    match = _CAPITALS.fullmatch(body)
    yuan = _integer_from_words(match[1] or "零") if match is not None and body else None
    if match is None or yuan is None:
        raise InputError(
            "amount-malformed",
            f"{field}: the words are not an amount in Chinese capitals",
            f"{field}：不是有效的大写金额",
            field=field,
            rule="for example 壹万贰仟元零壹分",
            remedy="write the amount in capitals again",
        )
    fen = yuan * 100 + _DIGITS.index(match[2] or "零") * 10 + _DIGITS.index(match[3] or "零")
    return -fen if negative else fen


def _integer_words(value: int) -> str:
    """Write a positive integer; one 零 stands for each run of zero digits inside."""
    words, pending_zero = "", False
    groups = []
    while value:
        value, group = divmod(value, 10_000)
        groups.append(group)
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            pending_zero = bool(words)
            continue
        if words and (pending_zero or group < 1000):
            words += "零"
        words += _group_words(group) + _GROUPS[place]
        pending_zero = False
    return words


def _group_words(group: int) -> str:
    words, pending_zero = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if not digit:
            pending_zero = bool(words)
            continue
        if pending_zero:
            words += "零"
        words += _DIGITS[digit] + _PLACES[place]
        pending_zero = False
    return words


def _integer_from_words(words: str) -> int | None:
    """Read an integer and accept it only when writing it again gives the same words, zeros aside."""
    total, section, digit = 0, 0, 0
    weights = {"万": 10_000, "亿": 100_000_000}
    for character in words:
        if character in _DIGITS:
            digit = _DIGITS.index(character)
        elif character in "拾佰仟":
            # 拾元 is said for 壹拾元: a bare 拾 at the start of a section is ten.
            implied = 1 if character == "拾" and not section else 0
            section += (digit or implied) * 10 ** (1 + "拾佰仟".index(character))
            digit = 0
        else:
            total += (section + digit) * weights[character]
            section, digit = 0, 0
    total += section + digit
    if not total:
        return 0 if set(words) == {"零"} else None
    written = _integer_words(total).replace("零", "")
    given = words.replace("零", "")
    return total if written in (given, f"壹{given}") else None


def _in_range(fen: int, field: str) -> int:
    if abs(fen) > MAX_AMOUNT_FEN:
        raise InputError(
            "amount-out-of-range",
            f"{field}: an amount has at most 12 digits before the point",
            f"{field}：金额整数部分至多 12 位",
            field=field,
            rule="at most 15 characters",
            remedy="split the amount or check for a slipped point",
        )
    return fen
