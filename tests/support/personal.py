"""What of documents and bank files must never be found in a log."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree

from piaolian_sdk.receipt import fields_of, parse_receipt

# Names, numbers and accounts of people and units, where they stand in a receipt.
_PERSONAL = re.compile(
    r"Main/(PayerParty/(PayerPartyCode|PayerPartyName|PayerAcct|PayerOpBk)|InvoicingParty/RecAcct|Remark|HandlingPerson"
    r"|Checker|RandomNumber|MainExt/(PatientNumber|MedicalInsuranceID|CaseNumber|HospitalizationNumber|DepartmentName"
    r"|ArrearsReason))"
)
# And in a bank's message: parties, their accounts, what they wrote.
_BANK_TAGS = frozenset({"Nm", "IBAN", "Ustrd", "AdrLine"})
_SHORTEST_NUMBER = 6


def personal_values(documents: Iterable[bytes], bank_files: Iterable[Path] = ()) -> set[str]:
    """Return names, numbers, accounts and check codes of receipts, and names and accounts of bank files."""
    found = {
        value
        for document in documents
        for path, value in fields_of(parse_receipt(document))
        if _PERSONAL.fullmatch(path)
    }
    for file in bank_files:
        found |= set(_bank_values(file))
    return {value for value in found if _can_be_looked_for(value)}


def leaks(values: Iterable[str], text: str) -> set[str]:
    """Return the values that a text holds: words of Chinese anywhere, numbers as whole numbers."""
    tokens = set(re.findall(r"[0-9A-Za-z]+", text))
    whole = {value for value in values if re.fullmatch(r"[0-9A-Za-z]+", value)}
    return (whole & tokens) | {value for value in values if value not in whole and value in text}


def _bank_values(file: Path) -> Iterator[str]:
    tree = etree.parse(file, etree.XMLParser(resolve_entities=False, no_network=True))
    for element in tree.iter():
        if not isinstance(element.tag, str) or not element.text:
            continue
        name = etree.QName(element).localname
        parent = element.getparent()
        is_account = name == "Id" and parent is not None and etree.QName(parent).localname == "Othr"
        if name in _BANK_TAGS or is_account:
            yield element.text.strip()


def _can_be_looked_for(value: str) -> bool:
    # A short number is also a port, a duration or a count; a text of Chinese is a name from two characters on.
    return len(value) >= (_SHORTEST_NUMBER if value.isascii() else 2)
