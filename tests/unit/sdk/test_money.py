"""Money is decimal text outside and fen inside; words read back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import InputError
from piaolian_sdk.money import (
    MAX_AMOUNT_FEN,
    capital_words,
    decimal_from_text,
    fen_from_capital_words,
    fen_from_decimal,
    fen_from_text,
    text_from_fen,
)
from support.documents import edge_values

AMOUNTS = {"0.00": 0, "0": 0, "0.01": 1, "-0.01": -1, "23,689.46": 2368946, "100.0": 10000}


@pytest.mark.parametrize("text", edge_values()["amounts"])
def test_fen_from_text__edge_values__read_or_refused(text: str) -> None:
    if text in AMOUNTS:
        assert fen_from_text(text) == AMOUNTS[text]
        return
    with pytest.raises(InputError) as refusal:
        fen_from_text(text, "TotalAmount")
    assert refusal.value.code in ("amount-malformed", "amount-out-of-range")
    assert refusal.value.field == "TotalAmount"


@pytest.mark.parametrize(
    "text", ["", "-", ".5", "1.", "1,23.00", "12,34,567.00", "+1", " 1", "1 ", "0x1", "NaN", "1\n"]
)
def test_fen_from_text__no_amount__refused(text: str) -> None:
    with pytest.raises(InputError):
        fen_from_text(text)


def test_fen_from_text__fifteen_characters__the_largest() -> None:
    assert fen_from_text("999999999999.99") == MAX_AMOUNT_FEN
    with pytest.raises(InputError) as refusal:
        fen_from_text("1000000000000.00")
    assert refusal.value.code == "amount-out-of-range"


@pytest.mark.parametrize("text", ["22.0", "0.0", "0.00"])
def test_c028_amount__short_decimals__written_with_two(text: str) -> None:
    assert text_from_fen(fen_from_text(text)) in ("22.00", "0.00")


def test_c029_decimal__digits_kept() -> None:
    assert f"{decimal_from_text('1.09600000'):f}" == "1.09600000"
    assert f"{decimal_from_text('0.00000001'):f}" == "0.00000001"


def test_c030_rounding__half_of_a_fen__away_from_zero() -> None:
    assert text_from_fen(fen_from_decimal(Decimal("-1710.50") * Decimal("0.19"))) == "-325.00"
    assert fen_from_decimal(Decimal("0.005")) == 1
    assert fen_from_decimal(Decimal("-0.005")) == -1
    assert fen_from_decimal(Decimal("0.004999")) == 0


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_fen_from_decimal__not_finite__refused(value: Decimal) -> None:
    with pytest.raises(InputError):
        fen_from_decimal(value)


def test_c023_quantity__fraction_kept() -> None:
    assert decimal_from_text("0.3") * decimal_from_text("2,000.00") == 600
    assert decimal_from_text("1.5") == Decimal("1.5")


@pytest.mark.parametrize("text", ["1e2", "0.123456789", "１", "", "1/2"])
def test_decimal_from_text__other_forms__refused(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        decimal_from_text(text)
    assert refusal.value.code == "quantity-malformed"


def test_quantities__edge_values__all_read() -> None:
    assert [str(decimal_from_text(text)) for text in edge_values()["quantities"]] == edge_values()["quantities"]


WORDS = [
    ("12000.01", "壹万贰仟元零壹分"),
    ("0.50", "伍角整"),
    ("100000.00", "壹拾万元整"),
    ("-993.54", "负玖佰玖拾叁元伍角肆分"),
    ("0.00", "零元整"),
    ("1.00", "壹元整"),
    ("1.05", "壹元零伍分"),
    ("188.21", "壹佰捌拾捌元贰角壹分"),
    ("10000500.00", "壹仟万零伍佰元整"),
    ("100000000.00", "壹亿元整"),
    ("200010000.00", "贰亿零壹万元整"),
    ("1409.50", "壹仟肆佰零玖元伍角整"),
]


@pytest.mark.parametrize(("amount", "words"), WORDS)
def test_c020_c021_capital_words__published_forms(amount: str, words: str) -> None:
    assert capital_words(fen_from_text(amount)) == words


@pytest.mark.parametrize(
    ("words", "fen"),
    [
        ("壹万贰仟圆零壹分", 1200001),
        ("伍角正", 50),
        ("壹佰元", 10000),
        ("壹万贰仟零零零圆零角壹分", 1200001),
        ("拾元整", 1000),
    ],
)
def test_c020_capital_words__other_writings__read(words: str, fen: int) -> None:
    assert fen_from_capital_words(words) == fen


@pytest.mark.parametrize(
    "words", ["", "元", "壹拾佰元整", "一百元整", "壹分壹角", "壹万万元整", "壹壹元整", "整", "负"]
)
def test_capital_words__no_amount__refused(words: str) -> None:
    with pytest.raises(InputError) as refusal:
        fen_from_capital_words(words)
    assert refusal.value.code == "amount-malformed"


@given(st.integers(-MAX_AMOUNT_FEN, MAX_AMOUNT_FEN))
def test_text_and_words__round_trip(fen: int) -> None:
    assert fen_from_text(text_from_fen(fen)) == fen
    assert fen_from_capital_words(capital_words(fen)) == fen


@given(st.integers(0, 10**6), st.integers(0, 11))
def test_words__round_numbers__round_trip(value: int, zeros: int) -> None:
    fen = value * 10**zeros
    if fen <= MAX_AMOUNT_FEN:
        assert fen_from_capital_words(capital_words(fen)) == fen
