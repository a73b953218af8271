"""Payment notices from a table: one row a line, rows of one business number are one notice."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from piaolian_sdk.client.results import NoticeDraft
from piaolian_sdk.codes import ItemCode
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.tables import Column, Fault, Row, read_table

NUMBER, ITEM, AMOUNT, DUE = "业务号", "项目编码", "金额", "限缴日期"
COLUMNS = (Column(NUMBER), Column(ITEM), Column(AMOUNT, "amount"), Column(DUE, "day"))
MAX_LINES = 40


@dataclass(frozen=True, slots=True)
class NoticeTable:
    """What a table holds.

    Attributes:
        drafts: Notices in the order of their first rows. A notice with a fault in any row is not among them.
        faults: What is wrong, by row.
    """

    drafts: tuple[NoticeDraft, ...]
    faults: tuple[Fault, ...]

    def by_due_day(self) -> dict[date, list[NoticeDraft]]:
        """Return the drafts by due day: notices that are registered together have one."""
        groups: dict[date, list[NoticeDraft]] = defaultdict(list)
        for draft in self.drafts:
            groups[draft.due_day].append(draft)
        return dict(sorted(groups.items()))


def read_notices(data: bytes) -> NoticeTable:
    """Read a table of notices, CSV or XLSX, with the columns 业务号, 项目编码, 金额, 限缴日期.

    Whether an item may be charged is judged later, against the catalogue.

    Raises:
        InputError: The file cannot be read as a table, or lacks a column.
    """
    rows, faults = read_table(data, COLUMNS)
    notices: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found = _fault(row, notices[row.values[NUMBER]])
        if found is not None:
            faults.append(found)
        notices[row.values[NUMBER]].append(row)
    wrong_rows = {fault.row for fault in faults}
    drafts = [
        _draft(number, lines) for number, lines in notices.items() if not wrong_rows & {line.number for line in lines}
    ]
    # A row that could not be read belongs to some notice, and nobody can say to which.
    unread = wrong_rows - {line.number for lines in notices.values() for line in lines}
    return NoticeTable(() if unread else tuple(drafts), tuple(sorted(faults, key=lambda fault: fault.row)))


def _fault(row: Row, before: Iterable[Row]) -> Fault | None:
    earlier = list(before)
    try:
        ItemCode(row.values[ITEM])
        fen = fen_from_text(row.values[AMOUNT])
    except InputError as exc:
        field = AMOUNT if exc.code.startswith("amount") else ITEM
        return Fault(row.number, field, exc.message, exc.message_zh, "更正该单元格")
    if fen <= 0:
        return Fault(row.number, AMOUNT, "an amount is above zero", "金额应大于零", "更正该单元格")
    try:
        date.fromisoformat(row.values[DUE])
    except ValueError:
        return Fault(row.number, DUE, "a day is YYYY-MM-DD", "日期应为 YYYY-MM-DD", "更正该单元格")
    if earlier and row.values[DUE] != earlier[0].values[DUE]:
        message_zh = f"与第 {earlier[0].number} 行同一业务号而限缴日期不同"
        return Fault(row.number, DUE, "a notice has one due day", message_zh, "同一通知书只写一个限缴日期")
    if len(earlier) >= MAX_LINES:
        return Fault(row.number, NUMBER, "a notice has at most 40 lines", "一份通知书至多 40 行", "分成几份通知书")
    return None


def _draft(number: str, rows: Iterable[Row]) -> NoticeDraft:
    lines = list(rows)
    due_day = date.fromisoformat(lines[0].values[DUE])
    return NoticeDraft(number, tuple((line.values[ITEM], line.values[AMOUNT]) for line in lines), due_day)
