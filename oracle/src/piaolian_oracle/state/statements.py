"""Keeps what was read: sources, statements, references, payments, exceptions, files."""

from collections.abc import Mapping

from piaolian_oracle.errors import SourceError, StateError
from piaolian_oracle.reports import Selection, report_id, split_payments
from piaolian_oracle.state.confirmations import compare_with_statement
from piaolian_oracle.state.database import Database
from piaolian_oracle.state.records import Refusal
from piaolian_oracle.statements import Statement, account_digest
from piaolian_oracle.statements.order import Position


class StatementStore:
    """Statements in the state file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # References of real-time confirmations that the statement taken last contradicts.
        self.differing_confirmations: list[str] = []

    def position(self, statement: Statement) -> Position | None:
        """Return the last page taken from the statement's source."""
        row = self._database.connection.execute(
            "SELECT year, number, page, is_last_page FROM sources WHERE account = ? AND message = ?",
            (account_digest(statement.account), statement.message),
        ).fetchone()
        return None if row is None else Position(row[0], row[1], row[2], bool(row[3]))

    def seen_content(self, statement: Statement, key: str) -> str | None:
        """Return the content digest of the statement page with this key, None when it has not been taken."""
        row = self._database.connection.execute(
            "SELECT content FROM statements WHERE account = ? AND key = ? AND page = ?",
            (account_digest(statement.account), key, statement.page),
        ).fetchone()
        return None if row is None else str(row[0])

    def known_references(self, statement: Statement) -> Mapping[str, str]:
        """Return the content digests of those of the statement's references that earlier statements brought."""
        account = account_digest(statement.account)
        known = {}
        for reference in {line.reference for line in statement.lines if line.reference}:
            row = self._database.connection.execute(
                "SELECT content FROM bank_references WHERE account = ? AND reference = ?", (account, reference)
            ).fetchone()
            if row is not None:
                known[reference] = str(row[0])
        return known

    def take(self, statement: Statement, key: str, selection: Selection, file_name: str, now_unix: int) -> int:
        """Store a statement with its payments and exceptions, and move its source on, all or nothing.

        Returns:
            Number of reports made of it.
        """
        account = account_digest(statement.account)
        parts = split_payments(selection.payments)
        with self._database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO statements (account, message, key, page, content, file_name, read_unix)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (account, statement.message, key, statement.page, statement.content_digest(), file_name, now_unix),
            ).fetchone()[0]
            for index, payments in enumerate(parts):
                part = connection.execute(
                    "INSERT INTO parts (statement, part, report_id) VALUES (?, ?, ?) RETURNING id",
                    (number, index, report_id(account, key, statement.page, index)),
                ).fetchone()[0]
                connection.executemany(
                    "INSERT INTO payments (part, code, bank_reference, amount_fen, value_day, reference, entry)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [
                        (part, p.code, p.bank_reference, p.amount_fen, p.value_day, p.reference, p.entry)
                        for p in payments
                    ],
                )
            connection.executemany(
                "INSERT INTO exceptional_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (number, e.entry, e.detail, e.reason, e.code, e.amount_fen, e.reference, e.is_incoming)
                    for e in selection.exceptions
                ],
            )
            # Pending entries come again with other content when they are booked, so they claim no reference.
            connection.executemany(
                "INSERT OR IGNORE INTO bank_references VALUES (?, ?, ?)",
                [
                    (account, line.reference, line.content_digest())
                    for line in statement.lines
                    if line.reference and line.is_booked
                ],
            )
            self.differing_confirmations = compare_with_statement(
                connection,
                account,
                selection.payments,
                [line.reference for line in statement.lines if line.reference and line.is_booked],
            )
            if statement.number is not None:
                connection.execute(
                    "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        account,
                        statement.message,
                        statement.year,
                        statement.number,
                        statement.page,
                        statement.is_last_page,
                    ),
                )
        return len(parts)

    def refuse_source(self, statement: Statement, error: SourceError, now_unix: int) -> bool:
        """Note that a source is refused; return whether that is news."""
        with self._database.transaction() as connection:
            changed = connection.execute(
                "INSERT INTO refusals VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, message) DO UPDATE"
                " SET code = excluded.code, reason = excluded.reason, since_unix = excluded.since_unix"
                " WHERE code != excluded.code",
                (account_digest(statement.account), statement.message, error.code, error.message_zh, now_unix),
            ).rowcount
        return changed > 0

    def refusal(self, statement: Statement) -> Refusal | None:
        """Return why the statement's source is refused, None when it is not."""
        row = self._database.connection.execute(
            "SELECT * FROM refusals WHERE account = ? AND message = ?",
            (account_digest(statement.account), statement.message),
        ).fetchone()
        return None if row is None else Refusal(*row)

    def refusals(self) -> list[Refusal]:
        """Return every source that is refused at present."""
        rows = self._database.connection.execute("SELECT * FROM refusals ORDER BY since_unix, account")
        return [Refusal(*row) for row in rows]

    def end_gap(self, statement: Statement) -> bool:
        """Take back a refusal for a missing statement once it has come; return whether there was one."""
        with self._database.transaction() as connection:
            return (
                connection.execute(
                    "DELETE FROM refusals WHERE account = ? AND message = ? AND code = 'source-gap'",
                    (account_digest(statement.account), statement.message),
                ).rowcount
                > 0
            )

    def release(self, account_prefix: str) -> int:
        """Take back refusals of the sources whose account digest begins with `account_prefix` (hex).

        Returns:
            Number of sources released.

        Raises:
            StateError: "source-not-refused" when none matches.
        """
        with self._database.transaction() as connection:
            released = connection.execute(
                "DELETE FROM refusals WHERE lower(hex(account)) LIKE ? || '%'", (account_prefix.lower(),)
            ).rowcount
        if released == 0:
            raise StateError(
                "source-not-refused",
                "no refused source has this account digest",
                "没有以此摘要开头的停用来源",
                "用 piaolian-oracle show 查看停用的来源",
            )
        return released

    def file_verdict(self, name: str, size: int, modified_ns: int) -> str | None:
        """Return the code under which this state of a file was judged ("read", "unrelated" or an error code)."""
        row = self._database.connection.execute(
            "SELECT code FROM files WHERE name = ? AND size = ? AND modified_ns = ?", (name, size, modified_ns)
        ).fetchone()
        return None if row is None else str(row[0])

    def judge_file(self, name: str, size: int, modified_ns: int, code: str, reason: str) -> None:
        """Note how a state of a file was judged, so that it is not read again before it changes."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", (name, size, modified_ns, code, reason)
            )
