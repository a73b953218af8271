"""The vouchers inside CFX messages that the oracle reads and writes.

A voucher keeps every field as text in the order of the standard, so that what was read can be written again byte for
byte; amounts and times are read out of it on demand. Vouchers hold names, accounts and phone numbers: their `repr`
shows field names only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Final, Self

from piaolian_oracle.cfx.message import parse_xml, write_element
from piaolian_oracle.cfx.peer import Charset
from piaolian_oracle.errors import FrameError, StatementError
from piaolian_oracle.statements.elements import amount_fen
from piaolian_sdk.beijing import date_from_text, moment_from_compact, text_from_date
from piaolian_sdk.errors import InputError

_PAYMENT_CODE: Final = re.compile(r"\d{20}\Z", re.ASCII)

RESULT_OK: Final = "00000"
RESULT_FAILED: Final = "99999"


@dataclass(frozen=True)
class Voucher:
    """Base of the vouchers.

    Attributes:
        values: Field name to text, in the order of the wire; fields that the peer left out are absent.
        FIELDS: All fields in the order of the standard.
        REQUIRED: Fields without which the voucher says nothing.
        EMPTY_AS_PAIR: Whether empty fields are written `<Name></Name>`, as acknowledgements are.
    """

    values: Mapping[str, str] = field(repr=False)

    FIELDS: ClassVar[tuple[str, ...]] = ()
    REQUIRED: ClassVar[tuple[str, ...]] = ()
    EMPTY_AS_PAIR: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a voucher without a required field."""
        for name in self.REQUIRED:
            if not self.values.get(name):
                raise FrameError(
                    "voucher-field-missing",
                    f"{name} is absent or empty",
                    f"凭证缺少字段 {name}",
                    "请对方补齐后重发",
                    field=name,
                )

    @classmethod
    def compose(cls, values: Mapping[str, str]) -> Self:
        """Make a voucher of our own, its fields in the order of the standard.

        Raises:
            FrameError: A field is not one of the standard's, or a required one is absent.
        """
        for name in values:
            if name not in cls.FIELDS:
                raise _invalid(name, "the voucher has no such field", "凭证没有此字段")
        return cls({name: values[name] for name in cls.FIELDS if name in values})

    @classmethod
    def from_bytes(cls, data: bytes, charset: Charset = "gbk") -> Self:
        """Read a voucher. Fields that the standard lacks are kept: systems in use add some of their own.

        Raises:
            FrameError: It is not well-formed, or a field is repeated, nested or required and absent.
        """
        root = parse_xml(data, charset, "Voucher")
        if root.tag != "Voucher":
            raise _invalid("Voucher", "the root is not Voucher", "根元素应为 Voucher")
        values: dict[str, str] = {}
        for element in root:
            name = str(element.tag)
            if name in values or len(element):
                raise _invalid(name, "a field stands once and holds text only", "字段只能出现一次且只含文字")
            values[name] = element.text or ""
        return cls(values)

    def to_bytes(self, charset: Charset = "gbk") -> bytes:
        """Return the voucher as it is put into a message, before base64.

        Raises:
            FrameError: A value has a character that the charset or XML lacks.
        """
        written = (
            write_element(name, value, charset, is_pair_when_empty=self.EMPTY_AS_PAIR)
            for name, value in self.values.items()
        )
        return b"<Voucher>" + b"".join(written) + b"</Voucher>"

    def text(self, name: str) -> str:
        """Return a field, '' when the peer left it out."""
        return self.values.get(name, "")

    @property
    def payment_code(self) -> str:
        """Return the 20-digit payment code (`PayCode`).

        Raises:
            FrameError: It is anything else.
        """
        code = self.text("PayCode")
        if not _PAYMENT_CODE.match(code):
            raise _invalid("PayCode", "a payment code has 20 digits", "缴款码应为 20 位数字")
        return code

    def _fen(self, name: str) -> int:
        try:
            return amount_fen(self.text(name), name)
        except StatementError as exc:
            raise _invalid(name, "an amount is digits with two decimals", "金额应为两位小数的数字") from exc

    def _day(self, name: str) -> date:
        value = self.text(name)
        try:
            return date_from_text(value, name)
        except InputError as exc:
            raise _invalid(name, "a day is yyyyMMdd", "日期应为 yyyyMMdd") from exc


