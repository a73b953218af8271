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
MARK_RED, MARK_VOID = 4, 8
_NUMBERS_IN_WORD: Final = 32


def erc7201_base(namespace: str) -> int:
    """Return the first slot of a namespace (ERC-7201)."""
    inner = int.from_bytes(keccak256(namespace.encode()), "big") - 1
    return int.from_bytes(keccak256(inner.to_bytes(32, "big")), "big") & ~0xFF


_LEDGER: Final = erc7201_base("piaolian.storage.ReceiptLedger")
_REGISTRY: Final = erc7201_base("piaolian.storage.Registry")
# Places in the structs, by the members' order.
_ROOTS, _MARKS, _REVERSALS, _PAPERS, _BOOKINGS = 1, 2, 3, 4, 5
_UNITS, _RANGES = 2, 11
_CREDIT_CODE_DIGEST: Final = 2


def root_slot(root_id: int) -> bytes:
    """Return the slot of a root."""
    return _word(_mapped(root_id, _LEDGER + _ROOTS))


def marks_slot(range_id: int, number: int) -> bytes:
    """Return the slot of the marks of 32 numbers."""
    return _word(_mapped(number // _NUMBERS_IN_WORD, _mapped(range_id, _LEDGER + _MARKS)))


def reversal_slot(range_id: int, number: int) -> bytes:
    """Return the slot of the link to a red receipt."""
    return _word(_mapped(number, _mapped(range_id, _LEDGER + _REVERSALS)))


def paper_slot(range_id: int, number: int) -> bytes:
    """Return the slot of the link to a paper original."""
    return _word(_mapped(number, _mapped(range_id, _LEDGER + _PAPERS)))


def booking_slot(range_id: int, number: int) -> bytes:
    """Return the slot of a booking."""
    return _word(_mapped(number, _mapped(range_id, _LEDGER + _BOOKINGS)))


def credit_code_slot(unit: int) -> bytes:
    """Return the slot of the digest of a unit's credit code."""
    return _word(_mapped(unit, _REGISTRY + _UNITS) + _CREDIT_CODE_DIGEST)


def range_slot(range_id: int) -> bytes:
    """Return the slot of a range."""
    return _word(_mapped(range_id, _REGISTRY + _RANGES))


def address_of(word: int) -> bytes:
    """Return the address in a word, 20 bytes."""
    return _bits(word, 0, 160).to_bytes(20, "big")


def marks_of(word: int, number: int) -> int:
    """Return the mark byte of one number in its word."""
    return word >> (8 * (number % _NUMBERS_IN_WORD)) & 0xFF


@dataclass(frozen=True, slots=True)
class Link:
    """The number that took a receipt's place; all zero when none did."""

    range: int
    number: int
    unit: int

    @classmethod
    def from_word(cls, word: int) -> "Link":
        """Unpack the slot."""
        return cls(_bits(word, 0, 32), _bits(word, 32, 40), _bits(word, 72, 32))


@dataclass(frozen=True, slots=True)
class Booking:
    """What is booked of a receipt.

    Attributes:
        share: Billionths, of all bookers together.
        counter: Acts so far.
        time: Unix seconds of the last.
    """

    share: int
    counter: int
    time: int

    @classmethod
    def from_word(cls, word: int) -> "Booking":
        """Unpack the slot: share 32, last booker 160, time 40, counter 16 bits."""
        return cls(_bits(word, 0, 32), _bits(word, 232, 16), _bits(word, 192, 40))


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
