"""What every part of the unit's client shares: identity, connection, catalogue, ranges and waiting."""

import os
import time
from collections.abc import Callable
from datetime import datetime

import httpx

from piaolian_sdk.acts import ChainSigner
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client.connection import NodeConnection
from piaolian_sdk.client.journal import Journal, MemoryJournal
from piaolian_sdk.client.submissions import Submissions
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.errors import InputError
from piaolian_sdk.signing import DocumentSigner
from piaolian_sdk.wire import Catalogue, CatalogueEntry, RangeEntry, Ranges, paths

# An act that is not mined within this time is void: long enough for a chain that stands still for an evening.
DEADLINE_SECONDS = 24 * 3600


class UnitSession(Submissions):
    """Base of the unit's client."""

    def __init__(  # noqa: PLR0913 # An identity has this many parts; all but the address go by name.
        self,
        base_url: str,
        *,
        unit: int,
        document_signer: DocumentSigner,
        chain_signer: ChainSigner,
        address_book: AddressBook,
        random: Callable[[int], bytes] = os.urandom,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        http: httpx.Client | None = None,
        journal: Journal | None = None,
        connection: NodeConnection | None = None,
    ) -> None:
        """Take an address and an identity; nothing is sent yet.

        Args:
            base_url: Of the node, without ``/api/v1``.
            unit: Number of the unit in the Registry.
            document_signer: Signs documents and requests.
            chain_signer: Signs acts.
            address_book: Where the contracts are, and on which chain.
            random: Gives that many random bytes.
            now: Gives Unix seconds.
            sleep: Waits that many seconds.
            http: Client to use instead of a new one.
            journal: Keeps batches until they are answered, so that they can be sent again; in memory when None.
            connection: Connection to use instead of a new one.
        """
        self.journal = journal if journal is not None else MemoryJournal()
        self.unit = unit
        self.document_signer = document_signer
        self.chain_signer = chain_signer
        self.address_book = address_book
        if connection is None:
            connection = NodeConnection(base_url, document_signer, random=random, now=now, sleep=sleep, http=http)
        super().__init__(connection, now=now, sleep=sleep)
        self._random = random

    @property
    def chain_id(self) -> int:
        """Chain that the acts are signed for."""
        return self.address_book.chain_id

    def contract(self, name: str) -> str:
        """Return the address of a contract.

        Raises:
            InputError: The address book has none of that name.
        """
        return self.address_book.address_of(name)

    def catalogue(self) -> Catalogue:
        """Return the charge items as they are now.

        Raises:
            RemoteError: The node did not answer.
        """
        return self.connection.get(paths.CATALOGUE, Catalogue)

    def ranges(self) -> list[RangeEntry]:
        """Return the unit's ranges.

        Raises:
            RemoteError: The node did not answer.
        """
        return self.connection.get(paths.RANGES, Ranges).ranges

    def range_entry(self, range_id: int) -> RangeEntry:
        """Return one of the unit's ranges.

        Raises:
            InputError: The unit has no such range.
            RemoteError: The node did not answer.
        """
        for entry in self.ranges():
            if entry.range == range_id:
                return entry
        raise _no_range(f"range {range_id}", f"号段 {range_id}")

    def range_of(self, category: str, prefix: str, number: int) -> RangeEntry:
        """Return the unit's range that holds ``number`` under ``prefix``.

        Raises:
            InputError: The unit has no such range.
            RemoteError: The node did not answer.
        """
        for entry in self.ranges():
            if entry.category == category and entry.prefix == prefix and entry.first <= number <= entry.last:
                return entry
        raise _no_range(f"a range with {prefix} {number}", f"含 {prefix} {number} 的号段")

    def _beijing_now(self) -> datetime:
        return datetime.fromtimestamp(self._now(), tz=BEIJING)

    def _deadline(self) -> int:
        return int(self._now()) + DEADLINE_SECONDS

    def _entries(self) -> dict[str, CatalogueEntry]:
        return {entry.item_code: entry for entry in self.catalogue().items}


def _no_range(what: str, what_zh: str) -> InputError:
    return InputError(
        "range-unknown",
        f"the unit has no {what}",
        f"本单位没有{what_zh}",
        field="range",
        rule="a range of this unit",
        remedy="ask for the unit's ranges, or ask the finance department for an allotment",
    )
