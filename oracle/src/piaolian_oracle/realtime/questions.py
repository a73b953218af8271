"""Asks the chain whether a payment code is noticed, from the threads of network sources."""

import threading
from collections.abc import Callable

from piaolian_oracle.chain import Ledger
from piaolian_oracle.reports import prefix_of, sequence_of
from piaolian_sdk.errors import PiaolianError


class NoticedCodes:
    """A `CodeQuestion` over a ledger of its own.

    Args:
        make_ledger: Makes it at the first question, in the thread that asks.
    """

    def __init__(self, make_ledger: Callable[[], Ledger]) -> None:
        self._make_ledger = make_ledger
        self._ledger: Ledger | None = None
        self._mutex = threading.Lock()

    def __call__(self, code: str) -> bool | None:
        """Return whether a notice of this code is registered; None while the chain does not answer."""
        with self._mutex:
            try:
                if self._ledger is None:
                    self._ledger = self._make_ledger()
                at = self._ledger.final_stamp()
                found = self._ledger.find_range(prefix_of(code), sequence_of(code), at)
                return found is not None and self._ledger.is_noticed(found[0], sequence_of(code), at)
            except PiaolianError:
                # The confirmation is taken: what the ledger makes of it shows when the chain is back.
                return None
