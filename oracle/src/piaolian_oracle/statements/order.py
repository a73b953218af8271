"""Judges whether a statement is the next one of its source. Pure.

A bank numbers the statements of an account (`ElctrncSeqNb`). A number that is missing means money that nobody has
seen; a number that comes twice with different content means that one of the two is false. Neither is passed over.
"""

from dataclasses import dataclass
from enum import Enum

from piaolian_oracle.errors import SourceError, StatementError
from piaolian_oracle.statements.model import Statement


class Verdict(Enum):
    """What to do with a statement."""

    TAKE = "take"
    REPEAT = "repeat"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class OrderRules:
    """How the bank of this source numbers.

    Attributes:
        first_number: The number with which the source begins.
        restarts_yearly: Whether numbering begins again at 1 with each calendar year.
        requires_number: Whether a statement without a number is refused; without numbers a gap cannot be noticed.
    """

    first_number: int = 1
    restarts_yearly: bool = False
    requires_number: bool = True


@dataclass(frozen=True, slots=True)
class Position:
    """The last statement page taken from a source."""

    year: int
    number: int
    page: int
    is_last_page: bool


def statement_key(statement: Statement, rules: OrderRules) -> str:
    """Return the name under which a statement is known within its account, pages apart.

    Returns:
        For example "camt.054#12", "camt.054#2026/12" when numbering restarts yearly, "camt.054=N0001" without number.
    """
    if statement.number is None:
        return f"{statement.message}={statement.statement_id}"
    year = f"{statement.year}/" if rules.restarts_yearly else ""
    return f"{statement.message}#{year}{statement.number}"


def judge(statement: Statement, last: Position | None, seen_content: str | None, rules: OrderRules) -> Verdict:
    """Say what to do with a statement.

    Args:
        statement: The statement.
        last: Last page taken from this account and message type, None before the first.
        seen_content: Content digest under the same key and page, None when it has not been taken yet.
        rules: How the source numbers.

    Returns:
        TAKE when it is the next, REPEAT when it is known with the same content, WAIT when an earlier one is missing.

    Raises:
        SourceError: "source-content-changed" for a known number with other content: the source is refused.
        StatementError: "statement-number-missing", or "statement-element-invalid" for a number before the first.
    """
    if statement.number is None and rules.requires_number:
        raise StatementError(
            "statement-number-missing",
            "the statement has no ElctrncSeqNb, so a missing one could not be noticed",
            "对账单没有电子序号 (ElctrncSeqNb), 无法发现漏单",
            "请银行编号; 确实不编号的来源可设 PIAOLIAN_ORACLE_REQUIRE_STATEMENT_NUMBER=false",
            field="ElctrncSeqNb",
        )
    if seen_content is not None:
        if seen_content == statement.content_digest():
            return Verdict.REPEAT
        raise SourceError(
            "source-content-changed",
            "a statement that was taken came again with other content",
            "同一编号的对账单再次出现而内容不同",
            "请银行说明哪一份为准; 核实后执行 piaolian-oracle release",
        )
    if statement.number is None:
        return Verdict.TAKE
    return _judge_number(statement, statement.number, last, rules)


def _judge_number(statement: Statement, number: int, last: Position | None, rules: OrderRules) -> Verdict:
    if last is None:
        return _against(statement, number, rules.first_number, 1)
    if rules.restarts_yearly and statement.year > last.year:
        # The new year begins at 1; before that the old year's last page must have come.
        return _against(statement, number, 1, 1) if last.is_last_page else Verdict.WAIT
    if last.is_last_page:
        return _against(statement, number, last.number + 1, 1)
    return _against(statement, number, last.number, last.page + 1)


def _against(statement: Statement, number: int, expected: int, expected_page: int) -> Verdict:
    given = (number, statement.page)
    if given == (expected, expected_page):
        return Verdict.TAKE
    if given > (expected, expected_page):
        return Verdict.WAIT
    raise StatementError(
        "statement-element-invalid",
        f"statement {number} lies before {expected}, with which this source goes on",
        f"对账单序号 {number} 早于应有的 {expected}, 且从未收到过",
        "请核对起始序号 PIAOLIAN_ORACLE_FIRST_STATEMENT_NUMBER 与文件来源",
        field="ElctrncSeqNb",
    )
