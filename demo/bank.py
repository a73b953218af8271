"""The bank's word: camt.054 files, written as a bank would and dropped into the oracles' folders.

A file appears in a folder in one step (written aside, then renamed), so that no oracle reads half of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from demo.samples import text_of_fen

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


def write_camt054(number: int, payments: Iterable[Payment], *, at: datetime, account: str = ACCOUNT) -> bytes:
    """Write a credit notification.

    Args:
        number: electronic sequence number of the statement; the bank counts from 1 without gaps.
        payments: its entries in order.
        at: Beijing time of the file; its day is booking and value day.
        account: account that the money reached.

    Returns:
        camt.054.001.08, UTF-8.
    """
    stamp, day, message = at.isoformat(timespec="seconds"), at.date().isoformat(), f"M{number:06d}"
    entries = "".join(_entry(payment, day) for payment in payments)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>'
        f"<GrpHdr><MsgId>{message}</MsgId><CreDtTm>{stamp}</CreDtTm></GrpHdr>"
        f"<Ntfctn><Id>N-{message}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{stamp}</CreDtTm>"
        f"<Acct><Id><Othr><Id>{escape(account)}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
        f"{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def deliver(name: str, content: bytes, folders: Sequence[Path]) -> None:
    """Put the same file into every folder at once."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{name}.part"
        partial.write_bytes(content)
        partial.replace(folder / name)


def _entry(payment: Payment, day: str) -> str:
    amount, reference = text_of_fen(payment.amount_fen), escape(payment.reference)
    return (
        f'<Ntry><NtryRef>{reference}</NtryRef><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{escape(payment.payment_code)}</EndToEndId></Refs>"
        f'<Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls></NtryDtls></Ntry>'
    )
