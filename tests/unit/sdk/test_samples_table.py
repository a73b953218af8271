"""The table that ``make samples`` prints is the reviewed one, line by line, each with its reason."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from support.documents import SAMPLES, edge_values
from support.samples_table import table

DATA = Path(__file__).parents[2] / "data"
REVIEWED = (DATA / "samples_table.txt").read_text(encoding="utf-8").splitlines()
PRINTED = list(table())


@pytest.mark.parametrize("position", range(len(REVIEWED)), ids=lambda position: f"line-{position + 1}")
def test_samples__line__has_the_reviewed_outcome_and_a_reason(position: int) -> None:
    *expected, reason = REVIEWED[position].split("\t")

    assert PRINTED[position : position + 1] == ["\t".join(expected)]
    assert re.search("〔2017〕32号|GB|XML|办法|规定|以码控收|缴款码|printed copy|fit the copy", reason)


def test_samples__whole_table__has_no_line_beside_the_reviewed() -> None:
    assert len(PRINTED) == len(REVIEWED)


def test_samples__every_file_and_value__stands_in_the_table() -> None:
    places = [line.split("\t")[1] for line in REVIEWED]

    assert {path.stem for path in (DATA / "einvoice").iterdir()} == set(SAMPLES)
    assert set(SAMPLES) <= set(places)
    assert {path.stem for path in (DATA / "text").iterdir()} <= {line.split("\t")[0] for line in REVIEWED}
    for group, values in edge_values().items():
        assert places.count(group) == len(values)


# What the published texts say of each group, written again without the product: who changes the table must change both.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def is_credit_code(text: str) -> bool:
    """GB 32100-2015."""
    if not re.fullmatch(f"[{_ALPHABET}]{{18}}", text):
        return False
    total = sum(_ALPHABET.index(character) * 3**place for place, character in enumerate(text[:17]))
    return _ALPHABET[-total % 31] == text[17]


def is_citizen_id(text: str) -> bool:
    """GB 11643-1999; a lower-case x is read as an upper-case one."""
    digits = [10 if character in "Xx" else int(character) for character in text]
    return sum(digit << 17 - place for place, digit in enumerate(digits)) % 11 == 1


def is_day(text: str) -> bool:
    """Eight digits, yyyyMMdd, of the calendar."""
    try:
        return bool(re.fullmatch("[0-9]{8}", text)) and datetime.strptime(text, "%Y%m%d") is not None  # noqa: DTZ007 # A date.
    except ValueError:
        return False


def is_amount(text: str) -> bool:
    """Decimal with two places, 15 characters with them; separators stand at thousands or nowhere."""
    plain = re.fullmatch(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,2})?", text)
    return plain is not None and len(text.lstrip("-").replace(",", "").partition(".")[0]) <= 12


ORACLES: dict[str, Callable[[str], bool]] = {
    "credit_codes_valid": is_credit_code,
    "credit_codes_invalid": is_credit_code,
    "ids": is_citizen_id,
    "receipt_numbers": lambda text: bool(re.fullmatch("[0-9]{10}", text)),
    "receipt_codes": lambda text: bool(re.fullmatch("[0-9]{8}", text)),
    "check_codes": lambda text: bool(re.fullmatch("[0-9A-Za-z]{6}", text)),
    "pay_codes": lambda text: bool(re.fullmatch("[0-9]{20}", text)),
    "amounts": is_amount,
    "quantities": lambda text: bool(re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", text)),
    "dates": is_day,
    "payer_names": lambda text: 0 < len(text) <= 200,
    "payer_names in gbk": lambda text: not re.search("[䶮𠮷𬱖•・\ue863]", text),
    "payer_names in gb18030": lambda _text: True,
    "remarks": lambda text: len(text) <= 2000 and not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text),
}


@pytest.mark.parametrize("group", sorted(ORACLES))
def test_samples__edge_values__are_accepted_and_refused_as_the_texts_say(group: str) -> None:
    values = edge_values()[group.split(" in ", maxsplit=1)[0]]
    outcomes = [line.split("\t")[3] for line in REVIEWED if line.split("\t")[1] == group]

    assert [outcome.startswith("accepted") for outcome in outcomes] == [ORACLES[group](value) for value in values]


def test_samples__oracles__speak_of_every_group() -> None:
    assert {group.split(" in ", maxsplit=1)[0] for group in ORACLES} == set(edge_values())
