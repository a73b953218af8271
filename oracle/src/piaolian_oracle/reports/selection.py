"""Chooses, from one statement, the payments that may be reported to the chain, and explains every other line.

Pure: the same statement and the same earlier references give the same selection, whoever reads it and when. So
oracles that were sent the same statement come to the same report without speaking to each other.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from piaolian_oracle.statements import Statement, StatementLine
from piaolian_sdk.beijing import day_number

BANK_REFERENCE_BYTES = 8

ExceptionReason = Literal[
    "amount-missing",
    "amount-zero",
    "batch-totals-differ",
    "batch-without-details",
    "code-ambiguous",
    "code-missing",
    "currency-foreign",
    "duplicate-notification",
    "not-booked",
    "outgoing",
    "payment-reversed",
    "reference-conflict",
    "reference-missing",
    "returned-order",
    "reversal",
    "value-day-out-of-range",
]

EXPLANATIONS: Mapping[ExceptionReason, str] = {
    "amount-missing": "批量入账的明细缺少金额, 不能推断, 请银行补发",
    "amount-zero": "金额为零, 无款可认",
    "batch-totals-differ": "批量入账的明细合计与入账总额不符, 整笔待查",
    "batch-without-details": "批量入账没有明细, 总额不能当作一笔缴款, 请银行补发明细",
    "code-ambiguous": "附言中有几个不同的缴款码, 不猜测, 待人工认领",
    "code-missing": "没有缴款码, 待人工认领",
    "currency-foreign": "不是人民币, 待人工处理",
    "duplicate-notification": "同一笔缴款的重复通知, 不再计入",
    "not-booked": "银行尚未入账, 入账后会再次通知",
    "outgoing": "账户付出的款项, 不是缴款",
    "payment-reversed": "同一对账单内已被冲正, 款项已退出, 不报",
    "reference-conflict": "同一银行流水号出现两种内容, 请银行核实",
    "reference-missing": "缺少银行流水号, 无法防止重复计入, 请银行补发",
    "returned-order": "本户付出后被退回的款项, 不是缴款",
    "reversal": "银行冲正, 款项退出; 若原缴款已上链, 由主管人员处理",
    "value-day-out-of-range": "起息日早于 1970-01-01, 请银行更正",
}

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Payment:
    """A payment that may be reported: sorted by code, then by bank reference.

    Attributes:
        code: 20-digit payment code.
        bank_reference: First 8 bytes of SHA-256(account "|" reference).
        amount_fen: Fen, 1 to 2^48 - 1.
        value_day: Days since 1970-01-01, Beijing calendar.
        reference: The bank's reference, for people; not on chain.
        entry: Position of the entry in the statement.
    """

    code: str
    bank_reference: bytes
    amount_fen: int
    value_day: int
    reference: str
    entry: int


@dataclass(frozen=True, slots=True)
class ExceptionalLine:
    """A line that is not reported, and why.

    Attributes:
        entry: Position of the entry, from 1.
        detail: Position of the detail, 0 when the entry has none.
        reason: Why; `EXPLANATIONS` says it to people.
        code: Payment code, where one was found.
        amount_fen: Fen.
        reference: The bank's reference.
        is_incoming: Whether the money came in, so that it waits in the account for somebody.
    """

    entry: int
    detail: int
    reason: ExceptionReason
    code: str
    amount_fen: int
    reference: str
    is_incoming: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """All lines of a statement, each in exactly one of the two."""

    payments: tuple[Payment, ...]
    exceptions: tuple[ExceptionalLine, ...]


def bank_reference(account: str, reference: str) -> bytes:
    """Return the 8 bytes under which the ledger knows a bank's reference within an account."""
    return hashlib.sha256(f"{account}|{reference}".encode()).digest()[:BANK_REFERENCE_BYTES]


