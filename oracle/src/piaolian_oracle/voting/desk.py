"""Sends the oracle's transactions, each durable before it leaves.

A transaction is signed and stored first, then sent, then watched until it is in a final block. After a crash at any
moment the stored bytes are sent again: the same nonce can be mined once only, so nothing is voted or settled twice by
accident.
"""

import logging
import time
from collections.abc import Callable

from piaolian_oracle.chain import Sender
from piaolian_oracle.state import Part, PartStore, StoredTransaction
from piaolian_oracle.state.records import TransactionKind
from piaolian_sdk.contracts.chain import BlockStamp

_logger = logging.getLogger(__name__)

# Validators hold back later transactions of an account whose earlier ones are missing, and blocks get slower when
# much is outstanding; eight keep one-second blocks full.
MAX_IN_FLIGHT = 8
# Pending bytes are handed over again after this, in case the node that had them was restarted.
RESEND_SECONDS = 5.0


class TransactionDesk:
    """The only place where the oracle's key is used.

    Args:
        sender: Signs and sends.
        store: Where transactions are kept.
        now: Clock, seconds since epoch.
    """

    def __init__(self, sender: Sender, store: PartStore, now: Callable[[], float] = time.time) -> None:
        self._sender = sender
        self._store = store
        self._now = now
        self._sent: dict[bytes, float] = {}

    @property
    def address(self) -> str:
        """Return the checksum address of the key."""
        return self._sender.address

    def follow_up(self, at: BlockStamp) -> None:
        """Note what has become of pending transactions, and send again what has not arrived.

        Args:
            at: Newest final block.
        """
        pending = self._store.pending_transactions()
        if not pending:
            return
        outcomes = self._sender.outcomes([transaction.hash for transaction in pending], at)
        final_nonce = self._sender.final_nonce(at)
        for transaction in pending:
            if transaction.hash in outcomes:
                self._finish(transaction, "final" if outcomes[transaction.hash] else "failed")
            elif transaction.nonce < final_nonce:
                # Another transaction of this key took the nonce: the key is used elsewhere, or the chain was rewound.
                self._finish(transaction, "replaced")
            elif self._now() - self._sent.get(transaction.hash, 0.0) >= RESEND_SECONDS:
                self._broadcast(transaction)

    def has_room(self) -> bool:
        """Return whether another transaction may be sent now."""
        return len(self._store.pending_transactions()) < MAX_IN_FLIGHT

    def is_pending(self, part: Part, kind: TransactionKind) -> bool:
        """Return whether a transaction of this kind is under way for a part."""
        pending = self._store.pending_transactions()
        return any(transaction.part == part.part and transaction.kind == kind for transaction in pending)

    def pending_votes(self) -> int:
        """Return how many votes are under way; each takes a serial."""
        return sum(transaction.kind == "vote" for transaction in self._store.pending_transactions())

    def simulate(self, data: bytes) -> int:
        """Run a call against the newest block; see `Sender.simulate`."""
        return self._sender.simulate(data)

    def submit(
        self, part: Part, kind: TransactionKind, data: bytes, gas: int, *, epoch: int, digest: bytes, serial: int = 0
    ) -> None:
        """Sign, store and send a transaction.

        Raises:
            SignerError: The key did not sign; nothing was stored.
            RemoteError: The chain did not answer. If the bytes were stored they are sent again later.
        """
        highest = self._store.highest_pending_nonce()
        nonce = max(self._sender.next_nonce(), -1 if highest is None else highest + 1)
        identity, raw = self._sender.sign(data, nonce, gas)
        transaction = StoredTransaction(
            hash=identity,
            part=part.part,
            kind=kind,
            epoch=epoch,
            digest=digest,
            serial=serial,
            nonce=nonce,
            raw=raw,
            created_unix=int(self._now()),
        )
        self._store.store_transaction(transaction)
        self._broadcast(transaction)
        _logger.info(
            "transaction sent",
            extra={"kind": kind, "report": part.report_id.hex()[:16], "transaction": identity.hex(), "nonce": nonce},
        )

    def _broadcast(self, transaction: StoredTransaction) -> None:
        self._sender.broadcast(transaction.raw)
        self._sent[transaction.hash] = self._now()

    def _finish(self, transaction: StoredTransaction, state: str) -> None:
        self._store.finish_transaction(transaction, state)
        self._sent.pop(transaction.hash, None)
        level = logging.INFO if state == "final" else logging.WARNING
        _logger.log(
            level,
            "transaction ended",
            extra={"kind": transaction.kind, "transaction": transaction.hash.hex(), "state": state},
        )
