"""Whose turn it is: windows before batches, and within a lane one piece of each unit after the other.

Somebody stands at a window and waits; a batch of a hundred thousand does not. A unit that sends much therefore waits
for itself alone: the other units' pieces go in between.
"""

from collections import OrderedDict, deque
from enum import IntEnum
from typing import Generic, TypeVar

_Piece = TypeVar("_Piece")

# A request with at most this many receipts is taken for one of a window.
WINDOW_RECEIPTS = 8


class Lane(IntEnum):
    """Lanes in the order in which they are served."""

    WINDOW = 0
    BATCH = 1


def lane_of(receipts: int) -> Lane:
    """Return the lane of a request by its number of receipts."""
    return Lane.WINDOW if receipts <= WINDOW_RECEIPTS else Lane.BATCH


class LaneQueue(Generic[_Piece]):
    """Pieces of work that wait for their turn."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, OrderedDict[int, deque[_Piece]]] = {lane: OrderedDict() for lane in Lane}

    def add(self, lane: Lane, unit: int, piece: _Piece) -> None:
        """Put a piece behind the other pieces of its unit."""
        self._lanes[lane].setdefault(unit, deque()).append(piece)

    def take(self) -> _Piece | None:
        """Return the next piece, or None when nothing waits."""
        for units in self._lanes.values():
            if not units:
                continue
            unit, pieces = units.popitem(last=False)
            piece = pieces.popleft()
            if pieces:
                # The unit stands last now: every other one has its turn before it.
                units[unit] = pieces
            return piece
        return None