class PaymentConfirmation(Voucher):
    """5996: a payment has arrived."""

    FIELDS = (
        "PayCode",
        "CfmDate",
        "CfmTime",
        "Amt",
        "BankOutlet",
        "Operator",
        "PayMode",
        "TraNoBus",
        "PayerName",
        "PayerAcct",
        "PayerOpBk",
        "PayerOpBkNo",
        "RecAcctType",
        "RecAcct",
        "Hold1",
        "Hold2",
    )
    REQUIRED = ("PayCode", "CfmDate", "CfmTime", "Amt", "TraNoBus", "RecAcct")

    @property
    def amount_fen(self) -> int:
        """Return what was paid, fen; raises FrameError when it is no amount."""
        return self._fen("Amt")

    @property
    def confirmed_at(self) -> datetime:
        """Return when it was paid, Beijing time; raises FrameError when it is no time."""
        day = self._day("CfmDate")
        try:
            return moment_from_compact(text_from_date(day) + self.text("CfmTime"), "CfmTime")
        except InputError as exc:
            raise _invalid("CfmTime", "a time is HHmmss", "时间应为 HHmmss") from exc


class PaymentNotice(Voucher):
    """8994: a notice of what is to be paid; sent again for the same code to void it."""

    FIELDS = (
        "AdmDivCode",
        "PayCode",
        "BillDate",
        "ChgAgenCode",
        "ChgAgenName",
        "PayerName",
        "PayerAcct",
        "PayerOpBk",
        "Amt",
        "OriAmt",
        "DelayAmt",
        "PayStats",
        "RecAcctType",
        "RecName",
        "RecAcct",
        "RecAcctReal",
        "RecOpBk",
        "RecBankNo",
        "IsInterBank",
        "PayInfo",
        "Memo",
        "CrcCode",
        "MobilePhone",
        "PayerCreditCode",
        "RecCreditCode",
        "OperatorCode",
        "OperatorName",
        "Hold1",
        "Hold2",
    )
    REQUIRED = ("AdmDivCode", "PayCode", "BillDate", "Amt", "PayInfo")

    @property
    def amount_fen(self) -> int:
        """Return what is due, fen; raises FrameError when it is no amount."""
        return self._fen("Amt")

    @property
    def bill_day(self) -> date:
        """Return the day of the notice; raises FrameError when it is no day."""
        return self._day("BillDate")


class PaymentStateQuery(Voucher):
    """8997: asks for the state of a payment."""

    FIELDS = ("PayCode", "AdmDivCode")
    REQUIRED = ("PayCode",)


class PaymentState(Voucher):
    """5997: the state of a payment.

    No specimen of this message is public; the fields are those of 5996 and the states those of the income platform
    (3601): 0 unpaid, 1 paid, 2 a third state.
    """

    FIELDS = ("PayCode", "PayStats", "CfmDate", "CfmTime", "Amt", "TraNoBus", "RecAcct")
    REQUIRED = ("PayCode", "PayStats")

    @property
    def is_paid(self) -> bool:
        """Return whether the peer calls the code paid."""
        return self.text("PayStats") == "1"


class Acknowledgement(Voucher):
    """8001, 5001, 4001: the answer to a message."""

    FIELDS = ("OriMsgNo", "Result", "Information")
    REQUIRED = ("OriMsgNo", "Result")
    EMPTY_AS_PAIR = True

    @classmethod
    def of(cls, message_number: str, reason: str = "") -> "Acknowledgement":
        """Answer a message: well received without a reason, failed (99999) with one."""
        result = RESULT_FAILED if reason else RESULT_OK
        return cls.compose({"OriMsgNo": message_number, "Result": result, "Information": reason})

    @property
    def is_ok(self) -> bool:
        """Return whether the message was taken."""
        return self.text("Result") == RESULT_OK


def _invalid(name: str, rule: str, rule_zh: str) -> FrameError:
    return FrameError(
        "voucher-field-invalid", f"{name}: {rule}", f"字段 {name} 有误: {rule_zh}", "请对方更正后重发", field=name
    )
