"""Kinds of receipt as data: category and kind of the receipt code, its way of control, its layout.

Which digits a province uses is its own decision (财政票据管理办法); these are the ones seen in published receipts.
"""

from dataclasses import dataclass
from typing import Literal

from piaolian_sdk.codes import ReceiptCode
from piaolian_sdk.errors import InputError

Control = Literal["code", "list"]


@dataclass(frozen=True, slots=True)
class ReceiptKind:
    """One kind.

    Attributes:
        digits: Category and kind, four digits of the receipt code.
        name_zh: What a person reads.
        control: ``code``: paid first, then receipted; ``list``: the unit's own list.
        layout: Name of the visual copy's layout.
        is_medical: Whether the medical extensions and their rules apply.
        allows_foreign_currency: Whether another currency than CNY may stand in it.
    """

    digits: str
    name_zh: str
    control: Control
    layout: str
    is_medical: bool = False
    allows_foreign_currency: bool = False

    @property
    def number(self) -> int:
        """The kind as the contracts write it (0601 is 601)."""
        return int(self.digits)


KINDS: dict[str, ReceiptKind] = {
    kind.digits: kind
    for kind in (
        ReceiptKind("0101", "非税收入统一票据", "code", "non-tax"),
        ReceiptKind("0301", "一般缴款书", "code", "payment-slip"),
        ReceiptKind("0401", "资金往来结算票据", "list", "settlement"),
        ReceiptKind("0501", "公益事业捐赠统一票据", "list", "donation", allows_foreign_currency=True),
        ReceiptKind("0601", "医疗门诊收费票据", "list", "outpatient", is_medical=True),
        ReceiptKind("0602", "医疗住院收费票据", "list", "inpatient", is_medical=True),
        ReceiptKind("0701", "社会团体会费票据", "list", "membership"),
    )
}


def kind_of(code: str) -> ReceiptKind:
    """Return the kind that a receipt code names.

    Raises:
        InputError: The code is malformed, or this network knows no such kind.
    """
    digits = ReceiptCode.from_string(code).kind
    if digits not in KINDS:
        raise InputError(
            "kind-mismatch",
            f"receipt kind {digits} is not known to this network",
            f"票据种类 {digits} 未在本网络登记",
            field="EInvoiceCode",
            rule="categories and kinds of this network",
            remedy="check digits 3 to 6 of the receipt code, or ask the finance department to register the kind",
        )
    return KINDS[digits]
