"""Kinds as data: each one is fixed here, with what it allows and what it refuses."""

from datetime import date
from decimal import Decimal

import pytest

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import EInvoice, MainExtension, parse_receipt, renumber, write_unsigned
from piaolian_sdk.rules import (
    KINDS,
    CatalogueItem,
    PaidNotice,
    RuleContext,
    check_circulable,
    kind_of,
    violations,
)
from piaolian_sdk.rules.kinds import COMMON_FIELDS
from piaolian_sdk.wording import NOT_CIRCULABLE
from support.documents import NON_TAX, sample_model

PAY_CODE = "32099923300000000001"
OUTPATIENT_FIELDS = {
    "gender", "org_type", "medical_insurance_type", "medical_insurance_id", "case_number", "department_name",
    "fund_pay_amount", "other_pay_amount", "account_pay_amount", "own_pay_amount", "selfpayment_amount",
    "selfpayment_cost", "is_arrears", "arrears_reason", "medical_date", "patient_number",
}  # fmt: skip
INPATIENT_FIELDS = OUTPATIENT_FIELDS - {"medical_date", "patient_number"} | {
    "hospitalization_number", "in_hospital_date", "out_hospital_date",
    "prepay_amount", "recharge_amount", "refund_amount",
}  # fmt: skip
# Name, control, layout, medical, foreign currency, anonymous payer, goods, digits published.
FIXED: dict[str, tuple[object, ...]] = {
    "0101": ("非税收入统一票据", "code", "non-tax", False, False, False, False, True),
    "0201": ("罚没票据", "code", "fine", False, False, False, False, False),
    "0301": ("一般缴款书", "code", "payment-slip", False, False, False, False, True),
    "0401": ("资金往来结算票据", "list", "settlement", False, False, False, False, True),
    "0501": ("公益事业捐赠统一票据", "list", "donation", False, True, True, True, False),
    "0601": ("医疗门诊收费票据", "list", "outpatient", True, False, False, False, True),
    "0602": ("医疗住院收费票据", "list", "inpatient", True, False, False, False, True),
    "0701": ("社会团体会费票据", "list", "membership", False, False, False, False, False),
}


def of_kind(digits: str, main: dict[str, object] | None = None, payer: dict[str, object] | None = None) -> EInvoice:
    """Return the non-tax sample as a receipt of another kind, through its bytes."""
    blue = sample_model(NON_TAX)
    code = f"32{digits}{blue.main.einvoice_code[6:]}"
    model = renumber(
        blue,
        code=code,
        number=blue.main.einvoice_number,
        check_code=blue.main.random_number,
        issue_date=blue.main.issue_date,
        issue_time=blue.main.issue_time,
    )
    pay_code = PAY_CODE if KINDS[digits].control == "code" else None
    changes = {
        "einvoice_specimen_code": f"32{digits}0001",
        "main_ext": model.main.main_ext.model_copy(update={"pay_code": pay_code}),
        "payer_party": model.main.payer_party.model_copy(update=payer or {}),
        **(main or {}),
    }
    model = model.model_copy(update={"main": model.main.model_copy(update=changes)})
    return parse_receipt(write_unsigned(model)).model


def broken(receipt: EInvoice) -> list[str]:
    kind = kind_of(receipt.main.einvoice_code)
    catalogue = {item.item_code: CatalogueItem(item.item_name, 0, 10**9) for item in receipt.items}
    notice = PaidNotice(PAY_CODE, int(receipt.main.total_amount.scaleb(2))) if kind.control == "code" else None
    return [fault.code for fault in violations(receipt, RuleContext(receipt.issued_at, catalogue, kind, notice))]


def test_kinds__table__is_the_fixed_one() -> None:
    found = {
        digits: (
            kind.name_zh,
            kind.control,
            kind.layout,
            kind.is_medical,
            kind.allows_foreign_currency,
            kind.allows_anonymous_payer,
            kind.allows_kind,
            kind.is_published,
        )
        for digits, kind in KINDS.items()
    }

    assert found == FIXED
    assert [kind.number for kind in KINDS.values()] == [int(digits) for digits in FIXED]
    assert len({kind.layout for kind in KINDS.values()}) == len(KINDS)


def test_kinds__fields__are_the_fixed_ones() -> None:
    fields = {digits: set(kind.fields) for digits, kind in KINDS.items()}

    assert fields == {**{digits: set() for digits in FIXED}, "0601": OUTPATIENT_FIELDS, "0602": INPATIENT_FIELDS}
    assert set(MainExtension.model_fields) == COMMON_FIELDS | OUTPATIENT_FIELDS | INPATIENT_FIELDS


EXAMPLES: dict[str, object] = {
    "business_date": date(2023, 4, 30), "medical_date": date(2023, 4, 30), "in_hospital_date": date(2023, 4, 30),
    "out_hospital_date": date(2023, 4, 30), "is_arrears": "1", "pay_code": PAY_CODE,
    "related_invoice_code": "32060123", "related_invoice_number": "0000010003",
}  # fmt: skip


@pytest.mark.parametrize("digits", sorted(FIXED))
@pytest.mark.parametrize("name", sorted(MainExtension.model_fields))
def test_kind__field_of_another_kind__is_refused(digits: str, name: str) -> None:
    value = EXAMPLES.get(name, Decimal("0.00") if name.endswith(("amount", "cost")) else "甲")
    receipt = of_kind(digits)
    extension = receipt.main.main_ext.model_copy(update={name: value})

    found = broken(of_kind(digits, main={"main_ext": extension}))

    assert ("kind-field-unexpected" in found) == (name not in KINDS[digits].all_fields)


