"""Codes keep their zeros, their length and their check characters; errors name the rule."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.codes import (
    CREDIT_CODE_ALPHABET,
    AreaCode,
    CheckCode,
    CitizenId,
    Code,
    CreditCode,
    ItemCode,
    PaperNumber,
    PaymentCode,
    ReceiptCode,
    ReceiptKey,
    ReceiptNumber,
    credit_code_check,
)
from piaolian_sdk.errors import InputError
from support.documents import edge_values


def fault_of(kind: type[Code], text: str) -> InputError | None:
    """Return why a text is refused, or None when it is kept unchanged."""
    try:
        code = kind.from_string(text)
    except InputError as error:
        return error
    assert code == text or kind is CitizenId
    return None


def refusal(kind: type[Code], text: str) -> InputError:
    fault = fault_of(kind, text)
    assert fault is not None
    return fault


EDGES = [
    (CreditCode, "credit_codes_valid", {0, 1, 2, 3}),
    (CreditCode, "credit_codes_invalid", set()),
    (CitizenId, "ids", {0, 1, 2}),
    (ReceiptNumber, "receipt_numbers", {0}),
    (ReceiptCode, "receipt_codes", {0}),
    (CheckCode, "check_codes", {0, 1, 2}),
    (PaymentCode, "pay_codes", {0}),
]


@pytest.mark.parametrize(("kind", "name", "accepted"), EDGES, ids=[edge[1] for edge in EDGES])
def test_codes__edge_values__accepted_exactly_these(kind: type[Code], name: str, accepted: set[int]) -> None:
    faults = [fault_of(kind, text) for text in edge_values()[name]]
    assert {position for position, fault in enumerate(faults) if fault is None} == accepted
    for fault in faults:
        assert fault is None or (fault.rule and fault.remedy and fault.message_zh != fault.message)


def test_receipt_code__parts() -> None:
    code = ReceiptCode.from_string("32060123")
    assert (code.area, code.category, code.kind, code.year) == ("32", "06", "0601", 2023)


def test_receipt_key__parts_and_identifiers() -> None:
    key = ReceiptKey.of("32060123", "0000010003")
    assert (key.code, key.number, key.number.value) == ("32060123", "0000010003", 10003)
    assert key.einvoice_id == "3000100000-32106023"
    assert key.einvoice_tag == "CZ-EI-32"


def test_payment_code__parts_round_trip() -> None:
    code = PaymentCode.from_string("32099923300000000001")
    assert (code.area, code.year, code.kind, code.prefix, code.sequence) == ("320999", 2023, "30", 3209992330, 1)
    assert PaymentCode.of(code.prefix, code.sequence) == code


def test_receipt_number__from_int__keeps_zeros() -> None:
    assert ReceiptNumber.from_int(10003) == "0000010003"
    with pytest.raises(InputError):
        ReceiptNumber.from_int(10**10)
    with pytest.raises(InputError):
        ReceiptNumber.from_int(-1)


@pytest.mark.parametrize(("text", "covered", "inside"), [("32", "3209", True), ("3209", "320600", False)])
def test_area_code__covers(text: str, covered: str, inside: bool) -> None:
    assert AreaCode.from_string(text).covers(covered) is inside


@pytest.mark.parametrize(
    ("kind", "text"),
    [(AreaCode, "320"), (ItemCode, "12345"), (ItemCode, "1030432110000"), (PaperNumber, ""), (PaperNumber, "0" * 11)],
)
def test_code__wrong_length__refused(kind: type[Code], text: str) -> None:
    assert refusal(kind, text).code.endswith("-malformed")


def test_c001_credit_code__letter_outside_the_alphabet__position_named() -> None:
    error = refusal(CreditCode, "9132I900MA0000003X")
    assert error.code == "credit-code-malformed"
    assert "position 5" in error.message
    assert "第 5 位" in error.message_zh


def test_c002_credit_code__sum_divisible_by_31__check_character_zero() -> None:
    assert credit_code_check("91320900MA0000024") == "0"
    assert CreditCode.from_string("91320900MA00000240")


def test_c003_credit_code__citizen_id__refused() -> None:
    assert refusal(CreditCode, "11010120991231004X").code == "credit-code-check-wrong"


def test_c004_citizen_id__lower_case_x__made_upper() -> None:
    assert CitizenId.from_string("11010120991231004x") == "11010120991231004X"


def test_c004_citizen_id__x_dropped__refused_without_the_number() -> None:
    error = refusal(CitizenId, "11010120991231004")
    assert error.code == "citizen-id-malformed"
    assert "2099" not in str(error.to_problem())


@pytest.mark.parametrize(
    "text", ["2.4952E+19", "2.4952e19", "3209992330000000000", "３２０９９９２３３０００００００００１"]
)
def test_c005_payment_code__number_of_a_spreadsheet__refused(text: str) -> None:
    assert refusal(PaymentCode, text).code == "payment-code-malformed"


def test_c005_receipt_number__lost_zeros__never_padded() -> None:
    assert refusal(ReceiptNumber, "10001").code == "receipt-number-malformed"


@pytest.mark.parametrize("text", ["510600119", "510606119"])
def test_c006_receipt_code__nine_digits__refused(text: str) -> None:
    assert refusal(ReceiptCode, text).code == "receipt-code-malformed"
    assert ReceiptCode.from_string("51060119").kind == "0601"


def test_c007_receipt_key__twenty_digits__refused_and_not_split() -> None:
    error = refusal(ReceiptKey, "32099923300000000001")
    assert error.code == "receipt-key-malformed"
    assert "20 位" in error.message_zh


def test_c060_paper_number__leading_zeros__kept() -> None:
    assert PaperNumber.from_string("0991000004") != PaperNumber.from_string("991000004")


def test_code__text_is_kept_through_pickle() -> None:
    code = ReceiptCode.from_string("00010120")
    assert pickle.loads(pickle.dumps(code)) == "00010120"


@given(st.text(CREDIT_CODE_ALPHABET, min_size=17, max_size=17), st.integers(1, 30))
def test_credit_code__one_check_character_fits(body: str, shift: int) -> None:
    check = credit_code_check(body)
    assert CreditCode.from_string(body + check) == body + check
    other = CREDIT_CODE_ALPHABET[(CREDIT_CODE_ALPHABET.index(check) + shift) % 31]
    assert refusal(CreditCode, body + other).code == "credit-code-check-wrong"


@given(st.text())
def test_codes__any_text__kept_or_refused(text: str) -> None:
    for kind in (ReceiptCode, ReceiptNumber, ReceiptKey, CheckCode, PaymentCode, ItemCode, AreaCode, PaperNumber):
        fault = fault_of(kind, text)
        assert fault is None or fault.code.endswith("-malformed")
