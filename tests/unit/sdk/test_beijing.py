"""Dates are Beijing calendar days and are never shifted."""

import time as clock
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.beijing import (
    BEIJING,
    beijing_day,
    compact_from_moment,
    date_from_day_number,
    date_from_text,
    day_number,
    moment_from_compact,
    moment_from_iso,
    month_index,
    text_from_date,
    text_from_time,
    time_from_text,
)
from piaolian_sdk.errors import InputError
from support.documents import edge_values

DATES = {"20230430": date(2023, 4, 30), "20240229": date(2024, 2, 29)}


@pytest.mark.parametrize("text", edge_values()["dates"])
def test_date_from_text__edge_values__read_or_refused(text: str) -> None:
    if text in DATES:
        assert date_from_text(text) == DATES[text]
        return
    with pytest.raises(InputError) as refusal:
        date_from_text(text, "IssueDate")
    assert (refusal.value.code, refusal.value.field) == ("date-malformed", "IssueDate")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"])
def test_c068_day__whatever_the_machines_zone__not_shifted(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    clock.tzset()
    try:
        midnight = datetime(2023, 5, 12, 0, 0, tzinfo=BEIJING)
        assert beijing_day(midnight) == date(2023, 5, 12)
        assert date_from_day_number(day_number(date_from_text("20230512"))) == date(2023, 5, 12)
    finally:
        monkeypatch.undo()
        clock.tzset()


def test_c069_day__half_past_midnight_in_beijing__the_new_month() -> None:
    instant = datetime(2023, 1, 31, 16, 30, tzinfo=UTC)
    assert beijing_day(instant) == date(2023, 2, 1)
    assert month_index(instant) == 2023 * 12 + 1


def test_c067_signature_time__no_zone__beijing_by_rule() -> None:
    moment = moment_from_compact("20230512090305")
    assert moment.utcoffset() == timedelta(hours=8)
    assert compact_from_moment(moment) == "20230512090305"
    assert compact_from_moment(moment.astimezone(UTC)) == "20230512090305"


def test_c070_time__leap_second__read_as_the_second_before() -> None:
    assert time_from_text("23:59:60") == time(23, 59, 59)
    assert moment_from_compact("20161231235960").second == 59


@pytest.mark.parametrize("text", ["24:00:00", "23:60:00", "9:00:00", "09:00", "23:59:61", "０９:００:００"])
def test_time_from_text__other_forms__refused(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        time_from_text(text)
    assert refusal.value.code == "time-malformed"


@pytest.mark.parametrize("text", ["2023051209030", "20230512090305Z", "20230532090305", "20230512250305"])
def test_moment_from_compact__other_forms__refused(text: str) -> None:
    with pytest.raises(InputError):
        moment_from_compact(text)


def test_moment_from_iso__without_zone__is_beijing_time_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = datetime(2026, 3, 2, 2, 15, tzinfo=UTC)
    try:
        for zone in ("America/New_York", "UTC"):
            monkeypatch.setenv("TZ", zone)
            clock.tzset()
            assert moment_from_iso("2026-03-02T10:15:00") == expected
            assert moment_from_iso("2026-03-01T21:15:00-05:00") == expected
    finally:
        monkeypatch.undo()
        clock.tzset()


def test_moment_from_iso__other_forms__refused() -> None:
    with pytest.raises(InputError) as refusal:
        moment_from_iso("tomorrow", "revoked")
    assert (refusal.value.code, refusal.value.field) == ("time-malformed", "revoked")


def test_day__moment_without_zone__refused() -> None:
    with pytest.raises(InputError) as refusal:
        day_number(datetime(2023, 5, 12))  # noqa: DTZ001 # The missing zone is the point.
    assert refusal.value.code == "time-malformed"


@pytest.mark.parametrize("number", [-1, 10**7])
def test_date_from_day_number__outside_the_calendar__refused(number: int) -> None:
    with pytest.raises(InputError):
        date_from_day_number(number)


@given(st.dates(date(1970, 1, 1)))
def test_day_number__round_trip(day: date) -> None:
    assert date_from_day_number(day_number(day)) == day
    assert date_from_text(text_from_date(day)) == day


@given(st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001 # Zone follows.
def test_beijing_day__any_zone__same_instant_same_day(moment: datetime, hours: int) -> None:
    instant = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert beijing_day(instant) == beijing_day(instant.astimezone(UTC))


@given(st.times())
def test_time__round_trip_to_the_second(moment: time) -> None:
    assert time_from_text(text_from_time(moment)) == moment.replace(microsecond=0)
