"""The five elements of a verification as a person types or scans them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from piaolian_sdk.beijing import date_from_text
from piaolian_sdk.codes import CheckCode, ReceiptCode, ReceiptNumber
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_text, text_from_fen

# The printed QR carries one-letter names, the form whole words; both lead to the same page.
SHORT_NAMES = {"c": "code", "n": "number", "k": "check_code", "a": "amount", "d": "date"}
FIELDS = ("code", "number", "check_code", "amount", "date")
_MAX_CHARACTERS = 32
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Elements:
    """What is verified: code, number and check code, and where given amount and date.

    Attributes:
        code: 8 digits.
        number: 10 digits.
        check_code: 6 letters or digits, as printed.
        amount: Text with two decimals, or None when the province asks for three elements only.
        issue_date: The day of issue, or None.
    """

    code: str
    number: str
    check_code: str
    amount: str | None
    issue_date: date | None


def given_elements(query: Mapping[str, str]) -> dict[str, str]:
    """Return what a query says under either set of names, trimmed and bounded, for showing it again."""
    given = {SHORT_NAMES.get(name, name): value for name, value in query.items()}
    return {name: given.get(name, "").strip()[:_MAX_CHARACTERS] for name in FIELDS}


def read_elements(given: Mapping[str, str]) -> tuple[Elements | None, dict[str, str]]:
    """Read the elements, or say in Chinese what is wrong with each field."""
    problems: dict[str, str] = {}

    def read(name: str, reader: Callable[[str], _Value]) -> _Value | None:
        try:
            return reader(given[name])
        except InputError as exc:
            problems[name] = exc.message_zh
            return None

    code = read("code", ReceiptCode.from_string)
    number = read("number", ReceiptNumber.from_string)
    check_code = read("check_code", CheckCode.from_string)
    fen = read("amount", fen_from_text) if given["amount"] else None
    issued = read("date", date_from_text) if given["date"] else None
    if code is None or number is None or check_code is None or problems:
        return None, problems
    return Elements(code, number, check_code, None if fen is None else text_from_fen(fen), issued), {}
