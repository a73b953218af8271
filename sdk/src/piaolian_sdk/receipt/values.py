"""Forms of the values in a receipt, as types of the model: amounts, numbers, days, times, codes.

Text is read by the rules of ``money``, ``beijing`` and ``codes``; a value that is of its type already is taken as is.
"""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, StringConstraints

from piaolian_sdk.beijing import date_from_text, time_from_text
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import decimal_from_text, fen_from_text

_Value = TypeVar("_Value")
_CENT = Decimal("0.01")


class FormError(ValueError):
    """Carries an ``InputError`` through pydantic, which collects value errors alone."""

    def __init__(self, error: InputError) -> None:
        super().__init__(error.message)
        self.error = error


def digits(count: int) -> StringConstraints:
    """Return the constraint of a code with so many digits."""
    return StringConstraints(pattern=f"^[0-9]{{{count}}}$")


def _reading(read: Callable[[str], _Value], *, empty_is_none: bool) -> Callable[[object], object]:
    """Return a validator that reads text and leaves other values to their type."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            return value
        if empty_is_none and not value:
            return None
        try:
            return read(value)
        except InputError as exc:
            raise FormError(exc) from exc

    return validate


# Texts are remembered, because most amounts of a receipt are 0.00, most quantities 1, and a day's dates are one date.
@lru_cache(maxsize=4096)
def _amount_from_text(text: str) -> Decimal:
    try:
        return Decimal(fen_from_text(text)).scaleb(-2)
    except InputError as exc:
        raise FormError(exc) from exc


@lru_cache(maxsize=4096)
def _number_from_text(text: str) -> Decimal:
    try:
        return decimal_from_text(text)
    except InputError as exc:
        raise FormError(exc) from exc


@lru_cache(maxsize=512)
def _day_from_text(text: str) -> date:
    return date_from_text(text)


def _amount(value: object) -> Decimal:
    if isinstance(value, str):
        return _amount_from_text(value)
    if isinstance(value, Decimal) and value.is_finite():
        fen = value.scaleb(2)
        if fen == fen.to_integral_value():
            return value.quantize(_CENT)
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value).quantize(_CENT)
    raise ValueError("an amount must be text or a decimal with at most two places, never a float")


def _optional_amount(value: object) -> Decimal | None:
    return None if value is None or value == "" else _amount(value)


def _optional_number(value: object) -> Decimal | None:
    if isinstance(value, str):
        return _number_from_text(value) if value else None
    if value is None or (isinstance(value, Decimal) and value.is_finite()):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise ValueError("a number must be text or a decimal, never a float")


# These validators leave nothing for pydantic to check; in JSON a decimal is its text.
_AS_TEXT = PlainSerializer(str, return_type=str, when_used="json-unless-none")
Amount = Annotated[Decimal, PlainValidator(_amount), _AS_TEXT]
OptionalAmount = Annotated[Decimal | None, PlainValidator(_optional_amount), _AS_TEXT]
OptionalNumber = Annotated[Decimal | None, PlainValidator(_optional_number), _AS_TEXT]
Day = Annotated[date, BeforeValidator(_reading(_day_from_text, empty_is_none=False))]
OptionalDay = Annotated[date | None, BeforeValidator(_reading(_day_from_text, empty_is_none=True))]
Clock = Annotated[time, BeforeValidator(_reading(time_from_text, empty_is_none=False))]
OptionalPaymentCode = Annotated[str, StringConstraints(pattern="^(?:[0-9]{20})?$")] | None
OptionalReceiptCode = Annotated[str, StringConstraints(pattern="^(?:[0-9]{8})?$")] | None
OptionalReceiptNumber = Annotated[str, StringConstraints(pattern="^(?:[0-9]{10})?$")] | None
OptionalFlag = Annotated[str, StringConstraints(pattern="^[01]?$")] | None
