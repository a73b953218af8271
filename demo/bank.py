"""The bank's word in the story: payments by code, sent by the simulated bank into the oracles' folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.samples import text_of_fen
from piaolian_oracle.simulator import Movement, SimulatedBank

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

ACCOUNT = "0000000000000000001"


@dataclass(frozen=True, slots=True)
class Payment:
    """One entry of the bank's file.

    Attributes:
        reference: the bank's own reference; the same one twice is the same payment told twice.
        payment_code: 20 digits, carried in EndToEndId.
        amount_fen: what arrived, in fen.
    """

    reference: str
    payment_code: str
    amount_fen: int


def send_statement(payments: Iterable[Payment], folders: Sequence[Path], *, at: datetime) -> int:
    """Have the bank send its next statement, whole and the same, into every folder.

    Args:
        payments: its entries in order.
        folders: where the oracles look.
        at: Beijing time of the file; its day is booking and value day.

    Returns:
        The statement's number; the bank counts from 1 without gaps.
    """
    movements = [
        Movement(payment.reference, text_of_fen(payment.amount_fen), at.date(), payment.payment_code)
        for payment in payments
    ]
    return SimulatedBank(ACCOUNT, folders).send(movements, at=at)
