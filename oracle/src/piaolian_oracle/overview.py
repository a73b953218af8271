"""What a state file says, for people: sources, statements, reports, payments, exceptions."""

from dataclasses import dataclass

from piaolian_oracle.reports import EXPLANATIONS
from piaolian_oracle.state import Database
from piaolian_oracle.state.confirmations import open_confirmations
from piaolian_sdk.money import text_from_fen

# The statement of a day comes in the course of the next.
CONFIRMED_WITHIN_SECONDS = 36 * 3600

OUTCOMES_ZH = {
    "awaiting": "待表决或待结算",
    "unknown": "缴款码尚未登记, 将再试",
    "paid": "已缴",
    "underpaid": "少缴, 转暂收",
    "overpaid": "多缴, 差额转暂收",
    "cancelled": "通知书已撤销, 转暂收",
    "already-paid": "重复缴款, 转暂收",
    "past-due": "逾期缴款, 转暂收",
    "repeated": "此前已计入, 不重复",
}


@dataclass(frozen=True, slots=True)
class Overview:
    """Lines of text, by section title."""

    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def lines(self) -> list[str]:
        """Return the whole as lines."""
        lines = []
        for title, rows in self.sections:
            lines.append(f"{title}:")
            lines.extend(f"  {row}" for row in rows or ("无",))
        return lines


def read_overview(database: Database, limit: int, now_unix: int) -> Overview:
    """Read the overview; accounts appear as the first digits of their digest.

    Args:
        database: State file.
        limit: Most rows of each list, newest first.
        now_unix: Seconds since epoch; confirmations are expected in a statement within a day and a half.
    """
    return Overview(
        (
            ("停用的来源", _refusals(database)),
            ("拒收的文件", _files(database, limit)),
            ("对账单", _statements(database, limit)),
            ("报告", _reports(database, limit)),
            ("缴款结果", _outcomes(database)),
            ("未上链的款项", _exceptions(database, limit)),
            ("实时确认与对账单不符或尚未见于对账单", _confirmations(database, now_unix)),
            ("未决交易", _transactions(database)),
        )
    )


def _refusals(database: Database) -> tuple[str, ...]:
    rows = database.connection.execute("SELECT hex(account), message, code, reason FROM refusals ORDER BY since_unix")
    return tuple(f"{row[0][:16].lower()} {row[1]} {row[2]}: {row[3]}" for row in rows)


def _files(database: Database, limit: int) -> tuple[str, ...]:
    rows = database.connection.execute(
        "SELECT name, code, reason FROM files WHERE code != 'read' ORDER BY modified_ns DESC LIMIT ?", (limit,)
    )
    return tuple(f"{row[0]} {row[1]}: {row[2]}" for row in rows)


def _statements(database: Database, limit: int) -> tuple[str, ...]:
    rows = database.connection.execute(
        "SELECT s.key, s.page, hex(s.account), count(p.code) FROM statements s"
        " LEFT JOIN parts ON parts.statement = s.id LEFT JOIN payments p ON p.part = parts.id"
        " GROUP BY s.id ORDER BY s.id DESC LIMIT ?",
        (limit,),
    )
    return tuple(f"{row[0]} 第 {row[1]} 页, 账户 {row[2][:16].lower()}, 缴款 {row[3]} 笔" for row in rows)


def _reports(database: Database, limit: int) -> tuple[str, ...]:
    rows = database.connection.execute(
        "SELECT hex(report_id), voted_digest IS NOT NULL, approved_unix IS NOT NULL, settled_digest IS NOT NULL,"
        " is_done"
        " FROM parts ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return tuple(f"{row[0][:16].lower()} {_progress(*row[1:])}" for row in rows)


def _progress(voted: int, approved: int, settled: int, done: int) -> str:
    if done:
        return "已结清"
    if settled:
        return "已结算, 尚有未登记的缴款码"
    if approved:
        return "已获通过, 待结算"
    return "已表决, 待其他来源" if voted else "待表决"


def _outcomes(database: Database) -> tuple[str, ...]:
    rows = database.connection.execute(
        "SELECT outcome, count(*), sum(amount_fen) FROM payments GROUP BY outcome ORDER BY outcome"
    )
    return tuple(f"{OUTCOMES_ZH[row[0]]}: {row[1]} 笔, {text_from_fen(row[2])} 元" for row in rows)


def _exceptions(database: Database, limit: int) -> tuple[str, ...]:
    rows = database.connection.execute(
        "SELECT s.key, e.entry, e.detail, e.code, e.amount_fen, e.reason FROM exceptional_lines e"
        " JOIN statements s ON s.id = e.statement ORDER BY s.id DESC, e.entry, e.detail LIMIT ?",
        (limit,),
    )
    return tuple(
        f"{row[0]} 第 {row[1]}-{row[2]} 笔 {row[3] or '无缴款码'} {text_from_fen(row[4])} 元: {EXPLANATIONS[row[5]]}"
        for row in rows
    )


def _confirmations(database: Database, now_unix: int) -> tuple[str, ...]:
    found = open_confirmations(database.connection, now_unix - CONFIRMED_WITHIN_SECONDS)
    words = {"differs": "与对账单不符, 请银行核实", "awaiting": "次日对账单中没有, 请银行核实"}
    return tuple(f"{row.code} {text_from_fen(row.amount_fen)} 元: {words[row.verdict]}" for row in found)


def _transactions(database: Database) -> tuple[str, ...]:
    rows = database.connection.execute(
        "SELECT kind, nonce, hex(hash) FROM transactions WHERE state = 'pending' ORDER BY nonce"
    )
    return tuple(f"{row[0]} nonce {row[1]} 0x{row[2].lower()}" for row in rows)