@pytest.mark.parametrize("digits", sorted(FIXED))
def test_kind__plain_receipt__is_in_order(digits: str) -> None:
    assert broken(of_kind(digits)) == []


@pytest.mark.parametrize("digits", sorted(FIXED))
@pytest.mark.parametrize("name", ["", " ", None])
def test_kind__payer_without_a_name__is_refused_save_for_an_anonymous_donor(digits: str, name: str | None) -> None:
    receipt = of_kind(digits, payer={"payer_party_name": name, "payer_party_code": None, "payer_party_type": "1"})

    assert broken(receipt) == ([] if digits == "0501" else ["payer-name-missing"])


@pytest.mark.parametrize("digits", sorted(FIXED))
def test_kind__foreign_currency__is_refused_save_for_donations(digits: str) -> None:
    receipt = of_kind(digits, main={"currency_type": "USD", "exchange_rate": Decimal("7.1234")})

    assert broken(receipt) == ([] if digits == "0501" else ["currency-wrong"] * 2)


@pytest.mark.parametrize(
    ("currency", "rate", "faults"),
    [
        ("CNY", Decimal(1), 0),
        ("CNY", Decimal("7.1234"), 1),
        (None, None, 0),
        ("USD", None, 1),
        ("USD", Decimal(0), 1),
        ("USD", Decimal(-7), 1),
        ("usd", Decimal(7), 1),
        ("美元", Decimal(7), 1),
        ("JPY", Decimal("0.04812345"), 0),
    ],
)
def test_donation__currency_and_rate__say_what_was_received(
    currency: str | None, rate: Decimal | None, faults: int
) -> None:
    receipt = of_kind("0501", main={"currency_type": currency, "exchange_rate": rate})

    assert broken(receipt) == ["currency-wrong"] * faults


def test_donation__goods__have_a_quantity_and_their_assessed_value_without_a_standard() -> None:
    receipt = of_kind("0501")
    goods = receipt.items[0].model_copy(
        update={"item_unit": "箱", "item_quantity": Decimal("12.5"), "item_std": None, "item_ext": "实物捐赠，评估价"}
    )
    assert KINDS["0501"].allows_kind

    assert broken(receipt.model_copy(update={"items": (goods,)})) == []


def test_donation__anonymous_organisation__still_needs_its_code() -> None:
    receipt = of_kind("0501", payer={"payer_party_type": "2", "payer_party_name": None, "payer_party_code": None})

    assert broken(receipt) == ["payer-code-mismatch"]


def with_arrears(digits: str, mark: str | None, reason: str | None) -> EInvoice:
    receipt = of_kind(digits)
    extension = receipt.main.main_ext.model_copy(update={"is_arrears": mark, "arrears_reason": reason})
    return of_kind(digits, main={"main_ext": extension})


@pytest.mark.parametrize(
    ("mark", "reason", "circulable", "found"),
    [
        (None, None, True, []),
        ("1", None, True, []),
        ("1", "", True, []),
        ("", None, True, []),
        ("0", "住院费未结清", False, []),
        ("0", None, False, ["arrears-mark-wrong"]),
        ("0", " ", False, ["arrears-mark-wrong"]),
        ("1", "住院费未结清", True, ["arrears-mark-wrong"]),
    ],
)
def test_arrears__mark_and_reason__agree(
    mark: str | None, reason: str | None, circulable: bool, found: list[str]
) -> None:
    receipt = with_arrears("0602", mark, reason)

    assert receipt.main.is_circulable is circulable
    assert broken(receipt) == found


@pytest.mark.parametrize("digits", sorted(digits for digits in FIXED if not KINDS[digits].is_medical))
def test_arrears__outside_medicine__is_refused(digits: str) -> None:
    assert broken(with_arrears(digits, "0", "未付")) == ["kind-field-unexpected"] * 2


def test_arrears__receipt__may_be_neither_reimbursed_nor_booked() -> None:
    check_circulable(with_arrears("0601", "1", None))
    with pytest.raises(InputError) as refusal:
        check_circulable(with_arrears("0601", "0", "门诊费未付"))

    assert refusal.value.code == "receipt-not-circulable"
    assert refusal.value.message_zh.startswith(NOT_CIRCULABLE)
    assert "门诊费" not in f"{refusal.value} {refusal.value.message_zh}"


@pytest.mark.parametrize("mark", ["2", "true", "00"])
def test_arrears__another_mark__is_refused_in_reading(mark: str) -> None:
    data = write_unsigned(with_arrears("0601", "0", "门诊费未付"))
    with pytest.raises(InputError) as refusal:
        parse_receipt(data.replace(b"<IsArrears>0<", f"<IsArrears>{mark}<".encode()))

    assert (refusal.value.code, refusal.value.field) == ("receipt-value-malformed", "Main/MainExt/IsArrears")


@pytest.mark.parametrize("digits", sorted(digits for digits in FIXED if KINDS[digits].control == "list"))
def test_kind__payment_code_under_control_by_list__is_refused(digits: str) -> None:
    receipt = of_kind(digits)
    extension = receipt.main.main_ext.model_copy(update={"pay_code": PAY_CODE})

    assert broken(of_kind(digits, main={"main_ext": extension})) == ["payment-code-unexpected"]


@pytest.mark.parametrize("document", ["E12345678", "H0123456789", "911124198108030024X", ""], ids=len)
def test_kind__foreign_or_missing_identity_document__is_accepted(document: str) -> None:
    receipt = of_kind("0601", payer={"payer_party_type": "1", "payer_party_code": document})

    assert broken(receipt) == []


@pytest.mark.parametrize("code", ["32990123", "3206012"])
def test_kind_of__unknown_or_malformed__is_refused(code: str) -> None:
    with pytest.raises(InputError):
        kind_of(code)
