"""What rules are judged against: the day, the catalogue, the kind, the paid notice. All are arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from piaolian_sdk.rules.kinds import ReceiptKind

DEFAULT_ROUNDING_LIMIT_FEN = 100


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """A charge item as finance preset it.

    Attributes:
        name: The only name that may be printed.
        min_fen: Smallest amount of one line.
        max_fen: Largest amount of one line.
        enabled: Whether it may be charged now.
        item: The item's number in the contracts; 0 where it is not registered on chain.
    """

    name: str
    min_fen: int
    max_fen: int
    enabled: bool = True
    item: int = 0


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line of a payment notice: item code and amount in fen."""

    item_code: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PaidNotice:
    """What the chain says of a payment code.

    Attributes:
        payment_code: 20 digits.
        amount_fen: The amount due; the receipt must show exactly this.
        lines: Items and amounts; empty when they are not known to the caller.
        is_paid: Whether the oracles settled it.
        is_used: Whether a receipt was already issued for it.
    """

    payment_code: str
    amount_fen: int
    lines: tuple[NoticeLine, ...] = ()
    is_paid: bool = True
    is_used: bool = False


@dataclass(frozen=True, slots=True)
class RuleContext:
    """Everything outside the document that its rules depend on.

    Attributes:
        beijing_now: The moment of acceptance, in Beijing time.
        catalogue: Items by code, as they may be charged by this unit for this kind.
        kind: The kind of the range that the number comes from.
        payment: The notice, where the kind is under control by code.
        rounding_item_codes: Items that may close a rounding difference (货币误差).
        rounding_limit_fen: Largest absolute amount of such an item.
        is_draft: The number and the check code are still placeholders.
        unit_credit_code: Credit code of the unit that the range belongs to.
    """

    beijing_now: datetime
    catalogue: Mapping[str, CatalogueItem]
    kind: ReceiptKind
    payment: PaidNotice | None = None
    rounding_item_codes: frozenset[str] = field(default_factory=frozenset)
    rounding_limit_fen: int = DEFAULT_ROUNDING_LIMIT_FEN
    is_draft: bool = False
    unit_credit_code: str | None = None
