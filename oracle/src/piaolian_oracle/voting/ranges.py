"""Finds the payment ranges of codes at one block, with as few reads as there are ranges."""

from collections.abc import Iterable

from piaolian_oracle.chain import Ledger
from piaolian_oracle.reports import Payment, prefix_of, sequence_of
from piaolian_sdk.contracts.chain import BlockStamp


class RangeDirectory:
    """Ranges at one block. Codes of a range lie together, so one read serves all of them."""

    def __init__(self, ledger: Ledger, at: BlockStamp) -> None:
        self._ledger = ledger
        self._at = at
        # (prefix, first sequence, last sequence, range); a code without a range is its own empty stretch with 0.
        self._stretches: list[tuple[int, int, int, int]] = []

    def of(self, payments: Iterable[Payment]) -> dict[str, int]:
        """Return the range of each code that a range holds."""
        found = {payment.code: self._range_of(payment.code) for payment in payments}
        return {code: number for code, number in found.items() if number}

    def _range_of(self, code: str) -> int:
        prefix, sequence = prefix_of(code), sequence_of(code)
        for known, first, last, number in self._stretches:
            if known == prefix and first <= sequence <= last:
                return number
        found = self._ledger.find_range(prefix, sequence, self._at)
        number, first, last = found or (0, sequence, sequence)
        self._stretches.append((prefix, first, last, number))
        return number
