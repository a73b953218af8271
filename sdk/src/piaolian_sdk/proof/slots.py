"""Where the contracts keep what a proof reads, and how its words are packed.

The only place that knows the layout of storage: ``contracts/src/receipt/ReceiptStorage.sol`` and
``contracts/src/registry/RegistryStorage.sol``, each one struct at its ERC-7201 slot. A trust file names the layout of
every implementation by number; a layout that moves something gets the next number.
"""

from dataclasses import dataclass
from typing import Final

from piaolian_sdk.tree.keccak import keccak256

# keccak256("eip1967.proxy.implementation") - 1 (ERC-1967).
IMPLEMENTATION_SLOT: Final = bytes.fromhex("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")
LAYOUTS: Final = frozenset({1})
# ``ReceiptStorage.Holding``: a paper original in the receipt's place.
_ON_PAPER: Final = 2


def erc7201_base(namespace: str) -> int:
    """Return the first slot of a namespace (ERC-7201)."""
    inner = int.from_bytes(keccak256(namespace.encode()), "big") - 1
    return int.from_bytes(keccak256(inner.to_bytes(32, "big")), "big") & ~0xFF


_LEDGER: Final = erc7201_base("piaolian.storage.ReceiptLedger")
_REGISTRY: Final = erc7201_base("piaolian.storage.Registry")
# Places in the structs, by the members' order.
_ROOTS, _HOLDS = 1, 3
_UNITS, _RANGES = 2, 11
_CREDIT_CODE_DIGEST: Final = 2


def root_slot(root_id: int) -> bytes:
    """Return the slot of a root: of a batch, or ``red_root_id`` of a receipt that may be reversed."""
    return _word(_mapped(root_id, _LEDGER + _ROOTS))


def hold_slot(range_id: int, number: int) -> bytes:
    """Return the slot of what holds a receipt: bookings or a paper original."""
    return _word(_mapped(number, _mapped(range_id, _LEDGER + _HOLDS)))


def credit_code_slot(unit: int) -> bytes:
    """Return the slot of the digest of a unit's credit code."""
    return _word(_mapped(unit, _REGISTRY + _UNITS) + _CREDIT_CODE_DIGEST)


def range_slot(range_id: int) -> bytes:
    """Return the slot of a range."""
    return _word(_mapped(range_id, _REGISTRY + _RANGES))


def address_of(word: int) -> bytes:
    """Return the address in a word, 20 bytes."""
    return _bits(word, 0, 160).to_bytes(20, "big")


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper original in a receipt's place."""

    range: int
    number: int
    unit: int


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds a receipt: bookings or a paper original, never both.

    Attributes:
        share: Billionths, of all bookers together.
        paper: The paper original, or None.
    """

    share: int
    paper: Paper | None

    @classmethod
    def from_word(cls, word: int) -> "Hold":
        """Unpack the slot: share 32, holder 160, time 40, counter 16, holding 8 bits."""
        paper = Paper(_bits(word, 32, 32), _bits(word, 64, 40), _bits(word, 104, 32))
        return cls(_bits(word, 0, 32), paper if _bits(word, 248, 8) == _ON_PAPER else None)


@dataclass(frozen=True, slots=True)
class Range:
    """A run of numbers of one unit.

    Attributes:
        prefix: Receipt code or paper code.
        next: First number that is not used.
        range_class: 1 receipt, 2 payment code, 3 paper.
        mode: 1 by code, 2 by list.
    """

    unit: int
    prefix: int
    first: int
    last: int
    next: int
    range_class: int
    mode: int

    @classmethod
    def from_word(cls, word: int) -> "Range":
        """Unpack the slot."""
        return cls(
            unit=_bits(word, 0, 32),
            prefix=_bits(word, 32, 64),
            first=_bits(word, 96, 40),
            last=_bits(word, 136, 40),
            next=_bits(word, 176, 40),
            range_class=_bits(word, 216, 8),
            mode=_bits(word, 224, 8),
        )


def _mapped(key: int, place: int) -> int:
    """Return the place of a mapping's value: keccak256(key || place of the mapping)."""
    return int.from_bytes(keccak256(key.to_bytes(32, "big") + place.to_bytes(32, "big")), "big")


def _word(place: int) -> bytes:
    return (place % (1 << 256)).to_bytes(32, "big")


def _bits(word: int, start: int, width: int) -> int:
    return word >> start & ((1 << width) - 1)
