"""Names of states and kinds."""

from typing import Final, Literal

State = Literal["accepted", "countersigned", "stored", "sent", "mined", "final", "refused"]
Kind = Literal["issue", "notice", "cancel", "void", "reverse", "exchange", "return", "book", "unbook", "write-off"]

WITH_BODIES: Final[frozenset[str]] = frozenset({"issue", "reverse"})
# States before the chain has the act.
WAITING: Final[tuple[State, ...]] = ("accepted", "countersigned", "stored")
# States in which a row may still change.
OPEN: Final[tuple[State, ...]] = (*WAITING, "sent", "mined")
# Acts that use up numbers of a range and so must go in order.
NUMBERED: Final[frozenset[str]] = frozenset({"issue", "notice", "void", "reverse"})
