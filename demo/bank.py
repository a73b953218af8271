"""The bank's word in the story: payments by code, sent by the simulated bank into the oracles' folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.samples import text_of_fen
from piaolian_oracle.simulator import Movement, SimulatedBank, file_name, put_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from demo.oracles import OracleStation

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
    return SimulatedBank(ACCOUNT, folders).send([movement_of(payment, at) for payment in payments], at=at)


def movement_of(payment: Payment, at: datetime) -> Movement:
    """Return a payment as the bank books it, on the day of `at`."""
    return Movement(payment.reference, text_of_fen(payment.amount_fen), at.date(), payment.payment_code)


def forge_statement(
    truth: Iterable[Payment],
    lie: Iterable[Payment],
    honest: Sequence[OracleStation],
    liar: OracleStation,
    *,
    at: datetime,
) -> None:
    """Have the bank send its next statement, which somebody replaced by another under the same number at one oracle."""
    bank = SimulatedBank(ACCOUNT, [station.folder for station in (*honest, liar)])
    number = bank.next_number()
    for station, payments in [*((station, truth) for station in honest), (liar, lie)]:
        movements = [movement_of(payment, at) for payment in payments]
        put_file(station.folder, file_name(number), bank.message(number, movements, at=at))
