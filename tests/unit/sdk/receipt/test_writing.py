"""One model, one byte string; signing inserts and changes nothing else."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import (
    EInvoice,
    append_supervision_signature,
    append_unit_signature,
    parse_receipt,
    renumber,
    write_signature,
    write_unsigned,
)
from support.documents import (
    CENTRAL,
    INPATIENT,
    NON_TAX,
    OUTPATIENT,
    RED,
    SAMPLES,
    edge_values,
    sample_bytes,
    sample_model,
    unsigned_sample,
)

XML_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\ufffe\uffff")).filter(
    lambda text: not any(character < " " and character not in "\t\n\r" for character in text)
)


def with_remark(text: str) -> EInvoice:
    model = sample_model(OUTPATIENT)
    return model.model_copy(update={"main": model.main.model_copy(update={"remark": text})})


@pytest.mark.parametrize("name", [INPATIENT, RED, NON_TAX, CENTRAL])
def test_write__sample__the_same_bytes(name: str) -> None:
    data = sample_bytes(name)
    assert unsigned_sample(name) == data[: data.index(b"<EInvoiceSignature>")] + b"</EInvoice>"


def test_c028_write__bare_zero__written_with_two_decimals() -> None:
    # The outpatient sample holds "0" where the specification wants two decimals; a document of ours never does.
    data = sample_bytes(OUTPATIENT)
    expected = data[: data.index(b"<EInvoiceSignature>")] + b"</EInvoice>"
    assert unsigned_sample(OUTPATIENT) == expected.replace(b"Cost>0</", b"Cost>0.00</")


@pytest.mark.parametrize("name", SAMPLES)
def test_parse__written_sample__the_same_model(name: str) -> None:
    model = sample_model(name)
    assert parse_receipt(write_unsigned(model)).model == model


@given(XML_TEXT)
def test_parse__any_text_written__the_same_text(text: str) -> None:
    assert parse_receipt(write_unsigned(with_remark(text))).model.main.remark == text


@given(st.decimals(-999_999, 999_999, places=8), st.integers(-(10**14) + 1, 10**14 - 1))
def test_c029_parse__any_number_written__the_same_digits(quantity: Decimal, fen: int) -> None:
    model = sample_model(CENTRAL)
    item = model.items[0].model_copy(update={"item_quantity": quantity, "item_amount": Decimal(fen).scaleb(-2)})
    read = parse_receipt(write_unsigned(model.model_copy(update={"items": (item,)}))).model.items[0]
    assert f"{read.item_quantity:f}" == f"{quantity:f}"
    assert read.item_amount == item.item_amount


@pytest.mark.parametrize("text", ["含控制符\x03与\x0b", "a\x00", "\x1f", "\ufffe", "\ud842"])
def test_c014_write__control_character__refused_with_the_field(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        write_unsigned(with_remark(text))
    assert (refusal.value.code, refusal.value.field) == ("text-has-control-character", "Remark")


@pytest.mark.parametrize("name", edge_values()["payer_names"])
def test_c013_write__edge_names__kept(name: str) -> None:
    model = sample_model(OUTPATIENT)
    payer = model.main.payer_party.model_copy(update={"payer_party_name": name})
    changed = model.model_copy(update={"main": model.main.model_copy(update={"payer_party": payer})})
    assert parse_receipt(write_unsigned(changed)).model.main.payer_party.payer_party_name == name


@pytest.mark.parametrize("text", [edge_values()["remarks"][index] for index in (0, 2, 3, 4)])
def test_write__edge_remarks__kept(text: str) -> None:
    assert parse_receipt(write_unsigned(with_remark(text))).model.main.remark == text


def test_write_signature__sample__the_same_bytes() -> None:
    parsed = parse_receipt(sample_bytes(OUTPATIENT))
    assert write_signature(parsed.model.signatures[0]) == parsed.unit_signature_bytes
    assert write_signature(parsed.model.signatures[1]) == parsed.supervision_signature_bytes


def test_append__two_signatures__only_inserted() -> None:
    data = sample_bytes(NON_TAX)
    parsed = parse_receipt(data)
    assert parsed.unit_signature_bytes is not None
    assert parsed.supervision_signature_bytes is not None
    once = append_unit_signature(unsigned_sample(NON_TAX), parsed.unit_signature_bytes)
    assert append_supervision_signature(once, parsed.supervision_signature_bytes) == data


def test_append_unit_signature__signed_already__refused() -> None:
    with pytest.raises(InputError) as refusal:
        append_unit_signature(sample_bytes(NON_TAX), b"<Signature></Signature>")
    assert refusal.value.code == "receipt-signature-present"


@pytest.mark.parametrize(
    ("data", "code"),
    [(unsigned_sample(NON_TAX), "receipt-signature-missing"), (sample_bytes(NON_TAX), "receipt-signature-present")],
)
def test_append_supervision_signature__not_after_exactly_one__refused(data: bytes, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        append_supervision_signature(data, b"<Signature></Signature>")
    assert refusal.value.code == code


def test_append_unit_signature__no_receipt__refused() -> None:
    with pytest.raises(InputError) as refusal:
        append_unit_signature(b"<x/>", b"<Signature></Signature>")
    assert refusal.value.code == "receipt-element-missing"


def test_renumber__header_and_main_change_together() -> None:
    parsed = parse_receipt(sample_bytes(OUTPATIENT))
    model = renumber(
        parsed,
        code="32060126",
        number="0000000042",
        check_code="Ab1234",
        issue_date=date(2026, 3, 2),
        issue_time=time(10, 15, 30, 999),
    )
    read = parse_receipt(write_unsigned(model)).model
    assert read.header.einvoice_id == "2400000000-62106023"
    assert (read.main.einvoice_code, read.main.einvoice_number, read.main.random_number) == (
        "32060126",
        "0000000042",
        "Ab1234",
    )
    assert (read.main.issue_date, read.main.issue_time) == (date(2026, 3, 2), time(10, 15, 30))
    assert read.main.einvoice_specimen_code == parsed.model.main.einvoice_specimen_code
    assert read.signatures == ()
    assert read.items == parsed.model.items


@pytest.mark.parametrize("change", [{"code": "3206012"}, {"number": "42"}, {"check_code": "12345"}])
def test_renumber__malformed__refused(change: dict[str, str]) -> None:
    values = {"code": "32060126", "number": "0000000042", "check_code": "Ab1234"} | change
    with pytest.raises(InputError):
        renumber(sample_model(OUTPATIENT), **values, issue_date=date(2026, 3, 2), issue_time=time(10))