def select_payments(statement: Statement, known: Mapping[str, str]) -> Selection:
    """Sort the lines of a statement into payments and exceptions.

    Args:
        statement: One page of a statement.
        known: Content digest (hex) of each reference that an earlier statement of this account has brought.

    Returns:
        Payments sorted by (code, bank reference), exceptions in the order of the file. A payment that an earlier
        statement has brought with the same content is reported again: the ledger knows it by its reference and a
        repeat has no effect, so oracles need not have seen the same past.
    """
    duplicates, conflicts = _repeated(statement.lines, known)
    reversed_lines = _reversed(statement.lines, duplicates)
    payments, exceptions = [], []
    for index, line in enumerate(statement.lines):
        reason = _reason(line)
        if index in conflicts:
            reason = "reference-conflict"
        elif index in duplicates:
            reason = "duplicate-notification"
        elif reason is None and index in reversed_lines:
            reason = "payment-reversed"
        if reason is None:
            payments.append(_payment(statement.account, line))
        else:
            exceptions.append(
                ExceptionalLine(
                    line.entry, line.detail, reason, line.code, line.amount_fen, line.reference, line.is_incoming
                )
            )
    return Selection(tuple(sorted(payments)), tuple(exceptions))


def _reason(line: StatementLine) -> ExceptionReason | None:
    """Return why a line, looked at alone, is no payment; None when it is one."""
    rules: Sequence[tuple[bool, ExceptionReason]] = (
        (not line.is_booked, "not-booked"),
        (line.is_reversal, "reversal"),
        (line.direction == "debit", "outgoing"),
        (line.is_return, "returned-order"),
        (line.currency != "CNY", "currency-foreign"),
        (line.problem is not None, line.problem or "amount-missing"),
        (line.amount_fen == 0, "amount-zero"),
        (line.value_day < _EPOCH, "value-day-out-of-range"),
        (line.code_source == "ambiguous", "code-ambiguous"),
        (line.code_source == "none", "code-missing"),
    )
    return next((reason for applies, reason in rules if applies), None)


def _repeated(lines: Sequence[StatementLine], known: Mapping[str, str]) -> tuple[set[int], set[int]]:
    """Return the positions of repeats, and of all lines whose reference stands for more than one content.

    Pending entries are left out: the same payment comes again when it is booked, and then differs on purpose.
    """
    by_reference: defaultdict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        if line.reference and line.is_booked:
            by_reference[line.reference].append(index)
    duplicates: set[int] = set()
    conflicts: set[int] = set()
    for reference, indexes in by_reference.items():
        contents = {lines[index].content_digest() for index in indexes}
        if len(contents) > 1 or known.get(reference, next(iter(contents))) not in contents:
            conflicts.update(indexes)
        else:
            duplicates.update(indexes[1:])
    return duplicates, conflicts


def _reversed(lines: Sequence[StatementLine], duplicates: set[int]) -> set[int]:
    """Return the positions of payments that the same statement takes back.

    A reversal that names a reference takes back that line. One that names none takes back a payment of the same code
    and amount; as long as fewer are taken back than came in, the rest still covers the code, and which of them is
    the payer's second payment is for a person to say: all are reported, and the ledger keeps the surplus in suspense.
    """
    reversals = [line for index, line in enumerate(lines) if line.is_reversal and index not in duplicates]
    named = {line.reversed_reference for line in reversals if line.reversed_reference}
    unnamed = Counter((line.code, line.amount_fen) for line in reversals if not line.reversed_reference)
    candidates: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    found: set[int] = set()
    for index, line in enumerate(lines):
        if index in duplicates or not line.is_incoming or not line.is_booked:
            continue
        if line.reference in named:
            found.add(index)
        else:
            candidates[line.code, line.amount_fen].append(index)
    for key, count in unnamed.items():
        if count >= len(candidates[key]):
            found.update(candidates[key])
    return found


def _payment(account: str, line: StatementLine) -> Payment:
    return Payment(
        code=line.code,
        bank_reference=bank_reference(account, line.reference),
        amount_fen=line.amount_fen,
        value_day=day_number(line.value_day),
        reference=line.reference,
        entry=line.entry,
    )
