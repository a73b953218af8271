"""Kinds of receipt as data: digits of the receipt code, way of control, layout, fields, and what each allows.

Which digits a province uses is its own decision (财政票据管理办法). Those of ``is_published`` kinds stand in published
receipts and catalogues; the others are this network's own until a province names its digits.
"""

from dataclasses import dataclass
from typing import Literal

from piaolian_sdk.codes import ReceiptCode
from piaolian_sdk.errors import InputError

Control = Literal["code", "list"]

# Fields of ``MainExtension`` that every kind may carry.
COMMON_FIELDS = frozenset(
    {"related_invoice_code", "related_invoice_number", "pay_code", "business_number", "business_date"}
)
_MEDICAL = frozenset(
    {
        "gender", "org_type", "medical_insurance_type", "medical_insurance_id", "case_number", "department_name",
        "fund_pay_amount", "other_pay_amount", "account_pay_amount", "own_pay_amount", "selfpayment_amount",
        "selfpayment_cost", "is_arrears", "arrears_reason",
    }
)  # fmt: skip
_OUTPATIENT = _MEDICAL | {"medical_date", "patient_number"}
_INPATIENT = _MEDICAL | {
    "hospitalization_number", "in_hospital_date", "out_hospital_date",
    "prepay_amount", "recharge_amount", "refund_amount",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReceiptKind:
    """One kind.

    Attributes:
        digits: Category and kind, four digits of the receipt code.
        name_zh: What a person reads.
        control: ``code``: paid first, then receipted; ``list``: the unit's own list.
        layout: Name of the visual copy's layout.
        is_medical: Whether the medical rules apply.
        allows_foreign_currency: Whether another currency than CNY may have been received.
        allows_anonymous_payer: Whether the payer may stay without a name.
        allows_kind: Whether goods may have been received, at their assessed value.
        fields: Fields of ``MainExt`` beyond the common ones.
        is_published: Whether the digits stand in published receipts.
    """

    digits: str
    name_zh: str
    control: Control
    layout: str
    is_medical: bool = False
    allows_foreign_currency: bool = False
    allows_anonymous_payer: bool = False
    allows_kind: bool = False
    fields: frozenset[str] = frozenset()
    is_published: bool = True

    @property
    def number(self) -> int:
        """The kind as the contracts write it (0601 is 601)."""
        return int(self.digits)

    @property
    def all_fields(self) -> frozenset[str]:
        """Every field of ``MainExt`` that the kind may carry."""
        return COMMON_FIELDS | self.fields


KINDS: dict[str, ReceiptKind] = {
    kind.digits: kind
    for kind in (
        ReceiptKind("0101", "非税收入统一票据", "code", "non-tax"),
        ReceiptKind("0201", "罚没票据", "code", "fine", is_published=False),
        ReceiptKind("0301", "一般缴款书", "code", "payment-slip"),
        ReceiptKind("0401", "资金往来结算票据", "list", "settlement"),
        ReceiptKind(
            "0501", "公益事业捐赠统一票据", "list", "donation",
            allows_foreign_currency=True, allows_anonymous_payer=True, allows_kind=True, is_published=False,
        ),
        ReceiptKind("0601", "医疗门诊收费票据", "list", "outpatient", is_medical=True, fields=_OUTPATIENT),
        ReceiptKind("0602", "医疗住院收费票据", "list", "inpatient", is_medical=True, fields=_INPATIENT),
        ReceiptKind("0701", "社会团体会费票据", "list", "membership", is_published=False),
    )
}  # fmt: skip


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
