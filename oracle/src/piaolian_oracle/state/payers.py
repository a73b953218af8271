"""Keeps who paid which code, so that a settlement does not read the chain's whole past again.

Only final blocks are kept. The hash of the last one is kept with them: on a chain that has another block there, all of
it is read again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from piaolian_oracle.state.database import Database

CODES_PER_WORD = 128


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """The last final block whose payments are kept.

    Attributes:
        number: Height.
        hash: 32 bytes.
    """

    number: int
    hash: bytes


class PayersStore:
    """Payments that the chain told of, in its order, in the state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_block(self) -> ReadBlock | None:
        """Return up to where payments are kept, None when nothing is."""
        row = self._database.connection.execute("SELECT number, hash FROM payers_read").fetchone()
        return None if row is None else ReadBlock(row[0], row[1])

    def add(self, payments: Iterable[tuple[int, int, bytes]], block: ReadBlock) -> None:
        """Keep further (range, sequence, bank reference) in the order of the chain, up to a block; all or nothing."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO payers (payment_range, word, sequence, bank_reference) VALUES (?, ?, ?, ?)",
                [
                    (payment_range, sequence // CODES_PER_WORD, sequence, reference)
                    for payment_range, sequence, reference in payments
                ],
            )
            connection.execute("DELETE FROM payers_read")
            connection.execute("INSERT INTO payers_read VALUES (?, ?)", (block.number, block.hash))

    def clear(self) -> None:
        """Forget everything: the chain is another one than it was."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM payers")
            connection.execute("DELETE FROM payers_read")

    def of_words(self, payment_range: int, sequences: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return (sequence, bank reference) of every payment of the words of 128 codes that the sequences lie in."""
        found: list[tuple[int, bytes]] = []
        for word in sorted({sequence // CODES_PER_WORD for sequence in sequences}):
            rows = self._database.connection.execute(
                "SELECT sequence, bank_reference FROM payers WHERE payment_range = ? AND word = ? ORDER BY id",
                (payment_range, word),
            )
            found.extend((int(row[0]), bytes(row[1])) for row in rows)
        return found
