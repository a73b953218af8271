"""Rows of the state file as the daemon sees them."""

from dataclasses import dataclass
from typing import Literal

from piaolian_oracle.reports import Payment

# "awaiting": not settled yet. "unknown": reported, but the ledger knows no notice of this code yet; tried again.
# The rest are the ledger's words. All but the first two are final.
Outcome = Literal[
    "awaiting",
    "unknown",
    "paid",
    "underpaid",
    "overpaid",
    "cancelled",
    "already-paid",
    "past-due",
    "repeated",
]
OPEN_OUTCOMES: frozenset[str] = frozenset({"awaiting", "unknown"})

TransactionKind = Literal["vote", "settle"]


@dataclass(frozen=True, slots=True)
class Part:
    """One report of one statement page, and how far it has come.

    Attributes:
        part: Row id.
        report_id: 32 bytes.
        payments: Sorted by (code, bank reference).
        voted_epoch: Committee epoch of the own vote, None before it.
        voted_digest: Digest of the own vote.
        approved_unix: When this daemon first saw the voted digest approved, seconds since epoch.
        settled_digest: Digest under which the part was last seen settled.
    """

    part: int
    report_id: bytes
    payments: tuple[Payment, ...]
    voted_epoch: int | None
    voted_digest: bytes | None
    approved_unix: int | None
    settled_digest: bytes | None


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A signed transaction, stored before it is sent.

    Attributes:
        hash: 32 bytes.
        part: Row id of its part.
        kind: "vote" or "settle".
        epoch: Committee epoch that it names.
        digest: Report digest.
        serial: Serial of a vote, 0 for a settlement.
        nonce: Account nonce.
        raw: Signed bytes.
        created_unix: Seconds since epoch.
    """

    hash: bytes
    part: int
    kind: TransactionKind
    epoch: int
    digest: bytes
    serial: int
    nonce: int
    raw: bytes
    created_unix: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a source is not read at present."""

    account: bytes
    message: str
    code: str
    reason: str
    since_unix: int
