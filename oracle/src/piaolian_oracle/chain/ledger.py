"""The payment ledger as the oracle sees it, behind one protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from piaolian_oracle.reports import Report
from piaolian_sdk.contracts.chain import BlockStamp

# The ledger's reasons of suspense that a settlement can give, by their number in the contract. Reason 6, "Reversed",
# arises later, when a receipt is reversed: the payment itself was settled and paid then.
SuspenseWord = Literal["underpaid", "overpaid", "cancelled", "already-paid", "past-due"]
SUSPENSE_WORDS: dict[int, SuspenseWord] = {
    1: "underpaid",
    2: "overpaid",
    3: "cancelled",
    4: "already-paid",
    5: "past-due",
}


@dataclass(frozen=True, slots=True)
class Committee:
    """The oracles that the ledger listens to.

    Attributes:
        epoch: Counts every change; votes of an earlier epoch no longer count.
        threshold: Distinct sources that must vouch for a report.
        seats: Address (checksum) and source of each oracle, in the order of the contract.
    """

    epoch: int
    threshold: int
    seats: tuple[tuple[str, int], ...]

    def seat_of(self, address: str, source: int) -> int | None:
        """Return the place of an oracle that speaks for this source, None when it has none."""
        seat = (address, source)
        return self.seats.index(seat) if seat in self.seats else None


# Range, sequence and bank reference: what names one payment in the ledger.
PaymentKey = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one settlement of a report did.

    Attributes:
        paid: Payments that paid their code.
        suspended: Why a payment went to suspense.
        unknown: Payments of codes that nobody had noticed yet.
        repeated: Payments that had their effect before.
    """

    paid: frozenset[PaymentKey]
    suspended: Mapping[PaymentKey, SuspenseWord]
    unknown: frozenset[PaymentKey]
    repeated: frozenset[PaymentKey]


class Ledger(Protocol):
    """Reads of the chain, each at one block, and the calldata of the two acts of an oracle."""

    def final_stamp(self) -> BlockStamp:
        """Return the newest final block."""
        ...

    def latest_stamp(self) -> BlockStamp:
        """Return the newest block, which may still be undone."""
        ...

    def committee(self, at: BlockStamp) -> Committee:
        """Return the present committee."""
        ...

    def last_serial(self, source: int) -> int:
        """Return the last serial of a source at the newest block, 0 when it never voted."""
        ...

    def votes_of(self, digest: bytes, at: BlockStamp) -> int:
        """Return how many distinct sources of the present committee vouched for a report."""
        ...

    def find_range(self, prefix: int, sequence: int, at: BlockStamp) -> tuple[int, int, int] | None:
        """Return (range, first sequence, last sequence) of the payment range that holds a code, None without one."""
        ...

    def is_noticed(self, payment_range: int, sequence: int, at: BlockStamp) -> bool:
        """Return whether a notice of this code is registered."""
        ...

    def settlements(self, report_id: bytes, own: Sequence[bytes], to: BlockStamp) -> list[Settlement]:
        """Return every settlement of a report in final blocks, whoever sent it, in the order of the chain.

        Args:
            report_id: 32 bytes.
            own: Hashes of further transactions that are known to have settled it.
            to: Newest final block.
        """
        ...

    def vote_call(self, epoch: int, source: int, serial: int, digest: bytes) -> bytes:
        """Return the calldata of a vote."""
        ...

    def settle_call(self, epoch: int, report: Report) -> bytes:
        """Return the calldata of a settlement."""
        ...


class Sender(Protocol):
    """Sends transactions to the ledger with the oracle's key."""

    @property
    def address(self) -> str:
        """Checksum address of the key."""
        ...

    def simulate(self, data: bytes) -> int:
        """Run a call to the ledger against the newest block.

        Returns:
            Gas that it took, with a margin.

        Raises:
            ContractRefusedError: The ledger would refuse it.
            RemoteError: The chain did not answer.
        """
        ...

    def sign(self, data: bytes, nonce: int, gas: int) -> tuple[bytes, bytes]:
        """Return (hash, signed bytes) of a transaction to the ledger."""
        ...

    def next_nonce(self) -> int:
        """Return the nonce that follows what is mined."""
        ...

    def broadcast(self, raw: bytes) -> None:
        """Hand signed bytes to the chain; handing them over again does no harm."""
        ...

    def outcomes(self, hashes: Sequence[bytes], at: BlockStamp) -> dict[bytes, bool]:
        """Return, for those of the transactions that are in final blocks, whether they succeeded."""
        ...

    def final_nonce(self, at: BlockStamp) -> int:
        """Return how many transactions of this key are in final blocks."""
        ...
