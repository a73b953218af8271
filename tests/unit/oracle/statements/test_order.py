from dataclasses import replace

import pytest

from piaolian_oracle.errors import SourceError, StatementError
from piaolian_oracle.statements import Statement
from piaolian_oracle.statements.order import OrderRules, Position, Verdict, judge, statement_key

FIRST = Statement("camt.054", "1", "N1", 1, 1, True, 2026, ())
AFTER_ONE = Position(2026, 1, 1, is_last_page=True)
OPEN_PAGE = Position(2026, 1, 1, is_last_page=False)


def at(number: int, page: int = 1, year: int = 2026) -> Statement:
    return replace(FIRST, number=number, page=page, year=year)


CASES = {
    "first": (at(1), None, OrderRules(), Verdict.TAKE),
    "first-missing": (at(2), None, OrderRules(), Verdict.WAIT),
    "first-by-setting": (at(41), None, OrderRules(first_number=41), Verdict.TAKE),
    "next": (at(2), AFTER_ONE, OrderRules(), Verdict.TAKE),
    "skipped": (at(3), AFTER_ONE, OrderRules(), Verdict.WAIT),
    "next-page": (at(1, 2), OPEN_PAGE, OrderRules(), Verdict.TAKE),
    "page-skipped": (at(1, 3), OPEN_PAGE, OrderRules(), Verdict.WAIT),
    "number-before-last-page": (at(2), OPEN_PAGE, OrderRules(), Verdict.WAIT),
    "second-page-first": (at(2, 2), AFTER_ONE, OrderRules(), Verdict.WAIT),
    "new-year": (at(1, 1, 2027), AFTER_ONE, OrderRules(restarts_yearly=True), Verdict.TAKE),
    "new-year-skipped": (at(2, 1, 2027), AFTER_ONE, OrderRules(restarts_yearly=True), Verdict.WAIT),
    "new-year-before-last-page": (at(1, 1, 2027), OPEN_PAGE, OrderRules(restarts_yearly=True), Verdict.WAIT),
}


@pytest.mark.parametrize(("statement", "last", "rules", "verdict"), CASES.values(), ids=CASES)
def test_judge__statement__is_taken_in_order_only(
    statement: Statement, last: Position | None, rules: OrderRules, verdict: Verdict
) -> None:
    assert judge(statement, last, None, rules) is verdict


def test_judge__known_with_the_same_content__is_a_repeat() -> None:
    assert judge(FIRST, AFTER_ONE, FIRST.content_digest(), OrderRules()) is Verdict.REPEAT


def test_judge__known_with_other_content__refuses_the_source() -> None:
    with pytest.raises(SourceError) as caught:
        judge(FIRST, AFTER_ONE, "00" * 32, OrderRules())

    assert caught.value.code == "source-content-changed"


@pytest.mark.parametrize("last", [Position(2026, 5, 1, is_last_page=True), None], ids=["later", "before-first"])
def test_judge__number_never_seen_and_too_low__is_refused(last: Position | None) -> None:
    with pytest.raises(StatementError):
        judge(at(1), last, None, OrderRules(first_number=5))


def test_judge__without_number__is_refused_unless_allowed() -> None:
    numberless = replace(FIRST, number=None)

    with pytest.raises(StatementError) as caught:
        judge(numberless, None, None, OrderRules())

    assert caught.value.code == "statement-number-missing"
    assert judge(numberless, None, None, OrderRules(requires_number=False)) is Verdict.TAKE


def test_key__names_message_year_and_number() -> None:
    assert statement_key(FIRST, OrderRules()) == "camt.054#1"
    assert statement_key(FIRST, OrderRules(restarts_yearly=True)) == "camt.054#2026/1"
    assert statement_key(replace(FIRST, number=None), OrderRules()) == "camt.054=N1"
