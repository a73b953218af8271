"""Writes camt.053 and camt.054 messages as a bank would. Pure.

Used by the demo and by tests only. Debtor names are left out: no personal data, also not an invented one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from lxml import etree

_ROOTS = {"camt.053": ("BkToCstmrStmt", "Stmt"), "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement on the account.

    Attributes:
        reference: The bank's reference (`AcctSvcrRef`).
        amount: Decimal text with two decimals, yuan.
        value_day: Value day.
        payment_code: 20 digits, or "" when the payer gave none.
        is_credit: Whether the money comes in.
        is_reversal: Whether the entry takes an earlier one back.
        is_booked: Whether the bank has booked it.
        code_in_remittance: Whether the code stands in the remark (`RmtInf`) instead of `EndToEndId`.
        currency: ISO 4217.
        details: For one entry that pays several codes: what it is made of; `payment_code` is left empty then.
    """

    reference: str
    amount: str
    value_day: date
    payment_code: str = ""
    is_credit: bool = True
    is_reversal: bool = False
    is_booked: bool = True
    code_in_remittance: bool = False
    currency: str = "CNY"
    details: tuple["Movement", ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One statement of one account.

    Attributes:
        account: Account identification.
        statement_id: `Id`.
        number: `ElctrncSeqNb`, None to leave it out.
        created: When the bank made it, with offset.
        movements: What it reports; several with one reference are one repeated notification.
        kind: "camt.053" or "camt.054".
        version: Version of the message, for example "08".
    """

    account: str
    statement_id: str
    number: int | None
    created: datetime
    movements: Sequence[Movement]
    kind: Literal["camt.053", "camt.054"] = "camt.054"
    version: str = "08"


def write_message(message: Message) -> bytes:
    """Return the message as UTF-8 XML."""
    root_name, statement_name = _ROOTS[message.kind]
    namespace = f"{_NAMESPACE}{message.kind}.001.{message.version}"
    document = etree.fromstring(f'<Document xmlns="{namespace}"/>')
    root = _child(document, root_name)
    header = _child(root, "GrpHdr")
    _child(header, "MsgId", f"M-{message.statement_id}")
    _child(header, "CreDtTm", message.created.isoformat())
    statement = _child(root, statement_name)
    _child(statement, "Id", message.statement_id)
    if message.number is not None:
        _child(statement, "ElctrncSeqNb", str(message.number))
    _child(statement, "CreDtTm", message.created.isoformat())
    account = _child(statement, "Acct")
    _child(_child(_child(account, "Id"), "Othr"), "Id", message.account)
    _child(account, "Ccy", "CNY")
    if message.movements:
        _summary(statement, message.movements)
    for movement in message.movements:
        _entry(statement, movement)
    return bytes(etree.tostring(document, xml_declaration=True, encoding="UTF-8"))


def _summary(statement: etree._Element, movements: Sequence[Movement]) -> None:
    summary = _child(statement, "TxsSummry")
    total = _child(summary, "TtlNtries")
    _child(total, "NbOfNtries", str(len(movements)))
    groups = (("TtlCdtNtries", True), ("TtlDbtNtries", False))
    for name, is_credit in groups:
        amounts = [Decimal(movement.amount) for movement in movements if movement.is_credit == is_credit]
        group = _child(summary, name)
        _child(group, "NbOfNtries", str(len(amounts)))
        _child(group, "Sum", f"{sum(amounts, Decimal(0)):.2f}")


def _entry(statement: etree._Element, movement: Movement) -> None:
    direction = "CRDT" if movement.is_credit else "DBIT"
    entry = _child(statement, "Ntry")
    _child(entry, "NtryRef", movement.reference)
    _child(entry, "Amt", movement.amount).set("Ccy", movement.currency)
    _child(entry, "CdtDbtInd", direction)
    if movement.is_reversal:
        _child(entry, "RvslInd", "true")
    _child(_child(entry, "Sts"), "Cd", "BOOK" if movement.is_booked else "PDNG")
    for name in ("BookgDt", "ValDt"):
        _child(_child(entry, name), "Dt", movement.value_day.isoformat())
    _child(entry, "AcctSvcrRef", movement.reference)
    domain = _child(_child(entry, "BkTxCd"), "Domn")
    _child(domain, "Cd", "PMNT")
    family = _child(domain, "Fmly")
    _child(family, "Cd", "RCDT" if movement.is_credit else "ICDT")
    _child(family, "SubFmlyCd", "DMCT")
    group = _child(entry, "NtryDtls")
    if movement.details:
        batch = _child(group, "Btch")
        _child(batch, "NbOfTxs", str(len(movement.details)))
    for detail in movement.details or (movement,):
        _detail(_child(group, "TxDtls"), detail, own_reference=bool(movement.details))


def _detail(details: etree._Element, movement: Movement, *, own_reference: bool) -> None:
    in_reference = bool(movement.payment_code) and not movement.code_in_remittance
    references = _child(details, "Refs")
    if own_reference:
        _child(references, "AcctSvcrRef", movement.reference)
    _child(references, "EndToEndId", movement.payment_code if in_reference else "NOTPROVIDED")
    _child(details, "Amt", movement.amount).set("Ccy", movement.currency)
    _child(details, "CdtDbtInd", "CRDT" if movement.is_credit else "DBIT")
    if movement.payment_code and movement.code_in_remittance:
        _child(_child(details, "RmtInf"), "Ustrd", f"缴款码{movement.payment_code}")


def _child(parent: etree._Element, name: str, value: str | None = None) -> etree._Element:
    namespace = etree.QName(parent).namespace
    made = etree.SubElement(parent, f"{{{namespace}}}{name}")
    made.text = value
    return made
