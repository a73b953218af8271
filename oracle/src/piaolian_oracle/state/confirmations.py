"""Keeps payments that were confirmed in real time, each as a report of its own, and compares them with statements."""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from piaolian_oracle.errors import ConfirmationError
from piaolian_oracle.reports import Payment, report_id
from piaolian_oracle.state.database import write_transaction

Taken = Literal["taken", "repeated"]
MESSAGE = "realtime"


class ConfirmedPayment(Protocol):
    """What is kept of a confirmation, see `piaolian_oracle.realtime.Confirmation`."""

    @property
    def channel(self) -> str:
        """How it came."""
        ...

    @property
    def statement_key(self) -> str:
        """Name under which its report is made."""
        ...

    @property
    def account_digest(self) -> bytes:
        """SHA-256 of the account, 32 bytes."""
        ...

    def content_digest(self) -> str:
        """Return the SHA-256 of what the oracle acts upon, hex."""
        ...

    def payment(self) -> Payment:
        """Return the payment as a report holds it."""
        ...


@dataclass(frozen=True, slots=True)
class OpenConfirmation:
    """A confirmation that no statement has borne out.

    Attributes:
        code: 20-digit payment code.
        amount_fen: Fen.
        reference: The bank's reference.
        verdict: "awaiting" or "differs".
        received_unix: Seconds since epoch.
    """

    code: str
    amount_fen: int
    reference: str
    verdict: str
    received_unix: int


class ConfirmationStore:
    """Confirmations in the state file, for use by several threads.

    Args:
        connection: A connection of its own, see `Database.second_connection`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._mutex = threading.Lock()

    def take(self, confirmations: Sequence[ConfirmedPayment], now_unix: int) -> list[Taken]:
        """Keep confirmations, all or none; they are on the disk when this returns.

        Returns:
            For each whether it is new; a repeat with the same content writes nothing.

        Raises:
            ConfirmationError: "confirmation-conflict" when an earlier confirmation or statement says something else
                about the same bank reference. Nothing is kept.
        """
        with self._mutex, write_transaction(self._connection) as connection:
            return [_take(connection, confirmation, now_unix) for confirmation in confirmations]

    def close(self) -> None:
        """Close the connection."""
        with self._mutex:
            self._connection.close()


def _take(connection: sqlite3.Connection, confirmation: ConfirmedPayment, now_unix: int) -> Taken:
    account, payment = confirmation.account_digest, confirmation.payment()
    content = (payment.code, payment.amount_fen, payment.value_day)
    # 1. What is known of the same reference says the same, whichever way it came.
    query = (
        "SELECT p.code, p.amount_fen, p.value_day FROM payments p JOIN parts ON parts.id = p.part"
        " JOIN statements s ON s.id = parts.statement WHERE s.account = ? AND p.reference = ?"
    )
    known = {tuple(row) for row in connection.execute(query, (account, payment.reference))}
    if known == {content}:
        return "repeated"
    is_told = connection.execute(
        "SELECT 1 FROM bank_references WHERE account = ? AND reference = ?", (account, payment.reference)
    ).fetchone()
    if known or is_told is not None:
        raise ConfirmationError(
            "confirmation-conflict",
            "an earlier word about this bank reference says something else",
            "同一银行流水号此前的内容与本次不同",
            "请银行核实以哪一次为准",
            field="reference",
        )
    # 2. A report of its own, named by account and reference alone.
    key = confirmation.statement_key
    statement = connection.execute(
        "INSERT INTO statements (account, message, key, page, content, file_name, read_unix)"
        " VALUES (?, ?, ?, 1, ?, ?, ?) RETURNING id",
        (account, MESSAGE, key, confirmation.content_digest(), confirmation.channel, now_unix),
    ).fetchone()[0]
    part = connection.execute(
        "INSERT INTO parts (statement, part, report_id) VALUES (?, 0, ?) RETURNING id",
        (statement, report_id(account, key, 1, 0)),
    ).fetchone()[0]
    connection.execute(
        "INSERT INTO payments (part, code, bank_reference, amount_fen, value_day, reference, entry)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (part, payment.code, payment.bank_reference, payment.amount_fen, payment.value_day, payment.reference, 1),
    )
    # 3. To be borne out by a statement.
    connection.execute(
        "INSERT INTO confirmations (account, reference, code, amount_fen, value_day, channel, received_unix)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (account, payment.reference, *content, confirmation.channel, now_unix),
    )
    return "taken"


def compare_with_statement(
    connection: sqlite3.Connection, account: bytes, payments: Sequence[Payment], references: Sequence[str]
) -> list[str]:
    """Note which confirmations a statement bears out, inside the transaction that takes the statement.

    Args:
        connection: The statement's transaction.
        account: SHA-256 of the account, 32 bytes.
        payments: What the statement reports as payments.
        references: Every booked reference of the statement, also of lines that are no payments.

    Returns:
        References of confirmations of which the statement says something else.
    """
    told = {payment.reference: (payment.code, payment.amount_fen, payment.value_day) for payment in payments}
    differing = []
    for reference in dict.fromkeys(references):
        row = connection.execute(
            "SELECT code, amount_fen, value_day FROM confirmations WHERE account = ? AND reference = ?",
            (account, reference),
        ).fetchone()
        if row is None:
            continue
        verdict = "confirmed" if told.get(reference) == tuple(row) else "differs"
        connection.execute(
            "UPDATE confirmations SET verdict = ? WHERE account = ? AND reference = ?", (verdict, account, reference)
        )
        if verdict == "differs":
            differing.append(reference)
    return differing


def open_confirmations(connection: sqlite3.Connection, received_before_unix: int) -> list[OpenConfirmation]:
    """Return confirmations that a statement contradicts, and older ones that none has brought, oldest first."""
    rows = connection.execute(
        "SELECT code, amount_fen, reference, verdict, received_unix FROM confirmations WHERE verdict = 'differs'"
        " OR (verdict = 'awaiting' AND received_unix < ?) ORDER BY received_unix, reference",
        (received_before_unix,),
    )
    return [OpenConfirmation(*row) for row in rows]
