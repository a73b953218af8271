"""Numbers of roots, and the number under which people find a receipt on the chain (存证编号)."""

from typing import Final

# ``ReceiptStorage._redRootId``: set in the numbers of red receipts' roots, above every count of batches.
_RED_ROOTS: Final = 1 << 62
_NUMBER_BITS: Final = 34


def red_root_id(range_id: int, number: int) -> int:
    """Return the number of the root of the red receipt that reverses a receipt, whether it exists or not.

    Args:
        range_id: Range of the receipt that is reversed, 28 bits.
        number: Its number, ten digits.
    """
    return _RED_ROOTS | range_id << _NUMBER_BITS | number


def reversed_place(root_id: int) -> tuple[int, int] | None:
    """Return range and number of the receipt that a root's red receipt reverses; None for the root of batches."""
    if not root_id & _RED_ROOTS:
        return None
    place = root_id & ~_RED_ROOTS
    return place >> _NUMBER_BITS, place & ((1 << _NUMBER_BITS) - 1)


def evidence_number(chain_id: int, root_id: int, position: int, place: int) -> str:
    """Return the number under which the chain holds a receipt.

    A red receipt is held by what it reverses: ``R``, range and number stand in place of root, header and place.

    Args:
        chain_id: Network.
        root_id: Number of the root.
        position: Place of the header under it.
        place: Place of the receipt in its batch.
    """
    original = reversed_place(root_id)
    if original is not None:
        return f"PL{chain_id}-R{original[0]:08d}-{original[1]:010d}"
    return f"PL{chain_id}-{root_id:08d}-{position:03d}-{place:04d}"
