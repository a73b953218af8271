"""What the chain says now of a unit and one of its ranges, and what it said last when no chain node answers.

A window must not wait for a chain: with every chain node down, numbers go on being issued from what was last known. The
contract judges again when the chain is back.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from piaolian_node.chain.view import ChainView
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.records import Overdue, RangeClass, RangeRecord, UnitRecord
from piaolian_sdk.errors import RemoteError

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A unit.

    Attributes:
        signer: Address whose signature binds the unit.
        stamp: Block that this was read at.
    """

    unit: int
    record: UnitRecord
    signer: str
    stamp: BlockStamp


@dataclass(frozen=True, slots=True)
class RangeFacts:
    """A unit and one of its ranges.

    Attributes:
        overdue: Oldest open month of the range's kind.
    """

    unit: int
    range: int
    record: UnitRecord
    signer: str
    numbers: RangeRecord
    overdue: Overdue
    catalog_version: int
    stamp: BlockStamp

    @property
    def prefix_text(self) -> str:
        """Receipt code (8 digits) or first part of payment codes (10 digits)."""
        digits = 8 if self.numbers.range_class == RangeClass.RECEIPT else 10
        return f"{self.numbers.prefix:0{digits}d}"

    def require_usable(self, wanted: RangeClass, today: date) -> None:
        """Refuse what the contract would refuse of any batch from this range.

        Args:
            wanted: What the numbers must count.
            today: Beijing day.

        Raises:
            ContractRefusedError: With the contract's own code.
        """
        numbers, record = self.numbers, self.record
        if numbers.unit != self.unit:
            raise CONTRACT_ERRORS["NotYourRange"]({"range": self.range, "owner": numbers.unit, "unit": self.unit})
        if numbers.range_class != wanted:
            raise CONTRACT_ERRORS["WrongRangeClass"](
                {"range": self.range, "expected": int(wanted), "actual": int(numbers.range_class)}
            )
        require_unrestricted(self.unit, record)
        if wanted == RangeClass.RECEIPT:
            if self.overdue.overdue:
                raise CONTRACT_ERRORS["UnitOverdue"](
                    {
                        "unit": self.unit,
                        "kind": numbers.kind,
                        "month": self.overdue.month,
                        "deadline": self.overdue.deadline,
                    }
                )
            if numbers.prefix % 100 != today.year % 100:
                raise CONTRACT_ERRORS["YearMismatch"]({"prefix": numbers.prefix, "year": today.year})


def require_unrestricted(unit: int, record: UnitRecord) -> None:
    """Refuse a restricted unit.

    Raises:
        ContractRefusedError: ``unit-is-restricted``.
    """
    if record.restricted_at:
        raise CONTRACT_ERRORS["UnitIsRestricted"]({"unit": unit, "reason": record.restriction_reason})


class ChainFacts:
    """Reads facts at the newest block and remembers the last ones.

    Args:
        view: The chain.
    """

    def __init__(self, view: ChainView) -> None:
        self.view = view
        self._known: dict[tuple[str, int, int], object] = {}

    async def unit(self, unit: int) -> UnitFacts:
        """Return what is known of a unit.

        Raises:
            ContractRefusedError: There is none.
            RemoteError: No chain node answers, and the unit was never asked for before.
        """

        def read() -> UnitFacts:
            stamp = self.view.latest()
            return UnitFacts(unit, self.view.unit(unit, stamp), self.view.signer(unit, stamp), stamp)

        return await self._ask(("unit", unit, 0), read)

    async def range(self, unit: int, range_id: int) -> RangeFacts:
        """Return what is known of a unit and a range, whoever owns it.

        Raises:
            ContractRefusedError: There is no such unit or range.
            RemoteError: No chain node answers, and they were never asked for before.
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

    async def _ask(self, key: tuple[str, int, int], read: Callable[[], _T]) -> _T:
        try:
            found = await asyncio.to_thread(read)
        except RemoteError:
            known = self._known.get(key)
            if known is None:
                raise
            _logger.warning("no chain node answers, going on with what was last known")
            return known  # type: ignore[return-value] # The key names the kind of the value.
        self._known[key] = found
        return found
