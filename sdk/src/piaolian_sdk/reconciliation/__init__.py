"""Reconciliation of payments: the ledger's money as books that balance.

>>> from piaolian_sdk.reconciliation import Books, balance
>>> balance(Books().postings).difference
0
"""

from piaolian_sdk.reconciliation.books import Balance, Books, balance
from piaolian_sdk.reconciliation.chain_events import money_events, read_books
from piaolian_sdk.reconciliation.postings import Account, Code, Notice, Posting, suspense_id

__all__ = [
    "Account",
    "Balance",
    "Books",
    "Code",
    "Notice",
    "Posting",
    "balance",
    "money_events",
    "read_books",
    "suspense_id",
]
