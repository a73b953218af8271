"""Turns one entry (`Ntry`) of a statement into lines, one for each payment in it.

The amounts of the details are used, never the batch total as each detail's amount, and never both. Where the details
do not add up to what was booked, the whole entry waits for a person.
"""

from dataclasses import dataclass, replace
from datetime import date

from lxml import etree

from piaolian_oracle.errors import StatementError
from piaolian_oracle.statements.codes import find_payment_code
from piaolian_oracle.statements.elements import amount_fen, beijing_date, child, children, text
from piaolian_oracle.statements.model import Direction, LineProblem, StatementLine

_DIRECTIONS: dict[str, Direction] = {"CRDT": "credit", "DBIT": "debit"}


@dataclass(frozen=True, slots=True)
class EntryTotals:
    """What an entry adds to the totals of its statement: direction as marked by the bank, and fen."""

    direction: Direction
    amount_fen: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the lines of one entry share."""

    position: int
    reference: str
    direction: Direction
    is_reversal: bool
    is_booked: bool
    currency: str
    amount_fen: int
    value_day: date
    account: str
    additional: str


def read_entry(entry: etree._Element, position: int, account: str) -> tuple[list[StatementLine], EntryTotals]:
    """Read one `Ntry`.

    Args:
        entry: The element, complete.
        position: Its place in the statement, from 1, for the people who look it up.
        account: The statement's account.

    Returns:
        Its lines in the order of the file, at least one; and what it adds to the totals.

    Raises:
        StatementError: A mandatory element is absent or has a value that the standard does not allow.
    """
    shared = _shared(entry, position, account)
    totals = EntryTotals(shared.direction, shared.amount_fen)
    details = [found for group in children(entry, "NtryDtls") for found in children(group, "TxDtls")]
    if not details:
        return [_line_without_details(entry, shared)], totals
    lines = [_line(shared, found, number, is_only=len(details) == 1) for number, found in enumerate(details, 1)]
    if any(line.problem == "amount-missing" for line in lines):
        lines = _with_problem(lines, "amount-missing")
    elif _signed_sum(lines, shared.direction) != shared.amount_fen:
        lines = _with_problem(lines, "batch-totals-differ")
    return _with_distinct_references(lines, details), totals


def _shared(entry: etree._Element, position: int, account: str) -> _Entry:
    amount = _require(child(entry, "Amt"), "Ntry/Amt")
    # Version 2 writes <Sts>BOOK</Sts>, later ones <Sts><Cd>BOOK</Cd></Sts>.
    status = text(entry, "Sts", "Cd") or text(entry, "Sts")
    value_day = beijing_date(child(entry, "ValDt"), "Ntry/ValDt")
    if value_day is None:
        value_day = beijing_date(_require(child(entry, "BookgDt"), "Ntry/ValDt"), "Ntry/BookgDt")
    if value_day is None:  # pragma: no cover - beijing_date gives None for an absent element only
        raise RuntimeError("a present date element was read as absent")
    return _Entry(
        position=position,
        reference=text(entry, "AcctSvcrRef") or text(entry, "NtryRef"),
        direction=_direction(text(entry, "CdtDbtInd")),
        is_reversal=text(entry, "RvslInd") in {"true", "1"},
        is_booked=status == "BOOK",
        currency=amount.get("Ccy", ""),
        amount_fen=amount_fen(text(amount), "Ntry/Amt"),
        value_day=value_day,
        account=account,
        additional=text(entry, "AddtlNtryInf"),
    )


def _line_without_details(entry: etree._Element, shared: _Entry) -> StatementLine:
    batch = text(entry, "NtryDtls", "Btch", "NbOfTxs")
    problem: LineProblem | None = None
    if not shared.reference:
        problem = "reference-missing"
    if batch not in {"", "1"}:
        problem = "batch-without-details"
    code, source = find_payment_code("", [shared.additional], shared.account)
    return StatementLine(
        entry=shared.position,
        detail=0,
        reference=shared.reference,
        direction=shared.direction,
        is_reversal=shared.is_reversal,
        is_return=False,
        is_booked=shared.is_booked,
        currency=shared.currency,
        amount_fen=shared.amount_fen,
        value_day=shared.value_day,
        code=code,
        code_source=source,
        reversed_reference="",
        problem=problem,
    )


def _line(shared: _Entry, detail: etree._Element, number: int, *, is_only: bool) -> StatementLine:
    own_reference = text(detail, "Refs", "AcctSvcrRef")
    amount, currency = _detail_amount(shared, detail, is_only=is_only)
    code, source = find_payment_code(text(detail, "Refs", "EndToEndId"), _remittances(shared, detail), shared.account)
    marked = text(detail, "CdtDbtInd")
    # A reversal names what it takes back in its own reference only when that differs from the entry's.
    reversed_reference = own_reference if shared.is_reversal and own_reference != shared.reference else ""
    reference = shared.reference if reversed_reference else own_reference or shared.reference
    problem: LineProblem | None = None
    if amount is None:
        problem = "amount-missing"
    elif not reference:
        problem = "reference-missing"
    return StatementLine(
        entry=shared.position,
        detail=number,
        reference=reference,
        direction=_direction(marked) if marked else shared.direction,
        is_reversal=shared.is_reversal,
        is_return=child(detail, "RtrInf") is not None,
        is_booked=shared.is_booked,
        currency=currency,
        amount_fen=amount or 0,
        value_day=shared.value_day,
        code=code,
        code_source=source,
        reversed_reference=reversed_reference,
        problem=problem,
    )


def _detail_amount(shared: _Entry, detail: etree._Element, *, is_only: bool) -> tuple[int | None, str]:
    """Return the detail's own amount, or the entry's when the detail is the only one and gives none."""
    amount = child(detail, "Amt")
    if amount is None:  # Up to version 3 the amount of a detail stands here.
        amount = child(detail, "AmtDtls", "TxAmt", "Amt")
    if amount is not None:
        return amount_fen(text(amount), "TxDtls/Amt"), amount.get("Ccy", "")
    return (shared.amount_fen if is_only else None), shared.currency


def _remittances(shared: _Entry, detail: etree._Element) -> list[str]:
    texts = [shared.additional, text(detail, "AddtlTxInf")]
    for remittance in children(detail, "RmtInf"):
        texts.extend(text(found) for found in children(remittance, "Ustrd"))
        for structured in children(remittance, "Strd"):
            texts.append(text(structured, "CdtrRefInf", "Ref"))
            texts.extend(text(found) for found in children(structured, "AddtlRmtInf"))
    return [found for found in texts if found]


def _signed_sum(lines: list[StatementLine], direction: Direction) -> int:
    return sum(line.amount_fen if line.direction == direction else -line.amount_fen for line in lines)


def _with_problem(lines: list[StatementLine], problem: LineProblem) -> list[StatementLine]:
    return [replace(line, problem=problem) for line in lines]


def _with_distinct_references(lines: list[StatementLine], details: list[etree._Element]) -> list[StatementLine]:
    """Tell the payments of one batch apart when the bank repeats the batch's reference in each of them.

    The transaction's own id is taken where there is one, since it stays the same in every message about it; the place
    in the batch otherwise.
    """
    references = [line.reference for line in lines]
    distinct = []
    for line, detail in zip(lines, details, strict=True):
        if not line.reference or references.count(line.reference) == 1:
            distinct.append(line)
            continue
        own = next((found for name in ("UETR", "TxId", "InstrId") if (found := text(detail, "Refs", name))), "")
        distinct.append(replace(line, reference=f"{line.reference}/{own or line.detail}"))
    return distinct


def _direction(value: str) -> Direction:
    found = _DIRECTIONS.get(value)
    if found is None:
        raise StatementError(
            "statement-element-invalid",
            "CdtDbtInd: a direction is CRDT or DBIT",
            "对账单元素 CdtDbtInd 应为 CRDT 或 DBIT",
            "请银行重发更正后的对账单",
            field="CdtDbtInd",
        )
    return found


def _require(element: etree._Element | None, field: str) -> etree._Element:
    if element is None:
        raise StatementError(
            "statement-element-missing",
            f"{field} is absent",
            f"对账单缺少元素 {field}",
            "请银行重发完整的对账单",
            field=field,
        )
    return element
