"""What the node reads from the chain.

``ChainView`` is the protocol that services depend on; ``ChainAccess`` answers it from the first chain node that is
reachable. The methods block: services call them in threads.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from web3 import Web3

from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.chain import BlockStamp, FinalityPolicy, call_chain
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.contracts.records import (
    Booking,
    Mark,
    NoticeRecord,
    Overdue,
    Period,
    RangeRecord,
    UnitRecord,
)
from piaolian_sdk.contracts.structs import Terms
from piaolian_sdk.errors import RemoteError

_T = TypeVar("_T")


class ChainView(Protocol):
    """Reads that decide something. Each raises ``RemoteError`` when no chain node answers."""

    def latest(self) -> BlockStamp:
        """Return the newest block."""
        ...

    def final(self) -> BlockStamp:
        """Return the highest final block."""
        ...

    def unit(self, unit: int, at: BlockStamp) -> UnitRecord:
        """Return a unit; raises ``ContractRefusedError`` (unknown-unit)."""
        ...

    def signer(self, unit: int, at: BlockStamp) -> str:
        """Return the address whose signature binds a unit: its own, or its successor's."""
        ...

    def range(self, range_id: int, at: BlockStamp) -> RangeRecord:
        """Return a range; raises ``ContractRefusedError`` (unknown-range)."""
        ...

    def overdue(self, unit: int, kind: int, at: BlockStamp) -> Overdue:
        """Return the oldest open month of a kind."""
        ...

    def notice(self, range_id: int, sequence: int, at: BlockStamp) -> NoticeRecord:
        """Return a notice."""
        ...

    def mark(self, range_id: int, number: int, at: BlockStamp) -> Mark:
        """Return what binds on a number."""
        ...

    def booking(self, range_id: int, number: int, at: BlockStamp) -> Booking:
        """Return the bookings of a receipt."""
        ...

    def share(self, range_id: int, number: int, booker: str, at: BlockStamp) -> int:
        """Return what one booker has booked, in billionths."""
        ...

    def period(self, unit: int, kind: int, month: int, at: BlockStamp) -> Period:
        """Return the totals of a month."""
        ...

    def catalog_version(self, at: BlockStamp) -> int:
        """Return the version of the catalogue."""
        ...

    def is_permitted(self, item: int, unit: int, at: BlockStamp) -> bool:
        """Return whether a unit is listed for an item."""
        ...

    def terms(self, at: BlockStamp) -> Terms:
        """Return the terms in force."""
        ...


class ChainAccess:
    """Asks the first chain node that answers.

    Args:
        rpc_urls: JSON-RPC addresses in order of preference.
        address_book: Where the contracts are.
        finality_depth: Blocks below the head that count as final.
    """

    def __init__(self, rpc_urls: Sequence[str], address_book: AddressBook, finality_depth: int) -> None:
        self.address_book = address_book
        policy = FinalityPolicy(finality_depth)
        self._readers = [ChainReader(url, address_book, policy) for url in rpc_urls]

    def ask(self, question: Callable[[ChainReader], _T]) -> _T:
        """Put a question to the chain nodes in turn until one answers, and ask that one first from now on.

        Raises:
            RemoteError: None does.
            ContractRefusedError: The contract reverted: this is an answer.
        """
        last: RemoteError | None = None
        for reader in self._readers:
            try:
                answer = question(reader)
            except RemoteError as exc:
                last = exc
                continue
            if self._readers[0] is not reader:
                self._readers = [reader, *(other for other in self._readers if other is not reader)]
            return answer
        if last is None:
            raise RuntimeError("there is no chain node to ask")
        raise last

    def check(self) -> BlockStamp:
        """Check that the chain is the address book's, and return its newest block.

        Raises:
            RemoteError: It is another one, or does not answer.
        """
        self.ask(lambda reader: reader.check_network())
        return self.latest()

    def height(self) -> int:
        """Return the number of the newest block."""
        return self.ask(lambda reader: call_chain(lambda: int(reader.web3.eth.block_number)))

    def latest(self) -> BlockStamp:
        """Return the newest block."""
        return self.ask(lambda reader: reader.latest())

    def final(self) -> BlockStamp:
        """Return the highest final block."""
        return self.ask(lambda reader: reader.final())

    def unit(self, unit: int, at: BlockStamp) -> UnitRecord:
        """Return a unit."""
        return self.ask(lambda reader: reader.registry.unit_of(unit, at))

    def signer(self, unit: int, at: BlockStamp) -> str:
        """Return the address whose signature binds a unit."""
        return self.ask(lambda reader: reader.registry.signer_of(unit, at))

    def range(self, range_id: int, at: BlockStamp) -> RangeRecord:
        """Return a range."""
        return self.ask(lambda reader: reader.registry.range_of(range_id, at))

    def overdue(self, unit: int, kind: int, at: BlockStamp) -> Overdue:
        """Return the oldest open month of a kind."""
        return self.ask(lambda reader: reader.receipt_ledger.overdue_of(unit, kind, at))

    def notice(self, range_id: int, sequence: int, at: BlockStamp) -> NoticeRecord:
        """Return a notice."""
        return self.ask(lambda reader: reader.payment_ledger.notice_of(range_id, sequence, at))

    def mark(self, range_id: int, number: int, at: BlockStamp) -> Mark:
        """Return what binds on a number."""
        return self.ask(lambda reader: reader.receipt_ledger.mark_of(range_id, number, at))

    def booking(self, range_id: int, number: int, at: BlockStamp) -> Booking:
        """Return the bookings of a receipt."""
        return self.ask(lambda reader: reader.receipt_ledger.booking_of(range_id, number, at))

    def share(self, range_id: int, number: int, booker: str, at: BlockStamp) -> int:
        """Return what one booker has booked, in billionths."""
        account = Web3.to_checksum_address(booker)
        return self.ask(lambda reader: reader.receipt_ledger.share_of(range_id, number, account, at))

    def period(self, unit: int, kind: int, month: int, at: BlockStamp) -> Period:
        """Return the totals of a month."""
        return self.ask(lambda reader: reader.receipt_ledger.period_of(unit, kind, month, at))

    def catalog_version(self, at: BlockStamp) -> int:
        """Return the version of the catalogue."""
        return self.ask(lambda reader: reader.registry.catalog_version(at))

    def is_permitted(self, item: int, unit: int, at: BlockStamp) -> bool:
        """Return whether a unit is listed for an item."""
        return self.ask(lambda reader: reader.registry.is_permitted(item, unit, at))

    def terms(self, at: BlockStamp) -> Terms:
        """Return the terms in force."""
        return self.ask(lambda reader: reader.receipt_ledger.terms(at))
