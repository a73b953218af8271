"""What a QR code says about a receipt."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from piaolian_sdk.codes import CheckCode, ReceiptCode, ReceiptNumber
from piaolian_sdk.errors import InputError

QRForm: TypeAlias = Literal[
    "piaolian",
    "bosssoft",
    "bosssoft-page",
    "bosssoft-opaque",
    "jiangsu-page",
    "jiangsu-opaque",
]
# The five elements that a verification asks for, in the order in which they are printed.
ELEMENTS = ("code", "number", "check_code", "amount", "issue_date")
NAMES_ZH = {
    "code": "票据代码",
    "number": "票据号码",
    "check_code": "校验码",
    "amount": "金额",
    "issue_date": "开票日期",
}


@dataclass(frozen=True, slots=True)
class QRReading:
    """The elements in a QR code. Nothing is proven yet: anybody can print one.

    Attributes:
        form: Which platform's form it is.
        platform_zh: The platform, for people.
        host: Host of the address, with its port where one is written.
        is_host_known: Whether the host is one of the platform's; a short form of an unknown host counts for nothing
            until its signature is verified.
        code: Receipt code, or None where the form does not hold it.
        number: Receipt number, or None.
        check_code: Check code, or None.
        amount_fen: Amount in fen, negative for a red receipt, or None.
        issue_date: Day of issue, or None.
        signature: ``r || s``, 64 bytes, of the short form; otherwise None.
    """

    form: QRForm
    platform_zh: str
    host: str
    is_host_known: bool = True
    code: ReceiptCode | None = None
    number: ReceiptNumber | None = None
    check_code: CheckCode | None = None
    amount_fen: int | None = None
    issue_date: date | None = None
    signature: bytes | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the elements that the code does not hold, in printed order."""
        held = (self.code, self.number, self.check_code, self.amount_fen, self.issue_date)
        return tuple(name for name, value in zip(ELEMENTS, held, strict=True) if value is None)

    @property
    def is_opaque(self) -> bool:
        """Whether the code holds no element at all and can be read by its own platform alone."""
        return len(self.missing) == len(ELEMENTS)

    def require_complete(self) -> None:
        """Ask for what is missing.

        Raises:
            InputError: ``qr-element-missing``; the message names every missing element.
        """
        if not self.missing:
            return
        names = "、".join(NAMES_ZH[name] for name in self.missing)
        raise InputError(
            "qr-element-missing",
            f"this kind of QR code does not hold {', '.join(self.missing)}",
            f"此二维码不含{names}，请按票面补充：{names}",
            field=self.missing[0],
            rule="code, number, check code, amount and date of issue",
            remedy="give the missing elements as they are printed on the receipt",
        )
