"""What the oracle keeps of a bank statement: amounts, codes, references and days, and no personal data.

A statement line is one payment order: a detail (`TxDtls`) of an entry, or the entry itself where it has no details.
Names, payer accounts and remittance texts are read for a payment code and then dropped.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Literal

Direction = Literal["credit", "debit"]
CodeSource = Literal["end-to-end-id", "remittance-label", "remittance", "none", "ambiguous"]
LineProblem = Literal[
    "amount-missing",
    "batch-totals-differ",
    "batch-without-details",
    "reference-missing",
]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One payment in or out of the account.

    Attributes:
        entry: Position of the entry in the statement, from 1.
        detail: Position of the detail in its entry, from 1; 0 when the entry has none.
        reference: The bank's reference of this payment, unique within the account; empty when the bank gave none.
        direction: As the bank wrote it (`CdtDbtInd`), before `is_reversal` is looked at.
        is_reversal: The entry takes an earlier one back (`RvslInd`).
        is_return: An order of ours that came back (`RtrInf`), not a payer's payment.
        is_booked: The bank has booked it (`Sts` BOOK); pending and informational entries have false.
        currency: ISO 4217, three letters.
        amount_fen: Amount of this line, fen, never negative; 0 when `problem` says that it is missing.
        value_day: Day on which the money counts (`ValDt`, else `BookgDt`), Beijing calendar.
        code: Payment code, digits; empty when none or several were found.
        code_source: Where the code was found.
        reversed_reference: The reference that a reversal names, empty when it names none.
        problem: Why the line cannot be used as a payment whatever it says, or None.
    """

    entry: int
    detail: int
    reference: str
    direction: Direction
    is_reversal: bool
    is_return: bool
    is_booked: bool
    currency: str
    amount_fen: int
    value_day: date
    code: str
    code_source: CodeSource
    reversed_reference: str
    problem: LineProblem | None

    @property
    def is_incoming(self) -> bool:
        """Whether money came in: a credit that takes nothing back.

        A reversal always counts as money out, also when the bank marks it CRDT: some banks repeat the mark of the
        entry that they take back, and money that is doubtful must not become a receipt.
        """
        return self.direction == "credit" and not self.is_reversal

    def content(self) -> tuple[str | int | bool | None, ...]:
        """Return what makes two notifications of one payment the same, in a fixed order."""
        return (
            self.reference,
            self.direction,
            self.is_reversal,
            self.is_return,
            self.is_booked,
            self.currency,
            self.amount_fen,
            self.value_day.isoformat(),
            self.code,
            self.code_source,
            self.reversed_reference,
            self.problem,
        )

    def content_digest(self) -> str:
        """Return the SHA-256 of `content`, hex."""
        return _digest(list(self.content()))


@dataclass(frozen=True, slots=True)
class Statement:
    """One page of one statement of one account.

    Attributes:
        message: "camt.053" or "camt.054".
        account: Account identification (IBAN or other), as written by the bank. Never logged.
        statement_id: `Id` of the statement or notification.
        number: Electronic sequence number (`ElctrncSeqNb`), None when the bank gives none.
        page: Page number, from 1.
        is_last_page: False when further pages of the same statement follow.
        year: Year in which the statement was made, Beijing calendar.
        lines: All lines in the order of the file.
    """

    message: str
    account: str
    statement_id: str
    number: int | None
    page: int
    is_last_page: bool
    year: int
    lines: tuple[StatementLine, ...]

    def content_digest(self) -> str:
        """Return the SHA-256 (hex) of everything that the oracle acts upon.

        The same statement sent again with another message id, time or lay-out has the same digest; one changed fen
        gives another.
        """
        head = [self.account, self.statement_id, self.number, self.page, self.is_last_page]
        return _digest([head, [list(line.content()) for line in self.lines]])


def account_digest(account: str) -> bytes:
    """Return the SHA-256 of an account identification (32 bytes), the form in which accounts are stored."""
    return hashlib.sha256(account.encode()).digest()


def _digest(value: list[object]) -> str:
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
