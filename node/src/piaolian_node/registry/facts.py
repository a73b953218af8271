"""What the chain says now of a unit and one of its ranges, and what it said last when no chain node answers.

A window must not wait for a chain: with every chain node down, numbers go on being issued from what was last known, by
a process that starts in the meantime too. The contract judges again when the chain is back.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from piaolian_node.chain.view import ChainView
from piaolian_node.registry.fact_types import RangeFacts, UnitFacts, require_unrestricted
from piaolian_node.registry.known import FactKey, FactStore
from piaolian_sdk.errors import RemoteError

__all__ = ["ChainFacts", "RangeFacts", "UnitFacts", "require_unrestricted"]

_logger = logging.getLogger(__name__)
_Facts = TypeVar("_Facts", UnitFacts, RangeFacts)


class ChainFacts:
    """Reads facts at the newest block and remembers the last ones.

    Args:
        view: The chain.
        store: Where the last facts are kept.
    """

    def __init__(self, view: ChainView, store: FactStore) -> None:
        self.view = view
        self._store = store
        self._known: dict[FactKey, UnitFacts | RangeFacts] = {}

    async def unit(self, unit: int) -> UnitFacts:
        """Return what is known of a unit.

        Raises:
            ContractRefusedError: There is none.
            RemoteError: No chain node answers, and nothing is known of the unit.
        """

        def read() -> UnitFacts:
            stamp = self.view.latest()
            return UnitFacts(
                unit=unit,
                record=self.view.unit(unit, stamp),
                signer=self.view.signer(unit, stamp),
                catalog_version=self.view.catalog_version(stamp),
                stamp=stamp,
            )

        return await self._ask(("unit", unit, 0), read)

    async def range(self, unit: int, range_id: int) -> RangeFacts:
        """Return what is known of a unit and a range, whoever owns it.

        Raises:
            ContractRefusedError: There is no such unit or range.
            RemoteError: No chain node answers, and nothing is known of them.
        """

        def read() -> RangeFacts:
            view, stamp = self.view, self.view.latest()
            numbers = view.range(range_id, stamp)
            return RangeFacts(
                unit=unit,
                range=range_id,
                record=view.unit(unit, stamp),
                signer=view.signer(unit, stamp),
                numbers=numbers,
                overdue=view.overdue(unit, numbers.kind, stamp),
                catalog_version=view.catalog_version(stamp),
                stamp=stamp,
            )

        return await self._ask(("range", unit, range_id), read)

    async def _ask(self, key: FactKey, read: Callable[[], _Facts]) -> _Facts:
        try:
            found = await asyncio.to_thread(read)
        except RemoteError:
            known = self._known.get(key) or await self._store.last(key)
            if known is None:
                raise
            _logger.warning("no chain node answers, going on with what was last known")
            if isinstance(known, RangeFacts):
                known = await self._store.moved_on(known)
            return known  # type: ignore[return-value] # The key names the kind of the value.
        self._known[key] = found
        await self._store.keep(key, found)
        return found
