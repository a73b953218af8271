"""Facts of a unit and of one of its ranges, and what they forbid."""

from dataclasses import dataclass
from datetime import date

from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.records import Overdue, RangeClass, RangeRecord, UnitRecord


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
    catalog_version: int
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
