"""The bank of the tests: movements in one line each, and the folders of several oracles."""

from datetime import date
from itertools import count
from pathlib import Path

from piaolian_oracle.simulator import Movement, SimulatedBank

ACCOUNT = "0000000000000000001"
VALUE_DAY = date(2026, 5, 12)
PREFIX = "3209992630"


def payment_code(sequence: int) -> str:
    """Return a payment code of the tests' range."""
    return f"{PREFIX}{sequence:010d}"


class BankBook:
    """Makes movements with running references."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def paid(self, code: str, amount: str = "80.00", *, day: date = VALUE_DAY, reference: str = "") -> Movement:
        """Return a payment for a code."""
        return Movement(reference or self._reference(), amount, day, code)

    def reversed(self, code: str, amount: str = "80.00", *, marked_credit: bool = False) -> Movement:
        """Return a reversal of a payment for a code."""
        return Movement(self._reference(), amount, VALUE_DAY, code, is_credit=marked_credit, is_reversal=True)

    def _reference(self) -> str:
        return f"B{next(self._numbers):06d}"


def bank_for(directory: Path, oracles: int = 3) -> SimulatedBank:
    """Return a bank that sends its statements to so many oracles, each with a folder of its own."""
    return SimulatedBank(ACCOUNT, [directory / f"source-{number}" for number in range(1, oracles + 1)])
