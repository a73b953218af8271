"""Which rows go out together.

A range's rows go in the order of their numbers, so a row that cannot go now holds back those after it in its range, and
one round takes one kind of each range. Kinds that a contract takes in lists are collected up to the limits of a
transaction; every other row goes alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from piaolian_node.chain.calls import COLLECTED, gas_of, size_of
from piaolian_node.outbox.rows import OutboxRow
from piaolian_node.outbox.states import WITH_BODIES

__all__ = ["COLLECTED", "MAX_GAS", "Group", "select_groups"]

# geth's pool refuses transactions above 128 KiB; signature and envelope take some.
MAX_BYTES = 120_000
# Used gas; the last member's allowance and the bytes come on top and must stay below a transaction's cap (EIP-7825).
MAX_GAS = 10_000_000


@dataclass
class Group:
    """Rows of one kind for one transaction."""

    kind: str
    rows: list[OutboxRow] = field(default_factory=list)
    gas: int = 0
    size: int = 0

    @property
    def is_full(self) -> bool:
        """Whether waiting longer would hardly add anything."""
        return self.gas > MAX_GAS // 2 or self.size > MAX_BYTES // 2

    def has_room_for(self, row: OutboxRow) -> bool:
        """Whether a row fits in."""
        return not self.rows or (self.gas + gas_of(row) <= MAX_GAS and self.size + size_of(row) <= MAX_BYTES)

    def add(self, row: OutboxRow) -> None:
        """Put a row in."""
        self.rows.append(row)
        self.gas += gas_of(row)
        self.size += size_of(row)


def select_groups(rows: Sequence[OutboxRow], *, now_ms: int, held: Collection[int]) -> list[Group]:
    """Return the groups that may go out now, in order.

    Args:
        rows: Rows that wait, in order of acceptance.
        now_ms: Unix milliseconds.
        held: Ranges in which a refused batch must be voided first; only voids pass.
    """
    kinds: dict[int, str] = {}
    stopped: set[int] = set()
    groups: list[Group] = []
    for row in sorted(rows, key=lambda item: item.sequence):
        if not _may_go(row, now_ms) or _is_held(row, kinds, stopped, held):
            if row.range is not None:
                stopped.add(row.range)
            continue
        if row.range is not None:
            kinds[row.range] = row.kind
        _place(groups, row)
    return groups


def _may_go(row: OutboxRow, now_ms: int) -> bool:
    is_ready = row.state == "stored" if row.kind in WITH_BODIES else row.state == "accepted"
    return is_ready and row.retry_at <= now_ms


def _is_held(row: OutboxRow, kinds: dict[int, str], stopped: set[int], held: Collection[int]) -> bool:
    if row.range is None:
        return False
    if row.range in held:
        return row.kind != "void"
    return row.range in stopped or kinds.get(row.range, row.kind) != row.kind


def _place(groups: list[Group], row: OutboxRow) -> None:
    if row.kind in COLLECTED:
        for group in reversed(groups):
            if group.kind == row.kind:
                if group.has_room_for(row):
                    group.add(row)
                    return
                break
    group = Group(row.kind)
    group.add(row)
    groups.append(group)
