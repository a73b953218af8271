"""Reads tables that people keep in spreadsheets, CSV or XLSX, as text, and says in which cell what is wrong.

Codes are text. A spreadsheet that took one for a number has lost its leading zeros and every digit beyond the fifteenth
(``3.20999E+19``), and nobody can tell any more which code it was; so such a cell is refused, never repaired.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from piaolian_sdk.errors import InputError

MAX_TABLE_BYTES: Final = 16 << 20
MAX_UNPACKED_BYTES: Final = 256 << 20
MAX_ROWS: Final = 20_000

# What a column holds: a code or free text; an amount; a day.
ColumnKind = Literal["text", "amount", "day"]

_SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+\Z")
# A cell that a spreadsheet would run (CSV injection), and that nobody needs in a table of codes and amounts.
_FORMULA: Final = ("=", "@")
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table must have.

    Attributes:
        heading: In the first row, exactly.
        kind: What it holds.
        required: Whether every row needs a value.
    """

    heading: str
    kind: ColumnKind = "text"
    required: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: As the spreadsheet counts, the heading being 1.
        values: Text by heading.
    """

    number: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell.

    Attributes:
        row: As the spreadsheet counts.
        field: Heading of the column.
        message: English.
        message_zh: Chinese.
        remedy: What to do, Chinese.
    """

    row: int
    field: str
    message: str
    message_zh: str
    remedy: str

    def line_zh(self) -> str:
        """Return the fault as one line for people."""
        return f"第 {self.row} 行“{self.field}”：{self.message_zh}；{self.remedy}"


def read_table(data: bytes, columns: Sequence[Column]) -> tuple[list[Row], list[Fault]]:
    """Read a table; rows with a fault are not among the rows.

    Args:
        data: CSV (UTF-8 or GB 18030) or XLSX, at most `MAX_TABLE_BYTES`; the first sheet counts.
        columns: What it must hold; further columns are left alone.

    Returns:
        Rows in their order, and the faults of all others.

    Raises:
        InputError: "table-too-large", or "table-malformed" when it is neither, or lacks a column.
    """
    if len(data) > MAX_TABLE_BYTES:
        raise _too_large(f"the file has more than {MAX_TABLE_BYTES} bytes", "文件过大")
    cells = _xlsx_rows(data) if data.startswith(_ZIP) else _csv_rows(data)
    heading = [str(cell or "").strip() for cell in next(cells, [])]
    for column in columns:
        if heading.count(column.heading) != 1:
            raise _malformed(
                f"the first row must name the column {column.heading} once", f"首行应恰有一列“{column.heading}”"
            )
    places = [(column, heading.index(column.heading)) for column in columns]
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, values in enumerate(cells, 2):
        if number > MAX_ROWS + 1:
            raise _too_large(f"the table has more than {MAX_ROWS} rows", f"表格超过 {MAX_ROWS} 行")
        if all(value is None or str(value).strip() == "" for value in values):
            continue
        found = [_cell(number, column, values[at] if at < len(values) else None) for column, at in places]
        wrong = [one for one in found if isinstance(one, Fault)]
        faults += wrong
        if not wrong:
            texts = [str(one) for one in found]
            rows.append(Row(number, dict(zip((column.heading for column in columns), texts, strict=True))))
    return rows, faults


def _cell(row: int, column: Column, value: Any) -> str | Fault:  # noqa: ANN401 # Whatever a spreadsheet holds.
    """Return the text of a cell, or what is wrong with it."""

    def fault(message: str, message_zh: str, remedy: str) -> Fault:
        return Fault(row, column.heading, message, message_zh, remedy)

    if isinstance(value, datetime | date) and column.kind == "day":
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool) and column.kind == "amount":
        # The shortest text that is this number: what a person sees in the cell.
        value = format(Decimal(repr(value)), "f")
    if value is not None and not isinstance(value, str):
        return fault(
            f"a {type(value).__name__} is no text",
            "单元格为数值或其他类型, 前导零与第 15 位以后的数字可能已丢失",
            "将该列设为“文本”格式后从来源重新粘贴",
        )
    text = (value or "").strip()
    if not text:
        return fault("empty", "不能为空", "补齐该单元格") if column.required else ""
    if _SCIENTIFIC.match(text):
        return fault(
            "scientific notation: the digits are lost",
            "科学计数法, 原有数字已丢失",
            "将该列设为“文本”格式后从来源重新粘贴, 不要在表格中改回数字",
        )
    if text.startswith(_FORMULA):
        return fault("a formula", "单元格为公式", "粘贴为数值或文本")
    # A leading apostrophe is how people make a spreadsheet keep text.
    return text.removeprefix("'")


def _csv_rows(data: bytes) -> Iterator[Sequence[Any]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as exc:
            raise _malformed("the file is neither UTF-8 nor GB 18030", "文件编码既非 UTF-8 也非 GB 18030") from exc
    if "\0" in text:
        raise _malformed("the file is no text", "文件不是文本")
    try:
        yield from csv.reader(io.StringIO(text), strict=True)
    except csv.Error as exc:
        raise _malformed("the file is no CSV", "文件不是合格的 CSV") from exc


def _xlsx_rows(data: bytes) -> Iterator[Sequence[Any]]:
    # 1. The package is judged before anything of it is parsed: size, document types, macros.
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_package(package)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as exc:
        raise _malformed("the file is no XLSX package", "文件不是合格的 XLSX") from exc
    # 2. Formulas are read as formulas, so that they can be refused.
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        yield from book.worksheets[0].iter_rows(values_only=True)
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, SyntaxError, zipfile.BadZipFile) as exc:
        raise _malformed("the XLSX file cannot be read", "XLSX 文件无法读取") from exc


def _check_package(package: zipfile.ZipFile) -> None:
    infos = package.infolist()
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise _too_large("the XLSX package unpacks to too much", "XLSX 解压后过大")
    for info in infos:
        if info.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in package.read(info)[:4096]:
            raise _malformed("the XLSX package holds a document type", "XLSX 中含有 DOCTYPE 声明")


def fault_error(faults: Iterable[Fault]) -> InputError:
    """Return the error for a table with faults: it names the first, and how many there are."""
    listed = list(faults)
    first = listed[0]
    return InputError(
        "table-cell-refused",
        f"row {first.row}, {first.field}: {first.message} ({len(listed)} cells in all)",
        f"{first.line_zh()}（共 {len(listed)} 处）",
        field=f"{first.field} {first.row}",
        remedy=first.remedy,
    )


def _malformed(message: str, message_zh: str) -> InputError:
    return InputError("table-malformed", message, message_zh, remedy="save the table anew as CSV (UTF-8) or XLSX")


def _too_large(message: str, message_zh: str) -> InputError:
    return InputError("table-too-large", message, message_zh, remedy="split the table")
