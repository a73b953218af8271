"""Value types of the codes and numbers. All are text: leading zeros stay, and nothing is padded or cut.

Each type is a ``str`` that holds its rule: it cannot be made from a text that breaks it. ``from_string`` is the same
constructor under the name that the other types use.

>>> code = ReceiptCode.from_string("32060123")
>>> code.area, code.kind, code.year
('32', '0601', 2023)
>>> PaymentCode.from_string("32099923300000000001").sequence
1
"""

import re
from datetime import date
from typing import ClassVar, Self

from piaolian_sdk.errors import ErrorCode, InputError

# GB 32100-2015: digits and capital letters without I, O, S, V, Z.
CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUES = {character: value for value, character in enumerate(CREDIT_CODE_ALPHABET)}
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
# GB 11643-1999 (ISO 7064, MOD 11-2).
_CITIZEN_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CITIZEN_CHECKS = "10X98765432"


class Code(str):
    """A text that keeps the rule of its kind."""

    __slots__ = ()

    _pattern: ClassVar[re.Pattern[str]]
    _error_code: ClassVar[ErrorCode]
    _name_zh: ClassVar[str]
    _rule: ClassVar[str]
    _rule_zh: ClassVar[str]

    def __new__(cls, text: str) -> Self:
        """Take a text that is exactly of this kind.

        Raises:
            InputError: It is not; the message says which rule it breaks.
        """
        if not cls._pattern.fullmatch(text):
            raise cls._error(cls._rule, cls._rule_zh)
        return super().__new__(cls, text)

    @classmethod
    def from_string(cls, text: str) -> Self:
        """Return the code.

        Raises:
            InputError: The text is no such code.
        """
        return cls(text)

    @classmethod
    def _error(cls, rule: str, rule_zh: str, code: ErrorCode | None = None) -> InputError:
        name = re.sub("(?<!^)([A-Z])", r" \1", cls.__name__).lower()
        return InputError(
            code or cls._error_code,
            f"{name}: {rule}",
            f"{cls._name_zh}：{rule_zh}",
            field=cls.__name__,
            rule=rule,
            remedy="give the text exactly as it is written; it is neither padded nor trimmed",
        )


class AreaCode(Code):
    """An administrative division: 2 digits province, 4 city, 6 county (行政区划)."""

    __slots__ = ()
    _pattern = re.compile("(?:[0-9]{2}){1,3}")
    _error_code = "area-code-malformed"
    _name_zh = "行政区划代码"
    _rule = "must be 2, 4 or 6 digits"
    _rule_zh = "应为 2、4 或 6 位数字"

    @property
    def province(self) -> str:
        """The first two digits."""
        return self[:2]

    def covers(self, other: str) -> bool:
        """Return whether ``other`` is this division or lies in it."""
        return other.startswith(self)


class ReceiptCode(Code):
    """Eight digits: region 2, category 2, kind 2, year 2 (票据代码)."""

    __slots__ = ()
    _pattern = re.compile("[0-9]{8}")
    _error_code = "receipt-code-malformed"
    _name_zh = "票据代码"
    _rule = "must be exactly 8 digits: region 2, category 2, kind 2, year 2"
    _rule_zh = "应为 8 位数字（地区 2、分类 2、种类 2、年度 2）"

    @property
    def area(self) -> str:
        """Region, two digits; 00 is the central government."""
        return self[:2]

    @property
    def category(self) -> str:
        """Category, two digits."""
        return self[2:4]

    @property
    def kind(self) -> str:
        """Category and kind, four digits, as ``ReceiptKind`` names them."""
        return self[2:6]

    @property
    def year(self) -> int:
        """The year, four digits: the system began in 2017, so that every code is of this century."""
        return 2000 + int(self[6:])


class ReceiptNumber(Code):
    """Ten digits, sequential within a receipt code (票据号码)."""

    __slots__ = ()
    _pattern = re.compile("[0-9]{10}")
    _error_code = "receipt-number-malformed"
    _name_zh = "票据号码"
    _rule = "must be exactly 10 digits"
    _rule_zh = "应为 10 位数字"

    @classmethod
    def from_int(cls, number: int) -> Self:
        """Return the number that the chain holds as an integer.

        Raises:
            InputError: It has more than ten digits or is negative.
        """
        return cls(f"{number:010d}")

    @property
    def value(self) -> int:
        """The number as the chain holds it."""
        return int(self)


class ReceiptKey(Code):
    """Receipt code and number together, 18 digits: the identity of a receipt."""

    __slots__ = ()
    _pattern = re.compile("[0-9]{18}")
    _error_code = "receipt-key-malformed"
    _name_zh = "票据代码加号码"
    _rule = "must be 18 digits: receipt code 8 and receipt number 10"
    _rule_zh = "应为 18 位数字（票据代码 8 位、票据号码 10 位）；20 位数字是缴款码或数电发票号码，不可拆分"

    @classmethod
    def of(cls, code: str, number: str) -> Self:
        """Join a code and a number.

        Raises:
            InputError: One of them is malformed.
        """
        return cls(ReceiptCode(code) + ReceiptNumber(number))

    @property
    def code(self) -> ReceiptCode:
        """The receipt code."""
        return ReceiptCode(self[:8])

    @property
    def number(self) -> ReceiptNumber:
        """The receipt number."""
        return ReceiptNumber(self[8:])

    @property
    def einvoice_id(self) -> str:
        """``EInvoiceID``: the reversed number, a hyphen, the reversed code."""
        return f"{self[:7:-1]}-{self[7::-1]}"

    @property
    def einvoice_tag(self) -> str:
        """``EInvoiceTag``: ``CZ-EI-`` and the region."""
        return f"CZ-EI-{self[:2]}"


