"""Durable state: what was read, voted and settled."""

from piaolian_oracle.state.database import Database
from piaolian_oracle.state.parts import PartStore
from piaolian_oracle.state.payers import PayersStore, ReadBlock
from piaolian_oracle.state.records import OPEN_OUTCOMES, Outcome, Part, Refusal, StoredTransaction
from piaolian_oracle.state.statements import StatementStore

__all__ = [
    "OPEN_OUTCOMES",
    "Database",
    "Outcome",
    "Part",
    "PartStore",
    "PayersStore",
    "ReadBlock",
    "Refusal",
    "StatementStore",
    "StoredTransaction",
]
