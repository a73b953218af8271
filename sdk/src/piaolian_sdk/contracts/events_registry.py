"""Events of the Registry. Attributes have the names of the ABI in snake_case."""

from dataclasses import dataclass

from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.structs import ItemVersion


@dataclass(frozen=True, slots=True)
class ApprovalProposed(ContractEvent):
    """A first approval has been recorded; a second account must approve the same act.

    Attributes:
        act: Digest of the act with all its arguments.
        maker: Account that proposed it.
        until: Last second, Unix time, at which the second approval counts.
    """

    act: bytes
    maker: str
    until: int


@dataclass(frozen=True, slots=True)
class AreaSet(ContractEvent):
    """The account's area prefix was set."""

    account: str
    area: int


@dataclass(frozen=True, slots=True)
class CheckpointKeySet(ContractEvent):
    """A member's checkpoint key was set."""

    member: str
    public_key: bytes
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class ItemDisabledFrom(ContractEvent):
    """An item ends at a time."""

    item: int
    at: int
    catalog_version: int


@dataclass(frozen=True, slots=True)
class ItemLinked(ContractEvent):
    """An item was tied to the item of the same code in the area above."""

    item: int
    parent: int
    catalog_version: int


@dataclass(frozen=True, slots=True)
class ItemPermitSet(ContractEvent):
    """A unit was listed for an item, or struck off."""

    item: int
    unit: int
    permitted: bool
    catalog_version: int


@dataclass(frozen=True, slots=True)
class ItemSet(ContractEvent):
    """An item was created, or a version was added to it."""

    item: int
    code: bytes
    area: int
    version: ItemVersion
    catalog_version: int


@dataclass(frozen=True, slots=True)
class PoolOpened(ContractEvent):
    """A supervisor opened numbers of a prefix."""

    pool: int
    class_: int
    area: int
    prefix: int
    from_: int
    to: int


@dataclass(frozen=True, slots=True)
class PoolSplit(ContractEvent):
    """Numbers went from one pool to a pool of an area below."""

    parent: int
    pool: int
    area: int
    from_: int
    to: int


@dataclass(frozen=True, slots=True)
class RangeAllotted(ContractEvent):
    """A unit received numbers.

    Attributes:
        place: Issue place (counter or branch) that uses them.
    """

    range: int
    unit: int
    class_: int
    prefix: int
    from_: int
    to: int
    kind: int
    mode: int
    place: int


@dataclass(frozen=True, slots=True)
class RangeRecalled(ContractEvent):
    """The unused rest of a range went back into a new pool."""

    range: int
    pool: int
    from_: int
    to: int


@dataclass(frozen=True, slots=True)
class SignerRotated(ContractEvent):
    """A unit's chain key and document certificate changed.

    Attributes:
        nonce: Nonce that the next change signed by the old key must carry.
    """

    unit: int
    old_signer: str
    new_signer: str
    certificate_digest: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class SignerScheduleCancelled(ContractEvent):
    """An announced key was dropped, by the unit's old key or by the supervisor."""

    unit: int


@dataclass(frozen=True, slots=True)
class SignerScheduled(ContractEvent):
    """A supervisor announced a new key for a unit that lost its own.

    Attributes:
        executable_at: Unix time from which it may be put in force.
    """

    unit: int
    new_signer: str
    certificate_digest: bytes
    executable_at: int


@dataclass(frozen=True, slots=True)
class TopUpRuleSet(ContractEvent):
    """A refill rule was set."""

    unit: int
    kind: int
    threshold: int
    count: int
    pool: int


@dataclass(frozen=True, slots=True)
class UnitLifted(ContractEvent):
    """The restriction has ended."""

    unit: int


@dataclass(frozen=True, slots=True)
class UnitRegistered(ContractEvent):
    """A unit was registered."""

    unit: int
    credit_code_digest: bytes
    area: int
    signer: str
    certificate_digest: bytes


@dataclass(frozen=True, slots=True)
class UnitRestricted(ContractEvent):
    """The unit may not send notices, issue or exchange."""

    unit: int
    reason: int


@dataclass(frozen=True, slots=True)
class UnitSucceeded(ContractEvent):
    """From now on the successor's key signs for the unit's past receipts."""

    unit: int
    successor: int


@dataclass(frozen=True, slots=True)
class WorkingCalendarSet(ContractEvent):
    """The rest days of a year were set."""

    year: int
    rest_day_bits: tuple[int, ...]