class CheckCode(Code):
    """Six letters or digits, kept as written (校验码)."""

    __slots__ = ()
    _pattern = re.compile("[0-9A-Za-z]{6}")
    _error_code = "check-code-malformed"
    _name_zh = "校验码"
    _rule = "must be exactly 6 letters or digits"
    _rule_zh = "应为 6 位字母或数字"


class PaymentCode(Code):
    """Twenty digits: division 6, year 2, type 2, sequence 10 (缴款码). There is no check digit."""

    __slots__ = ()
    _pattern = re.compile("[0-9]{20}")
    _error_code = "payment-code-malformed"
    _name_zh = "缴款码"
    _rule = "must be exactly 20 digits: division 6, year 2, type 2, sequence 10"
    _rule_zh = "应为 20 位数字（行政区划 6、年度 2、类型 2、顺序号 10）"

    @classmethod
    def of(cls, prefix: int, sequence: int) -> Self:
        """Join the prefix of a range and a sequence, as the chain holds them.

        Raises:
            InputError: One of them has more than ten digits.
        """
        return cls(f"{prefix:010d}{sequence:010d}")

    @property
    def area(self) -> str:
        """Administrative division, six digits."""
        return self[:6]

    @property
    def year(self) -> int:
        """The year, four digits."""
        return 2000 + int(self[6:8])

    @property
    def kind(self) -> str:
        """Type of the notice, two digits."""
        return self[8:10]

    @property
    def prefix(self) -> int:
        """The first ten digits, as the chain names the range."""
        return int(self[:10])

    @property
    def sequence(self) -> int:
        """The last ten digits."""
        return int(self[10:])


class ItemCode(Code):
    """Six to twelve digits that name a charge item in the catalogue."""

    __slots__ = ()
    _pattern = re.compile("[0-9]{6,12}")
    _error_code = "item-code-malformed"
    _name_zh = "收费项目编码"
    _rule = "must be 6 to 12 digits"
    _rule_zh = "应为 6 至 12 位数字"


class PaperNumber(Code):
    """Number of a paper receipt, up to ten digits with its zeros; compared as text of one length."""

    __slots__ = ()
    _pattern = re.compile("[0-9]{1,10}")
    _error_code = "paper-number-malformed"
    _name_zh = "纸质票据号码"
    _rule = "must be 1 to 10 digits"
    _rule_zh = "应为 1 至 10 位数字"


class CreditCode(Code):
    """Eighteen characters that name an organisation (统一社会信用代码, GB 32100-2015)."""

    __slots__ = ()
    _pattern = re.compile(f"[{CREDIT_CODE_ALPHABET}]{{18}}")
    _error_code = "credit-code-malformed"
    _name_zh = "统一社会信用代码"
    _rule = "must be 18 characters of 0-9 and A-Z without I, O, S, V, Z"
    _rule_zh = "应为 18 位，由数字和不含 I、O、S、V、Z 的大写字母组成"

    def __new__(cls, text: str) -> Self:
        """Take a code whose check character is right.

        Raises:
            InputError: The length, a character (its position is named) or the check character is wrong.
        """
        for position, character in enumerate(text, 1):
            if character not in _CREDIT_VALUES and len(text) == 18:
                raise cls._error(
                    f"the character at position {position} is not allowed (0-9 and A-Z without I, O, S, V, Z)",
                    f"第 {position} 位字符不允许（仅限数字和不含 I、O、S、V、Z 的大写字母）",
                )
        code = super().__new__(cls, text)
        if credit_code_check(text[:17]) != text[17]:
            raise cls._error(
                "the check character at position 18 does not fit the rest (GB 32100)",
                "第 18 位校验码与前 17 位不符（GB 32100）",
                "credit-code-check-wrong",
            )
        return code


class CitizenId(Code):
    """Eighteen characters of a citizen's identity number (GB 11643). A lower-case x is made upper case."""

    __slots__ = ()
    _pattern = re.compile("[0-9]{17}[0-9X]")
    _error_code = "citizen-id-malformed"
    _name_zh = "居民身份证号码"
    _rule = "must be 17 digits and a check character"
    _rule_zh = "应为 17 位数字加 1 位校验码"

    def __new__(cls, text: str) -> Self:
        """Take a number whose check character is right. The number never appears in the error.

        Raises:
            InputError: The form or the check character is wrong.
        """
        code = super().__new__(cls, text[:17] + text[17:].upper())
        if _CITIZEN_CHECKS[sum(int(d) * w for d, w in zip(code[:17], _CITIZEN_WEIGHTS, strict=True)) % 11] != code[17]:
            raise cls._error(
                "the last character does not fit the rest (GB 11643)", "末位校验码与前 17 位不符（GB 11643）"
            )
        return code


def is_persons_number(text: str) -> bool:
    """Return whether a text is a citizen's number with a possible day of birth.

    About one citizen's number in 31 of digits alone passes for a credit code; hardly any credit code has a day of
    birth in it.
    """
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
        return "1900" <= text[6:10] <= "2099" and bool(CitizenId(text))
    except (InputError, ValueError):
        return False


def credit_code_check(body: str) -> str:
    """Return the check character of the first 17 characters; a sum that is a multiple of 31 gives ``0``."""
    total = sum(_CREDIT_VALUES[c] * w for c, w in zip(body, _CREDIT_WEIGHTS, strict=True))
    return CREDIT_CODE_ALPHABET[(31 - total % 31) % 31]
