"""Insertions around ranges of a source text, nested like the ranges."""

from dataclasses import dataclass, field

_AFTER = 0
_BEFORE = 1


@dataclass
class Page:
    """One source file that is being rewritten; offsets are bytes of the original, as in the syntax tree.

    Attributes:
        original: The text as the compiler read it.
    """

    original: bytes
    _insertions: list[tuple[tuple[int, int, int, int], bytes]] = field(default_factory=list)
    _cuts: list[tuple[int, int]] = field(default_factory=list)

    def wrap(self, start: int, end: int, before: str, after: str) -> None:
        """Put text around a range. Ranges nest; of two equal ranges the one wrapped first lies outside."""
        place = len(self._insertions)
        self._insertions.append(((start, _BEFORE, -end, place), before.encode()))
        self._insertions.append(((end, _AFTER, -start, -place), after.encode()))

    def insert(self, position: int, text: str) -> None:
        """Put text at a place, before what is wrapped there."""
        self._insertions.append(((position, _BEFORE, -len(self.original) - 1, len(self._insertions)), text.encode()))

    def cut(self, start: int, end: int) -> None:
        """Leave a range out; nothing may be inserted inside it."""
        self._cuts.append((start, end))

    def text(self) -> bytes:
        """Return the rewritten text."""
        pieces: list[bytes] = []
        at = 0
        changes = [(key, text, key[0]) for key, text in self._insertions]
        changes += [((start, _BEFORE, 0, 0), b"", end) for start, end in self._cuts]
        for key, text, resume in sorted(changes):
            pieces += [self.original[at : key[0]], text]
            at = resume
        pieces.append(self.original[at:])
        return b"".join(pieces)
