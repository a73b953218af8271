"""Kinds as data: each one is fixed here, with what it allows and what it refuses."""

from decimal import Decimal

import pytest

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import EInvoice, parse_receipt, renumber, write_unsigned
from piaolian_sdk.rules import KINDS, CatalogueItem, PaidNotice, RuleContext, kind_of, violations
from support.documents import NON_TAX, sample_model

PAY_CODE = "32099923300000000001"
FIXED = {
    "0101": ("非税收入统一票据", "code", "non-tax", False, False),
    "0301": ("一般缴款书", "code", "payment-slip", False, False),
    "0401": ("资金往来结算票据", "list", "settlement", False, False),
    "0501": ("公益事业捐赠统一票据", "list", "donation", False, True),
    "0601": ("医疗门诊收费票据", "list", "outpatient", True, False),
    "0602": ("医疗住院收费票据", "list", "inpatient", True, False),
    "0701": ("社会团体会费票据", "list", "membership", False, False),
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
        digits: (kind.name_zh, kind.control, kind.layout, kind.is_medical, kind.allows_foreign_currency)
        for digits, kind in KINDS.items()
    }

    assert found == FIXED
    assert [kind.number for kind in KINDS.values()] == [int(digits) for digits in FIXED]


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
