"""Reconciliation of payments: the ledger's money as books, held against bank and treasury, closed day by day.

>>> from piaolian_sdk.reconciliation import Books, balance
>>> balance(Books().postings).difference
0
"""

from piaolian_sdk.reconciliation.books import Balance, Books, balance
from piaolian_sdk.reconciliation.chain_events import CodeDirectory, last_block_of_day, money_events, read_books
from piaolian_sdk.reconciliation.closing import ClosedDay, ItemRow, close_day, day_rows, sign_day, verify_day
from piaolian_sdk.reconciliation.files import read_bank_lines, read_treasury_entries
from piaolian_sdk.reconciliation.lines import Ambiguity, BankLine, Match, OpenItem, TreasuryEntry
from piaolian_sdk.reconciliation.matching import OPEN_KINDS, RULES, Reconciliation, reconcile
from piaolian_sdk.reconciliation.postings import Account, Code, Notice, Posting, suspense_id

__all__ = [
    "OPEN_KINDS",
    "RULES",
    "Account",
    "Ambiguity",
    "Balance",
    "BankLine",
    "Books",
    "ClosedDay",
    "Code",
    "CodeDirectory",
    "ItemRow",
    "Match",
    "Notice",
    "OpenItem",
    "Posting",
    "Reconciliation",
    "TreasuryEntry",
    "balance",
    "close_day",
    "day_rows",
    "last_block_of_day",
    "money_events",
    "read_bank_lines",
    "read_books",
    "read_treasury_entries",
    "reconcile",
    "sign_day",
    "suspense_id",
    "verify_day",
]
