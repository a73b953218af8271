import json
import logging

import pytest

from piaolian_oracle.logs import JSONFormatter


def line(message: str, exc: BaseException | None = None, **extra: object) -> dict[str, object]:
    info = (type(exc), exc, exc.__traceback__) if exc else None
    record = logging.LogRecord("piaolian_oracle", logging.INFO, __file__, 1, message, (), info)
    vars(record).update(extra)
    formatted = JSONFormatter().format(record)
    assert "\n" not in formatted
    read: dict[str, object] = json.loads(formatted)
    return read


def test_record__with_extra__is_one_json_object() -> None:
    entry = line("statement taken", statement="camt.054#1", payments=3)

    assert entry["event"] == "statement taken"
    assert (entry["statement"], entry["payments"], entry["level"]) == ("camt.054#1", 3, "info")


@pytest.mark.parametrize(
    "number",
    ["6217000010001234567", "11010120991231004X", "0000000000000000001", "110101209912310048", "623091000001"],
)
def test_record__with_an_account_or_identity_number__masks_it(number: str) -> None:
    entry = line(f"file {number}", file=f"stmt_{number}.xml".replace("_", "-"))

    assert number not in json.dumps(entry)


@pytest.mark.parametrize("kept", ["32099926300000000001", "0x" + "12" * 32, "2026-05-12", "camt054-000001.xml"])
def test_record__with_codes_and_hashes__keeps_them(kept: str) -> None:
    assert line("x", value=kept)["value"] == kept


def test_record__with_an_exception__names_class_message_and_place() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 // 0

    entry = line("cycle failed", caught.value)

    assert entry["error"] == f"ZeroDivisionError: {caught.value}"
    assert entry["trace"]
