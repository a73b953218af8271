"""The receipt: its model and its exact bytes.

A unit writes a document once, signs the bytes, and nobody writes them again::

    unsigned = write_unsigned(model)
    parsed = parse_receipt(unsigned)
    parsed.model.main.total_amount     # Decimal("993.54")
    original_bytes(parsed)             # what the unit signs
    document_digest(parse_receipt(signed))  # what the chain commits to
"""

from piaolian_sdk.receipt.digests import document_digest, fields_of, original_bytes, renumber, supervision_message
from piaolian_sdk.receipt.model import (
    AuxItem,
    EInvoice,
    Element,
    Header,
    InvoicingParty,
    Item,
    KeyInfo,
    Main,
    MainExtension,
    PayerParty,
    Seal,
    Signature,
    SignedInfo,
)
from piaolian_sdk.receipt.reading import MAX_RECEIPT_BYTES, ParsedReceipt, parse_receipt, receipt_from_members
from piaolian_sdk.receipt.suites import SUITE_P256, SUITE_SM2, algorithm_of, suite_of
from piaolian_sdk.receipt.writing import (
    append_supervision_signature,
    append_unit_signature,
    write_signature,
    write_unsigned,
)

__all__ = [
    "MAX_RECEIPT_BYTES",
    "SUITE_P256",
    "SUITE_SM2",
    "AuxItem",
    "EInvoice",
    "Element",
    "Header",
    "InvoicingParty",
    "Item",
    "KeyInfo",
    "Main",
    "MainExtension",
    "ParsedReceipt",
    "PayerParty",
    "Seal",
    "Signature",
    "SignedInfo",
    "algorithm_of",
    "append_supervision_signature",
    "append_unit_signature",
    "document_digest",
    "fields_of",
    "original_bytes",
    "parse_receipt",
    "receipt_from_members",
    "renumber",
    "suite_of",
    "supervision_message",
    "write_signature",
    "write_unsigned",
]
