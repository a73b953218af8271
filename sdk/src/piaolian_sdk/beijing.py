"""Dates of the receipts: Beijing calendar days, whatever the machine's time zone.

A receipt's date is a date and not an instant: it is never shifted (China has had no daylight saving time since 1992,
and UTC+8 stands in every published message).

>>> day_number(date(1970, 1, 2))
1
>>> month_index(date(2026, 11, 3)) - month_index(date(2026, 10, 31))
1
"""

import re
from datetime import date, datetime, time, timedelta, timezone

from piaolian_sdk.errors import InputError

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})")
_LEAP_SECOND = 60


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to a Beijing calendar day.

    Args:
        day: A date; an aware ``datetime`` counts as the day that it is in Beijing.

    Raises:
        InputError: A ``datetime`` has no time zone, so that its day in Beijing is unknown.
    """
    return beijing_day(day).toordinal() - _EPOCH_ORDINAL


def date_from_day_number(number: int) -> date:
    """Return the Beijing calendar day of a day number.

    Raises:
        InputError: The number is negative or beyond the year 9999.
    """
    if not 0 <= number <= date.max.toordinal() - _EPOCH_ORDINAL:
        raise InputError(
            "value-out-of-range",
            "the day number lies outside the calendar",
            "日序号超出日历范围",
            field="day",
            rule="days since 1970-01-01",
            remedy="count Beijing calendar days from 1970-01-01",
        )
    return date.fromordinal(number + _EPOCH_ORDINAL)


def month_index(day: date) -> int:
    """Return ``year * 12 + month - 1`` of a Beijing calendar day."""
    day = beijing_day(day)
    return day.year * 12 + day.month - 1


def beijing_day(moment: date) -> date:
    """Return the Beijing calendar day of an instant, or the date itself.

    Raises:
        InputError: A ``datetime`` has no time zone.
    """
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise InputError(
                "time-malformed",
                "a moment needs a time zone before its day in Beijing is known",
                "时间缺少时区，无法确定北京日期",
                field="moment",
                rule="aware datetime",
                remedy="attach the zone, for example piaolian_sdk.beijing.BEIJING",
            )
        return moment.astimezone(BEIJING).date()
    return moment


def date_from_text(text: str, field: str = "date") -> date:
    """Read ``yyyyMMdd``, the form of dates in a receipt.

    Raises:
        InputError: The form differs, or the calendar has no such day.
    """
    match = _DATE.fullmatch(text)
    try:
        if match is not None and text.isascii():
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as exc:
        raise _date_error(field, "the calendar has no such day", "日历中没有这一天") from exc
    raise _date_error(field, "a date is eight digits yyyyMMdd", "日期应为八位数字 yyyyMMdd")


def text_from_date(day: date) -> str:
    """Write ``yyyyMMdd``."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def time_from_text(text: str, field: str = "time") -> time:
    """Read ``HH:mm:ss``. A leap second ``:60`` is read as ``:59``, since Python has no sixtieth second.

    Raises:
        InputError: The form differs, or the day has no such time.
    """
    match = _TIME.fullmatch(text)
    try:
        if match is not None and text.isascii():
            second = int(match[3])
            return time(int(match[1]), int(match[2]), second - 1 if second == _LEAP_SECOND else second)
    except ValueError as exc:
        raise _time_error(field) from exc
    raise _time_error(field)


def text_from_time(moment: time) -> str:
    """Write ``HH:mm:ss``."""
    return f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"


def compact_from_moment(moment: datetime) -> str:
    """Write an aware instant as ``yyyyMMddHHmmss`` in Beijing time, the form of ``SignatureTime``."""
    beijing_day(moment)
    return moment.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def moment_from_compact(text: str, field: str = "SignatureTime") -> datetime:
    """Read ``yyyyMMddHHmmss`` as Beijing time. The published type says UTC; production writes local time (by rule).

    Raises:
        InputError: The form differs, or there is no such time.
    """
    if len(text) != 14 or not text.isascii() or not text.isdigit():
        raise _time_error(field, "fourteen digits yyyyMMddHHmmss")
    day = date_from_text(text[:8], field)
    clock = time_from_text(f"{text[8:10]}:{text[10:12]}:{text[12:]}", field)
    return datetime.combine(day, clock, BEIJING)


def moment_from_iso(text: str, field: str = "time") -> datetime:
    """Read a moment that a person writes, ISO 8601; without a zone it is Beijing time, whatever the machine's zone.

    Raises:
        InputError: It is no such moment.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InputError(
            "time-malformed",
            f"{field} is no ISO 8601 time such as 2026-03-02T10:15:00",
            f"{field} 不是 ISO 8601 时刻，应写作 2026-03-02T10:15:00",
            field=field,
            rule="ISO 8601",
            remedy="write year, month, day, T, hours, minutes, seconds in Beijing time",
        ) from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


def _date_error(field: str, message: str, message_zh: str) -> InputError:
    return InputError(
        "date-malformed",
        f"{field}: {message}",
        f"{field}：{message_zh}",
        field=field,
        rule="yyyyMMdd",
        remedy="write the Beijing date as eight digits",
    )


def _time_error(field: str, rule: str = "HH:mm:ss") -> InputError:
    return InputError(
        "time-malformed",
        f"{field}: a time is written {rule}",
        f"{field}：时间格式应为 {rule}",
        field=field,
        rule=rule,
        remedy="write the Beijing time in the form of the specification",
    )
