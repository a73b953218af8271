"""Each rule passes the sample documents and refuses one change of them, by its own code and field."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from piaolian_sdk.codes import CreditCode
from piaolian_sdk.errors import ErrorCode, RuleViolation
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.receipt import AuxItem, EInvoice, parse_receipt
from piaolian_sdk.rules import (
    KINDS,
    RULES,
    CatalogueItem,
    NoticeLine,
    PaidNotice,
    Rule,
    RuleContext,
    check_receipt,
    kind_of,
    violations,
)
from support.documents import edge_values

DATA = Path(__file__).parents[3] / "data" / "einvoice"
OUTPATIENT, INPATIENT, RED = "medical_outpatient_js", "medical_inpatient", "red_of_outpatient"
NON_TAX, CENTRAL = "nontax_unified_js", "nontax_central_fractional"
ROUNDING = frozenset({"060299"})


def sample(name: str) -> EInvoice:
    return parse_receipt((DATA / f"{name}.xml").read_bytes()).model


def context_for(receipt: EInvoice, **changes: Any) -> RuleContext:
    """Return a context in which the sample is in order: its own day, items, kind and, by code, a paid notice."""
    catalogue = {item.item_code: CatalogueItem(item.item_name, 0, 10**9) for item in receipt.items}
    kind = kind_of(receipt.main.einvoice_code)
    code = receipt.main.main_ext.pay_code
    lines = tuple(NoticeLine(item.item_code, int(item.item_amount.scaleb(2))) for item in receipt.items)
    payment = PaidNotice(code, sum(line.amount_fen for line in lines), lines) if code else None
    now = datetime.combine(receipt.main.issue_date, time(12))
    return replace(RuleContext(now, catalogue, kind, payment, ROUNDING), **changes)


def changed(receipt: EInvoice, path: str, value: object) -> EInvoice:
    """Return a copy with one field replaced, such as ``main.payer_party.payer_party_type`` or ``items.0.item_name``."""
    result: EInvoice = _changed(receipt, path.split("."), value)
    return result


def _changed(node: Any, steps: list[str], value: object) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, tuple):
        position = int(step)
        return (*node[:position], _changed(node[position], rest, value), *node[position + 1 :])
    return node.model_copy(update={step: _changed(getattr(node, step), rest, value)})


@pytest.mark.parametrize("name", [OUTPATIENT, INPATIENT, RED, NON_TAX])
def test_violations__samples__none(name: str) -> None:
    receipt = sample(name)
    assert violations(receipt, context_for(receipt)) == []


def test_violations__central_sample__only_the_payment_code_is_missing() -> None:
    # The central document carries no payment code; under control by code that is the one thing wrong with it.
    receipt = sample(CENTRAL)
    assert [violation.code for violation in violations(receipt, context_for(receipt))] == ["payment-code-missing"]


NEGATIVES: list[tuple[str, str, str, object, str, str]] = [
    ("R001", OUTPATIENT, "main.checker", " ", "mandatory-element-missing", "Main/Checker"),
    ("R002", OUTPATIENT, "header.einvoice_id", "0000000000-32106023", "identifier-mismatch", "Header/EInvoiceID"),
    ("R002", OUTPATIENT, "header.einvoice_tag", "CZ-EI-33", "identifier-mismatch", "Header/EInvoiceTag"),
    ("R003", OUTPATIENT, "main.random_number", "000000", "check-code-placeholder", "Main/RandomNumber"),
    ("R005", OUTPATIENT, "main.einvoice_specimen_code", "3206022101", "specimen-mismatch", "Main/EInvoiceSpecimenCode"),
    ("R007", OUTPATIENT, "main.einvoice_code", "32060122", "year-mismatch", "Main/EInvoiceCode"),
    (
        "R008",
        OUTPATIENT,
        "main.invoicing_party.invoicing_party_code",
        "12320600E000000028",
        "credit-code-check-wrong",
        "Main/InvoicingParty/InvoicingPartyCode",
    ),
    (
        "R009",
        CENTRAL,
        "main.payer_party.payer_party_code",
        "11010120991231004X",
        "payer-code-mismatch",
        "Main/PayerParty/PayerPartyCode",
    ),
    (
        "R009",
        NON_TAX,
        "main.payer_party.payer_party_code",
        "110101209912310041",
        "payer-code-mismatch",
        "Main/PayerParty/PayerPartyCode",
    ),
    ("R009", NON_TAX, "main.payer_party.payer_party_name", "", "payer-name-missing", "Main/PayerParty/PayerPartyName"),
    ("R010", OUTPATIENT, "main.remark", "长" * 2001, "text-too-long", "Main/Remark"),
    ("R010", OUTPATIENT, "main.main_ext.org_type", "级" * 201, "text-too-long", "Main/MainExt/OrgType"),
    (
        "R011",
        OUTPATIENT,
        "main.payer_party.payer_party_name",
        "测\t试",
        "text-has-control-character",
        "Main/PayerParty",
    ),
    ("R011", OUTPATIENT, "main.remark", "测\x85试", "text-has-control-character", "Main/Remark"),
    ("R011", OUTPATIENT, "items.1.item_name", "检查\u202e费", "text-has-control-character", "Details/Item[2]/ItemName"),
    ("R011", OUTPATIENT, "aux_items.0.aux_item_name", "药\x7f", "text-has-control-character", "AuxDetails/AuxItem[1]"),
    ("R001", OUTPATIENT, "main.supervisor_party_seal.seal_id", "", "mandatory-element-missing", "Main/SupervisorParty"),
    (
        "R009",
        NON_TAX,
        "main.payer_party.payer_party_code",
        "11010120991231004",
        "payer-code-mismatch",
        "Main/PayerParty",
    ),
    ("R009", NON_TAX, "main.payer_party.payer_party_code", "11010120991231004x", "payer-code-mismatch", "Main/Payer"),
    ("R016", RED, "items.0.item_amount", Decimal("717.28"), "red-sign-wrong", "Details/Item[1]/ItemAmount"),
    ("R012", OUTPATIENT, "main.total_amount", Decimal("993.55"), "total-mismatch", "Main/TotalAmount"),
    ("R013", RED, "main.total_amount", Decimal("993.54"), "red-sign-wrong", "Main/TotalAmount"),
    ("R014", CENTRAL, "items.0.item_quantity", Decimal(0), "quantity-amount-mismatch", "Details/Item[1]/ItemAmount"),
    ("R015", NON_TAX, "items.0.item_code", "103043212", "item-unknown", "Details/Item[1]/ItemCode"),
    ("R015", NON_TAX, "items.0.item_name", "自由填写", "item-name-mismatch", "Details/Item[1]/ItemName"),
    ("R017", NON_TAX, "main.currency_type", "USD", "currency-wrong", "Main/CurrencyType"),
    ("R018", OUTPATIENT, "aux_items.0.aux_item_amount", Decimal("55.58"), "list-line-mismatch", ""),
    ("R018", OUTPATIENT, "aux_items.0.aux_item_related_code", "999999", "list-link-unknown", ""),
    (
        "R019",
        NON_TAX,
        "main.main_ext.pay_code",
        "32099923300000000002",
        "payment-code-mismatch",
        "Main/MainExt/PayCode",
    ),
    ("R019", NON_TAX, "main.main_ext.pay_code", None, "payment-code-missing", "Main/MainExt/PayCode"),
    ("R019", OUTPATIENT, "main.main_ext.pay_code", "32099923300000000001", "payment-code-unexpected", ""),
    ("R020", RED, "main.main_ext.related_invoice_number", None, "red-reference-missing", ""),
    ("R020", RED, "main.main_ext.related_invoice_number", "0000010099", "red-reference-mismatch", ""),
    ("R021", OUTPATIENT, "main.main_ext.fund_pay_amount", Decimal("196.05"), "medical-funds-mismatch", ""),
    ("R022", INPATIENT, "main.main_ext.refund_amount", Decimal("1999.68"), "medical-settlement-mismatch", ""),
    ("R016", OUTPATIENT, "items.0.item_amount", Decimal("-0.01"), "item-amount-negative", "Details/Item[1]/ItemAmount"),
    ("R013", OUTPATIENT, "main.total_amount", Decimal("0.00"), "total-not-positive", "Main/TotalAmount"),
    ("R024", NON_TAX, "main.main_ext.gender", "女", "kind-field-unexpected", "Main/MainExt/Gender"),
    ("R024", OUTPATIENT, "main.main_ext.refund_amount", Decimal(0), "kind-field-unexpected", "Main/MainExt/Refund"),
    ("R025", INPATIENT, "main.main_ext.is_arrears", "0", "arrears-mark-wrong", "Main/MainExt/ArrearsReason"),
    (
        "R011",
        OUTPATIENT,
        "main.invoicing_party_seal.seal_name",
        "章\u202e",
        "text-has-control-character",
        "Main/Invoic",
    ),
    ("R023", INPATIENT, "main.main_ext.in_hospital_date", datetime(2023, 6, 13).date(), "medical-date-wrong", ""),  # noqa: DTZ001 # A date has no zone.
]


@pytest.mark.parametrize(
    ("rule_id", "name", "path", "value", "code", "field"), NEGATIVES, ids=[f"{n[0]}-{n[2]}" for n in NEGATIVES]
)
def test_check_receipt__one_change__refused_by_its_rule(
    rule_id: str, name: str, path: str, value: object, code: str, field: str
) -> None:
    original = sample(name)
    found = violations(changed(original, path, value), context_for(original))
    assert (rule_id, code) in [(violation.rule_id, violation.code) for violation in found]
    matching = next(violation for violation in found if violation.code == code)
    assert matching.remedy
    assert matching.source
    assert (matching.field or "").startswith(field)


# A sample on which each rule has something to judge, and finds it in order.
POSITIVES = {
    "R001": OUTPATIENT, "R002": CENTRAL, "R003": OUTPATIENT, "R004": INPATIENT, "R005": RED, "R006": OUTPATIENT,
    "R007": CENTRAL, "R008": OUTPATIENT, "R009": CENTRAL, "R010": INPATIENT, "R011": OUTPATIENT, "R012": INPATIENT,
    "R013": RED, "R014": CENTRAL, "R015": NON_TAX, "R016": INPATIENT, "R017": NON_TAX, "R018": INPATIENT,
    "R019": NON_TAX, "R020": RED, "R021": OUTPATIENT, "R022": INPATIENT, "R023": INPATIENT, "R024": INPATIENT,
    "R025": OUTPATIENT,
}  # fmt: skip
# What makes the rule judge something in its positive sample, where that is not plain from the negative one.
IN_CONTEXT: dict[str, dict[str, Any]] = {
    "R004": {"kind": KINDS["0601"]},
    "R006": {"beijing_now": datetime(2023, 5, 1, 0, 30)},  # noqa: DTZ001 # Beijing wall clock.
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_rule__positive_sample__is_in_order(rule: Rule) -> None:
    receipt = sample(POSITIVES[rule.rule_id])
    assert list(rule.violations(receipt, context_for(receipt))) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_rule__negative_sample__is_refused(rule: Rule) -> None:
    if rule.rule_id in IN_CONTEXT:
        receipt = sample(POSITIVES[rule.rule_id])
        assert list(rule.violations(receipt, context_for(receipt, **IN_CONTEXT[rule.rule_id])))
        return
    changes = [negative for negative in NEGATIVES if negative[0] == rule.rule_id]
    assert changes
    for _, name, path, value, _, _ in changes:
        original = sample(name)
        assert list(rule.violations(changed(original, path, value), context_for(original)))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_rule__as_data__says_why_in_both_languages_and_by_which_text(rule: Rule) -> None:
    assert re.search("[一-龥]", rule.message_zh)
    assert rule.message.isascii()
    assert re.search("办法|规范|规则|GB|XML", rule.source)
    assert rule.remedy
    assert rule.code in get_args(ErrorCode)


def test_rules__numbers__consecutive() -> None:
    assert [rule.rule_id for rule in RULES] == [f"R{number:03d}" for number in range(1, len(RULES) + 1)]


def refusal(receipt: EInvoice, context: RuleContext) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        check_receipt(receipt, context)
    return caught.value


def test_kind__range_of_another_kind__refused() -> None:
    receipt = sample(OUTPATIENT)
    assert refusal(receipt, context_for(receipt, kind=KINDS["0602"])).rule_id == "R004"


def test_issue_date__next_beijing_day__refused() -> None:
    receipt = sample(OUTPATIENT)
    assert refusal(receipt, context_for(receipt, beijing_now=datetime(2023, 5, 1, 0, 30))).rule_id == "R006"  # noqa: DTZ001 # Beijing wall clock.


def test_issue_date__late_in_the_evening_of_utc__the_next_day_in_beijing() -> None:
    receipt = sample(OUTPATIENT)
    evening_before = datetime(2023, 4, 29, 16, 30, tzinfo=UTC)
    assert violations(receipt, context_for(receipt, beijing_now=evening_before)) == []


def test_characters__remark_of_several_lines__accepted() -> None:
    receipt = changed(sample(OUTPATIENT), "main.remark", "行1\n行2\t尾")
    assert violations(receipt, context_for(receipt)) == []


@pytest.mark.parametrize("name", edge_values()["payer_names"])
def test_c013_payer__edge_names__accepted(name: str) -> None:
    receipt = changed(sample(OUTPATIENT), "main.payer_party.payer_party_name", name)
    assert violations(receipt, context_for(receipt)) == []


@pytest.mark.parametrize("number", ["11010120991231012X", "110101209912310939"])
def test_c003_payer__citizens_number_that_passes_as_a_credit_code__refused(number: str) -> None:
    assert CreditCode.from_string(number)
    receipt = changed(sample(CENTRAL), "main.payer_party.payer_party_code", number)
    codes = [(v.code, v.field) for v in violations(receipt, context_for(receipt))]
    assert ("payer-code-mismatch", "Main/PayerParty/PayerPartyCode") in codes


@pytest.mark.parametrize("code", edge_values()["credit_codes_valid"])
def test_payer__organisations_codes__accepted(code: str) -> None:
    receipt = changed(sample(CENTRAL), "main.payer_party.payer_party_code", code)
    assert "payer-code-mismatch" not in [v.code for v in violations(receipt, context_for(receipt))]


def test_c022_total__gap_without_rounding_item__refused() -> None:
    original = sample(INPATIENT)
    without = original.model_copy(update={"items": original.items[:-1], "aux_items": original.aux_items[:-1]})
    assert refusal(without, context_for(original)).rule_id == "R012"


def test_c022_rounding__item_not_configured__refused() -> None:
    receipt = sample(INPATIENT)
    found = violations(receipt, context_for(receipt, rounding_item_codes=frozenset()))
    assert [(violation.rule_id, violation.code) for violation in found] == [("R016", "item-amount-negative")]


def listed(receipt: EInvoice, position: int, amount: str) -> EInvoice:
    """Return the receipt with another amount in one line of its list, where nothing but the sums is at stake."""
    line = receipt.aux_items[position].model_copy(
        update={"aux_item_quantity": None, "aux_item_amount": Decimal(amount)}
    )
    lines = (*receipt.aux_items[:position], line, *receipt.aux_items[position + 1 :])
    return receipt.model_copy(update={"aux_items": lines})


@pytest.mark.parametrize(
    ("amount", "is_refused"), [("55.5549", False), ("55.5699", False), ("55.57", True), ("55.55", True)]
)
def test_c022_list__a_whole_fen_beside_its_item__refused(amount: str, is_refused: bool) -> None:
    # Four decimals are rounded to two in the item: less than a fen is rounding, a fen is a gap that is spread silently.
    receipt = sample(OUTPATIENT)
    position = next(i for i, line in enumerate(receipt.aux_items) if line.aux_item_amount == Decimal("55.56"))
    found = violations(listed(receipt, position, amount), context_for(receipt))
    assert {violation.rule_id for violation in found} == ({"R018"} if is_refused else set())


def test_c022_list__parts_of_a_fen_that_make_a_fen__refused_without_a_rounding_item() -> None:
    # Two items, each less than a fen beside its list, and 1.2 fen together.
    original = sample(CENTRAL)
    model, context = original, context_for(original)
    items = tuple(
        original.items[0].model_copy(
            update={"item_code": code, "item_quantity": None, "item_std": None, "item_amount": Decimal("300.00")}
        )
        for code in ("990001", "990002")
    )
    lines = tuple(AuxItem(aux_item_related_code=item.item_code, aux_item_amount=Decimal("300.0060")) for item in items)
    model = model.model_copy(update={"items": items, "aux_items": lines})
    rule = next(rule for rule in RULES if rule.rule_id == "R018")
    (found,) = rule.violations(model, context)
    assert found.field == "Main/TotalAmount"

    fen = items[0].model_copy(update={"item_code": "060299", "item_amount": Decimal("0.01")})
    closed = model.model_copy(update={"items": (*items, fen)})
    assert list(rule.violations(closed, context)) == []


def test_rounding__more_than_the_limit__refused() -> None:
    receipt = sample(INPATIENT)
    assert refusal(receipt, context_for(receipt, rounding_limit_fen=0)).rule_id == "R016"


def test_c023_quantities__three_tenths_of_two_thousand__accepted() -> None:
    receipt = sample(CENTRAL)
    assert receipt.items[0].item_quantity == Decimal("0.3")
    assert "quantity-amount-mismatch" not in [v.code for v in violations(receipt, context_for(receipt))]


def test_catalogue__disabled_item__refused() -> None:
    receipt = sample(NON_TAX)
    catalogue = {"103043211": CatalogueItem("不动产登记费", 0, 10**9, enabled=False)}
    assert refusal(receipt, context_for(receipt, catalogue=catalogue)).code == "item-disabled"


@pytest.mark.parametrize(("low", "high"), [("80.01", "100.00"), ("1.00", "79.99")])
def test_catalogue__amount_out_of_bounds__refused(low: str, high: str) -> None:
    receipt = sample(NON_TAX)
    catalogue = {"103043211": CatalogueItem("不动产登记费", fen_from_text(low), fen_from_text(high))}
    assert refusal(receipt, context_for(receipt, catalogue=catalogue)).code == "item-amount-out-of-bounds"


def test_payment__not_paid__refused() -> None:
    receipt = sample(NON_TAX)
    payment = PaidNotice("32099923300000000001", 8000, is_paid=False)
    assert refusal(receipt, context_for(receipt, payment=payment)).code == "notice-not-paid"


def test_payment__used__refused() -> None:
    receipt = sample(NON_TAX)
    payment = PaidNotice("32099923300000000001", 8000, is_used=True)
    assert refusal(receipt, context_for(receipt, payment=payment)).code == "notice-not-paid"


def test_payment__other_amount__refused() -> None:
    receipt = sample(NON_TAX)
    payment = PaidNotice("32099923300000000001", 7999)
    assert refusal(receipt, context_for(receipt, payment=payment)).code == "notice-amount-mismatch"


def test_identifiers__range_of_another_unit__refused() -> None:
    receipt = sample(NON_TAX)
    assert refusal(receipt, context_for(receipt, unit_credit_code="12320600E000000029")).rule_id == "R002"


def test_violation__message__never_shows_the_payers_values() -> None:
    original = sample(NON_TAX)
    receipt = changed(original, "main.payer_party.payer_party_code", "110101209912310041")
    shown = " ".join(f"{v} {v.message_zh} {v.to_problem()}" for v in violations(receipt, context_for(original)))
    assert "110101209912310041" not in shown
    assert "测试甲" not in shown
