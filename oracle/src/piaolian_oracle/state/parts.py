"""Keeps the reports: what was voted, approved and settled, and the outcome of each payment."""

from collections.abc import Iterable

from piaolian_oracle.reports import Payment
from piaolian_oracle.state.database import Database
from piaolian_oracle.state.records import Outcome, Part, StoredTransaction

_MARK_VOTED = "UPDATE parts SET voted_epoch = ?, voted_digest = ?, approved_unix = NULL, checked_unix = 0 WHERE id = ?"


class PartStore:
    """Reports and transactions in the state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_parts(self, limit: int, checked_before_unix: int) -> list[Part]:
        """Return parts with a payment that is not settled, at most `limit`.

        Args:
            limit: Most parts.
            checked_before_unix: Parts that wait for news come only when they were last looked at before this. Parts
                that do not wait come first, then those that have waited longest.
        """
        rows = self._database.connection.execute(
            "SELECT * FROM parts WHERE is_done = 0 AND checked_unix < ? ORDER BY checked_unix, id LIMIT ?",
            (checked_before_unix, limit),
        ).fetchall()
        return [
            Part(
                part=row["id"],
                report_id=row["report_id"],
                payments=self.payments(row["id"]),
                voted_epoch=row["voted_epoch"],
                voted_digest=row["voted_digest"],
                approved_unix=row["approved_unix"],
                settled_digest=row["settled_digest"],
            )
            for row in rows
        ]

    def payments(self, part: int) -> tuple[Payment, ...]:
        """Return the payments of a part, sorted by (code, bank reference)."""
        rows = self._database.connection.execute(
            "SELECT code, bank_reference, amount_fen, value_day, reference, entry FROM payments"
            " WHERE part = ? ORDER BY code, bank_reference",
            (part,),
        )
        return tuple(Payment(*row) for row in rows)

    def outcomes(self, part: int) -> dict[tuple[str, bytes], str]:
        """Return the outcome of each payment of a part by (code, bank reference)."""
        rows = self._database.connection.execute(
            "SELECT code, bank_reference, outcome FROM payments WHERE part = ?", (part,)
        )
        return {(row[0], row[1]): row[2] for row in rows}

    def record_approval(self, part: int, now_unix: int) -> None:
        """Note that the voted digest is approved; the first time counts."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE parts SET approved_unix = coalesce(approved_unix, ?) WHERE id = ?", (now_unix, part)
            )

    def record_outcomes(self, part: int, digest: bytes, outcomes: Iterable[tuple[str, bytes, Outcome]]) -> bool:
        """Store the ledger's word on payments; return whether none of the part is open any more."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE payments SET outcome = ? WHERE part = ? AND code = ? AND bank_reference = ?",
                [(outcome, part, code, reference) for code, reference, outcome in outcomes],
            )
            open_count = connection.execute(
                "SELECT count(*) FROM payments WHERE part = ? AND outcome IN ('awaiting', 'unknown')", (part,)
            ).fetchone()[0]
            connection.execute(
                "UPDATE parts SET settled_digest = ?, is_done = ? WHERE id = ?", (digest, open_count == 0, part)
            )
        return bool(open_count == 0)

    def rest(self, part: int, now_unix: int) -> None:
        """Let a part wait for news: nothing can be done for its open payments at present."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE parts SET checked_unix = ? WHERE id = ?", (now_unix, part))

    def reopen(self, part: int) -> None:
        """Have a part settled once more, since a code that was unknown has been noticed."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE parts SET settled_digest = NULL, approved_unix = NULL, checked_unix = 0 WHERE id = ?", (part,)
            )

    def settled_by(self, part: int) -> list[bytes]:
        """Return the hashes of the own settlements of a part, oldest first."""
        rows = self._database.connection.execute(
            "SELECT hash FROM transactions WHERE part = ? AND kind = 'settle' ORDER BY nonce", (part,)
        )
        return [row[0] for row in rows]

    def store_transaction(self, transaction: StoredTransaction) -> None:
        """Store a signed transaction before it is sent; a vote also marks its part as voted.

        Both are one write: after a crash in between the part would be voted on twice.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)",
                (
                    transaction.hash,
                    transaction.part,
                    transaction.kind,
                    transaction.epoch,
                    transaction.digest,
                    transaction.serial,
                    transaction.nonce,
                    transaction.raw,
                    transaction.created_unix,
                ),
            )
            if transaction.kind == "vote":
                connection.execute(
                    _MARK_VOTED,
                    (transaction.epoch, transaction.digest, transaction.part),
                )

    def pending_transactions(self) -> list[StoredTransaction]:
        """Return the transactions that are not known to be final, by nonce."""
        rows = self._database.connection.execute(
            "SELECT hash, part, kind, epoch, digest, serial, nonce, raw, created_unix FROM transactions"
            " WHERE state = 'pending' ORDER BY nonce"
        )
        return [StoredTransaction(*row) for row in rows]

    def finish_transaction(self, transaction: StoredTransaction, state: str) -> None:
        """Note the end of a transaction: "final", "failed" (mined and reverted) or "replaced".

        A vote that did not come through is forgotten, so that the part is voted on again.
        """
        with self._database.transaction() as connection:
            connection.execute("UPDATE transactions SET state = ? WHERE hash = ?", (state, transaction.hash))
            if transaction.kind == "vote" and state != "final":
                connection.execute(
                    "UPDATE parts SET voted_epoch = NULL, voted_digest = NULL WHERE id = ? AND voted_digest = ?",
                    (transaction.part, transaction.digest),
                )

    def record_vote(self, part: int, epoch: int, digest: bytes) -> None:
        """Note an own vote that the chain already holds, for example after the state file was lost."""
        with self._database.transaction() as connection:
            connection.execute(
                _MARK_VOTED,
                (epoch, digest, part),
            )

    def highest_pending_nonce(self) -> int | None:
        """Return the highest nonce among pending transactions, None without any."""
        row = self._database.connection.execute(
            "SELECT max(nonce) FROM transactions WHERE state = 'pending'"
        ).fetchone()
        return None if row[0] is None else int(row[0])
