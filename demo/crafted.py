"""Issue batches made by hand: what a finance node that was taken over could send to the chain.

Whoever holds a node's key may send any bytes. What he lacks are the units' chain keys, the bank's money and the number
ranges of others; the contract must hold with nothing but these. The demonstration gives him in turn each thing that he
could have, a unit's honest signature over a batch that is wrong in one place, for instance, and the contract names what
is wrong.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from piaolian_sdk.acts import Issue
from piaolian_sdk.tree import BY_CODE, BY_LIST, LeafByCode, LeafByList, Line, body_hash, lines_hash, positional_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from piaolian_sdk.acts import ChainSigner

# Where the bodies of a crafted batch would be; nobody looks, the batch is refused before.
_NO_BODIES = bytes(32)
_BOOKING_ADDRESS = "0x000000000000000000000000000000000000bEEF"


@dataclass(frozen=True, slots=True)
class Notice:
    """One payment notice as the chain knows it.

    Attributes:
        range: number of the payment range in the Registry.
        prefix: first 10 digits of its payment codes.
        sequence: last 10 digits.
        lines: its lines.
    """

    range: int
    prefix: int
    sequence: int
    lines: tuple[Line, ...]

    @property
    def payment_code(self) -> int:
        """The whole code, 20 digits."""
        return self.prefix * 10**10 + self.sequence

    @property
    def amount_fen(self) -> int:
        """Sum of the lines, in fen."""
        return sum(line.amount_fen for line in self.lines)


@dataclass(frozen=True, slots=True)
class Batch:
    """An issue batch before it is signed; ``changed`` makes a variant that is wrong in one place.

    Attributes:
        unit: number of the unit that the batch claims to be from.
        range: number of the receipt range.
        first: first receipt number.
        issue_day: days since 1970-01-01 in Beijing.
        catalog_version: version of the catalogue.
        notices: the paid notices, one for each receipt; empty by list.
        amounts_fen: amounts by list, or other amounts than the notices' for a forged batch by code.
        total_fen: total to claim; None is the true sum.
        seed: makes the documents of two batches differ.
        deadline: Unix seconds until which the batch may be mined.
    """

    unit: int
    range: int
    first: int
    issue_day: int
    catalog_version: int
    deadline: int
    notices: tuple[Notice, ...] = ()
    amounts_fen: tuple[int, ...] = ()
    total_fen: int | None = None
    seed: bytes = b"batch"
    mode: int = field(default=BY_CODE)

    def changed(self, **changes: Any) -> Batch:  # noqa: ANN401 # Any field of the batch.
        """Return the same batch with some fields changed."""
        return replace(self, **changes)

    @property
    def count(self) -> int:
        """Number of receipts."""
        return len(self.notices) if self.mode == BY_CODE else len(self.amounts_fen)

    @property
    def amounts(self) -> tuple[int, ...]:
        """Amount of each receipt, in fen."""
        return self.amounts_fen or tuple(notice.amount_fen for notice in self.notices)

    def body_hashes(self) -> list[bytes]:
        """Commitments to documents that exist nowhere."""
        return [
            body_hash(_digest(self.seed, b"document", index), _digest(self.seed, b"fields", index), _BOOKING_ADDRESS)
            for index in range(self.count)
        ]

    def unit_root(self) -> bytes:
        """Root over the leaves that this batch claims."""
        bodies, amounts = self.body_hashes(), self.amounts
        if self.mode == BY_CODE:
            return positional_root(
                [
                    LeafByCode(
                        range_id=self.range,
                        number=self.first + index,
                        amount_fen=amounts[index],
                        payment_code=notice.payment_code,
                        lines_hash=lines_hash(notice.lines),
                        body_hash=bodies[index],
                    ).hash
                    for index, notice in enumerate(self.notices)
                ]
            )
        return positional_root(
            [
                LeafByList(
                    range_id=self.range,
                    number=self.first + index,
                    amount_fen=amounts[index],
                    amount_salt=_digest(self.seed, b"salt", index),
                    body_hash=bodies[index],
                ).hash
                for index in range(self.count)
            ]
        )

    def sign(self, signer: ChainSigner, *, chain_id: int, receipt_ledger: str) -> Mapping[str, Any]:
        """Return the struct ``IssueBatch`` with this key's signature over the header.

        Args:
            signer: the chain key that signs, the unit's own or another one.
            chain_id: EIP-155 id of the chain.
            receipt_ledger: address of the ReceiptLedger proxy.
        """
        root = self.unit_root()
        total = self.total_fen if self.total_fen is not None else sum(self.amounts)
        act = Issue(
            unit=self.unit,
            range=self.range,
            mode=self.mode,
            first=self.first,
            count=self.count,
            issue_day=self.issue_day,
            total_fen=total,
            catalog_version=self.catalog_version,
            unit_root=root,
            deadline=self.deadline,
        )
        by_code = self.mode == BY_CODE
        return {
            "unit": self.unit,
            "range": self.range,
            "first": self.first,
            "count": self.count,
            "issueDay": self.issue_day,
            "totalFen": total,
            "catalogVersion": self.catalog_version,
            "unitRoot": root,
            "paymentRange": self.notices[0].range if by_code else 0,
            "paymentSequences": b"".join(notice.sequence.to_bytes(5, "big") for notice in self.notices),
            "bodyHashes": self.body_hashes() if by_code else [],
            "bodies": _NO_BODIES,
            "deadline": self.deadline,
            "signature": act.sign(signer, chain_id, receipt_ledger),
        }


def batch_by_list(
    *,
    unit: int,
    range_id: int,
    first: int,
    issue_day: int,
    catalog_version: int,
    deadline: int,
    amounts_fen: Sequence[int],
    seed: bytes = b"list",
) -> Batch:
    """Make a batch under list control."""
    return Batch(
        unit=unit,
        range=range_id,
        first=first,
        issue_day=issue_day,
        catalog_version=catalog_version,
        deadline=deadline,
        amounts_fen=tuple(amounts_fen),
        seed=seed,
        mode=BY_LIST,
    )


def _digest(seed: bytes, what: bytes, index: int) -> bytes:
    return hashlib.sha256(seed + b"|" + what + b"|" + str(index).encode()).digest()
