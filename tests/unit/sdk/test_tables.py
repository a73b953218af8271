"""Tables of people: codes stay text, and every refusal names row, column and remedy."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from piaolian_sdk.cli import main
from piaolian_sdk.client.notice_files import AMOUNT, DUE, ITEM, NUMBER, read_notices
from piaolian_sdk.errors import InputError
from piaolian_sdk.reconciliation import read_treasury_entries
from piaolian_sdk.tables import MAX_TABLE_BYTES, Column, read_table

HEADING = [NUMBER, ITEM, AMOUNT, DUE]
ROW = ["DJ-00001", "103043211", "80.00", "2026-06-30"]
CODE = "32099926300000000001"


def as_csv(*rows: Sequence[Any], charset: str = "utf-8-sig") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(charset)


def as_xlsx(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


WRITERS = {"csv": as_csv, "xlsx": as_xlsx}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_notices__of_one_and_of_several_lines__are_read(write: Any) -> None:
    table = read_notices(write(HEADING, ROW, ["DJ-00002", *ROW[1:]], ["DJ-00002", "103043212", "10.00", ROW[3]]))

    assert table.faults == ()
    assert [draft.business_number for draft in table.drafts] == ["DJ-00001", "DJ-00002"]
    assert table.drafts[1].lines == (("103043211", "80.00"), ("103043212", "10.00"))
    assert table.by_due_day().keys() == {date(2026, 6, 30)}


def test_notices__in_gb18030_with_blank_rows_and_more_columns__are_read() -> None:
    data = as_csv([*HEADING, "备注"], [*ROW, "测试"], [], ["", "", "", "", ""], charset="gb18030")

    assert len(read_notices(data).drafts) == 1


@pytest.mark.parametrize(
    ("place", "value"),
    [(1, "1.03043E+08"), (1, "3.20999e19"), (0, "2E5"), (2, "8E1")],
    ids=["item", "code", "number", "amount"],
)
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_notices__scientific_notation__is_refused_with_row_field_and_remedy(write: Any, place: int, value: str) -> None:
    row = [*ROW[:place], value, *ROW[place + 1 :]]

    table = read_notices(write(HEADING, ROW, row))

    (fault,) = table.faults
    assert (fault.row, fault.field) == (3, HEADING[place])
    assert "科学计数法" in fault.message_zh
    assert "文本" in fault.remedy
    assert table.drafts == (), "nobody can say to which notice the row belongs"


def test_notices__code_as_a_number_of_the_spreadsheet__is_refused() -> None:
    table = read_notices(as_xlsx(HEADING, [ROW[0], 103043211, "80.00", ROW[3]]))

    (fault,) = table.faults
    assert (fault.row, fault.field) == (2, ITEM)
    assert "前导零" in fault.message_zh


def test_notices__amount_and_day_as_the_spreadsheet_keeps_them__are_read() -> None:
    moment = datetime(2026, 6, 30)  # noqa: DTZ001 # A spreadsheet knows no zone.
    rows = [[ROW[0], ROW[1], 80.1, moment], ["DJ-2", ROW[1], 0.07, date(2026, 6, 30)]]

    table = read_notices(as_xlsx(HEADING, *rows))

    assert [draft.lines[0][1] for draft in table.drafts] == ["80.1", "0.07"]
    assert table.drafts[0].due_day == date(2026, 6, 30)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ([ROW[0], ROW[1], "80.001", ROW[3]], AMOUNT),
        ([ROW[0], ROW[1], "0.00", ROW[3]], AMOUNT),
        ([ROW[0], ROW[1], "-1.00", ROW[3]], AMOUNT),
        ([ROW[0], ROW[1], "", ROW[3]], AMOUNT),
        ([ROW[0], "12", ROW[2], ROW[3]], ITEM),
        ([ROW[0], ROW[1], ROW[2], "30.6.2026"], DUE),
        ([ROW[0], "=1+1", ROW[2], ROW[3]], ITEM),
        (["", *ROW[1:]], NUMBER),
    ],
)
def test_notices__wrong_cell__is_named_and_the_others_stand_apart(row: list[str], field: str) -> None:
    table = read_notices(as_csv(HEADING, ["DJ-9", *ROW[1:]], row))

    assert [(fault.row, fault.field) for fault in table.faults] == [(3, field)]


def test_notices__one_number_with_two_due_days__is_refused() -> None:
    table = read_notices(as_csv(HEADING, ROW, [*ROW[:3], "2026-07-01"], ["DJ-2", *ROW[1:]]))

    assert [(fault.row, fault.field) for fault in table.faults] == [(3, DUE)]
    assert [draft.business_number for draft in table.drafts] == ["DJ-2"]


def test_notices__forty_one_lines__are_refused() -> None:
    assert read_notices(as_csv(HEADING, *[ROW] * 40)).faults == ()
    assert [fault.row for fault in read_notices(as_csv(HEADING, *[ROW] * 41)).faults] == [42]


def test_xlsx__formula__is_refused() -> None:
    table = read_notices(as_xlsx(HEADING, [ROW[0], ROW[1], "=40+40", ROW[3]]))

    assert [(fault.row, fault.field, fault.message_zh) for fault in table.faults] == [(2, AMOUNT, "单元格为公式")]


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == name else old.read(info))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 no package", "table-malformed"),
        (b"\x00\x01\x02", "table-malformed"),
        (b"\xff\xff\xff", "table-malformed"),
        (b"", "table-malformed"),
        (as_csv([NUMBER, ITEM, AMOUNT]), "table-malformed"),
        (as_csv([*HEADING, NUMBER]), "table-malformed"),
        (b'"' + NUMBER.encode() + b"\n", "table-malformed"),
        (b"x" * (MAX_TABLE_BYTES + 1), "table-too-large"),
        (with_member(as_xlsx(HEADING), "xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "table-malformed"),
        (with_member(as_xlsx(HEADING), "xl/workbook.xml", b"<a"), "table-malformed"),
        (with_member(as_xlsx(HEADING), "xl/worksheets/sheet1.xml", b" " * (300 << 20)), "table-too-large"),
    ],
    ids=[
        "no zip",
        "binary",
        "no charset",
        "empty",
        "column missing",
        "column twice",
        "quote",
        "size",
        "entity",
        "xml",
        "bomb",
    ],
)
def test_table__that_is_none__is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_notices(data)

    assert caught.value.code == code


def test_table__of_too_many_rows__is_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_table(as_csv(["a"], *[["1"]] * 20_001), [Column("a")])

    assert caught.value.code == "table-too-large"


def test_treasury__entries__are_read_and_codes_stay_text() -> None:
    heading = ["凭证号", "缴款识别码", "金额", "日期", "银行流水"]

    (entry,) = read_treasury_entries(as_csv(heading, ["V1", f"'{CODE}", "80.00", "2026-05-12", ""]))
    with pytest.raises(InputError) as caught:
        read_treasury_entries(as_csv(heading, ["V1", "3.20999E+19", "80.00", "2026-05-12", ""]))

    assert (entry.code, entry.amount_fen) == (CODE, 8000)
    assert (caught.value.code, caught.value.field) == ("table-cell-refused", "缴款识别码 2")


def test_command__notices_check__says_each_cell(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.xlsx"
    good.write_bytes(as_csv(HEADING, ROW))
    bad.write_bytes(as_xlsx(HEADING, [ROW[0], "1.03E+08", *ROW[2:]]))

    assert main(["notices", "check", str(good)]) == 0
    assert "1 份通知书，合计 80.00 元" in capsys.readouterr().out
    assert main(["notices", "check", str(bad)]) == 1
    assert "第 2 行“项目编码”" in capsys.readouterr().out
