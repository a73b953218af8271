"""Doubles of the outside world for tests: a chain whose state a test changes, and keys that fail.

Nothing here belongs into a running system.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from web3 import Web3

from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.chain import BlockStamp, FinalityPolicy
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.events_receipts import Reversed
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.contracts.receipt_ledger import ReceiptLedger
from piaolian_sdk.contracts.registry import Registry
from piaolian_sdk.errors import RemoteError, SignerError
from piaolian_sdk.signing import DocumentCertificate


@dataclass
class ChainState:
    """What a fake chain holds; values are what the contracts' views would return.

    Attributes:
        head: Newest block.
        roots: Root by its number.
        root_blocks: Block of each root.
        units: Members of a unit, in the order of ``UnitRecord``.
        ranges: Members of a range, in the order of ``RangeRecord``.
        marks: Mark bits by (range, number).
        bookings: Members of ``Booking`` by (range, number).
        reversals: Event of the reversal by (range, number).
    """

    head: BlockStamp
    roots: dict[int, bytes] = field(default_factory=dict)
    root_blocks: dict[int, BlockStamp] = field(default_factory=dict)
    units: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    ranges: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    marks: dict[tuple[int, int], int] = field(default_factory=dict)
    bookings: dict[tuple[int, int], tuple[int, str, int, int]] = field(default_factory=dict)
    reversals: dict[tuple[int, int], Reversed] = field(default_factory=dict)


_NO_BOOKING = (0, "0x" + "00" * 20, 0, 0)


class _FakeReceiptLedger(ReceiptLedger):
    def __init__(self, state: ChainState, address: str) -> None:
        super().__init__(Web3(), address)
        self._state = state

    def read(self, function: str, *arguments: Any, at: BlockStamp | None) -> Any:  # noqa: ANN401, ARG002
        """Return what the state holds; the block is the state's own."""
        if function == "rootOf":
            return self._state.roots.get(arguments[0], bytes(32))
        key = (arguments[0], arguments[1])
        answers: dict[str, Any] = {
            "markOf": self._state.marks.get(key, 0),
            "bookingOf": self._state.bookings.get(key, _NO_BOOKING),
        }
        return answers[function]


class _FakeRegistry(Registry):
    def __init__(self, state: ChainState, address: str) -> None:
        super().__init__(Web3(), address)
        self._state = state

    def read(self, function: str, *arguments: Any, at: BlockStamp | None) -> Any:  # noqa: ANN401, ARG002
        """Return what the state holds, or refuse as the contract does."""
        tables: dict[str, tuple[Mapping[int, Any], str, str]] = {
            "unitOf": (self._state.units, "UnknownUnit", "unit"),
            "rangeOf": (self._state.ranges, "UnknownRange", "range"),
        }
        table, error, member = tables[function]
        if arguments[0] not in table:
            raise CONTRACT_ERRORS[error]({member: arguments[0]})
        return table[arguments[0]]


class FakeChain(ChainReader):
    """A chain that a test holds in its hands: change ``state`` and see what is refused."""

    def __init__(self, state: ChainState, address_book: AddressBook, chain_id: int | None = None) -> None:
        """Take the state.

        Args:
            state: What the chain holds.
            address_book: Of the network.
            chain_id: Chain that it pretends to be; the address book's when None.
        """
        super().__init__("http://chain.test", address_book, FinalityPolicy(0), web3=Web3())
        self.state = state
        self._chain_id = address_book.chain_id if chain_id is None else chain_id
        # These shadow the lazily made bindings of the base class.
        self.__dict__["receipt_ledger"] = _FakeReceiptLedger(state, address_book.address_of("ReceiptLedger"))
        self.__dict__["registry"] = _FakeRegistry(state, address_book.address_of("Registry"))

    def check_network(self) -> None:
        """Compare chain ids.

        Raises:
            RemoteError: ``chain-other``.
        """
        if self._chain_id != self.address_book.chain_id:
            raise RemoteError("chain-other", "the node serves another chain", "节点所在的链不同", retry="never")

    def latest(self) -> BlockStamp:
        """Return the head."""
        return self.state.head

    def final(self) -> BlockStamp:
        """Return the head: every block of this chain is final."""
        return self.state.head

    def root_block(self, root_id: int, until: BlockStamp) -> BlockStamp:
        """Return the block of a root, the head where the state names none."""
        return self.state.root_blocks.get(root_id, until)

    def reversal_of(self, range_id: int, number: int, until: int) -> Reversed | None:  # noqa: ARG002
        """Return what the state says reverses a receipt."""
        return self.state.reversals.get((range_id, number))


def _broken() -> SignerError:
    return SignerError("hsm-unavailable", "the token was pulled out", "密码设备已拔出", field="signer", retry="after")


@dataclass(frozen=True)
class FailingChainSigner:
    """A chain key whose token does not answer."""

    address: str = "0x" + "00" * 20

    def sign_digest(self, digest: bytes) -> bytes:  # noqa: ARG002 # The protocol names it.
        """Fail.

        Raises:
            SignerError: Always.
        """
        raise _broken()

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:  # noqa: ARG002 # The protocol names it.
        """Fail.

        Raises:
            SignerError: Always.
        """
        raise _broken()


@dataclass(frozen=True)
class FailingDocumentSigner:
    """A document key whose token does not answer."""

    certificate: DocumentCertificate

    @property
    def suite(self) -> str:
        """Suite of the certificate."""
        return self.certificate.suite

    def sign(self, message: bytes) -> bytes:  # noqa: ARG002 # The protocol names it.
        """Fail.

        Raises:
            SignerError: Always.
        """
        raise _broken()
