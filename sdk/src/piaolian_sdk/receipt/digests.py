"""What is signed, what the chain commits to, and the fields of a receipt."""

import hashlib
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from cryptography.hazmat.primitives import hashes

from piaolian_sdk.codes import CheckCode, ReceiptKey
from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt.model import EInvoice, Header
from piaolian_sdk.receipt.reading import ParsedReceipt
from piaolian_sdk.receipt.suites import SUITE_P256, algorithm_of


def original_bytes(parsed: ParsedReceipt) -> bytes:
    """Return what the unit signs: ``Header`` and ``EInvoiceData`` as they stand in the document."""
    return parsed.header_bytes + parsed.data_bytes


def document_digest(parsed: ParsedReceipt) -> bytes:
    """Return the SHA-256 of the unit-signed original, 32 bytes; the chain commits to it.

    Raises:
        InputError: The unit has not signed yet.
    """
    digest = hashlib.sha256(parsed.header_bytes)
    digest.update(parsed.data_bytes)
    digest.update(_unit_signature(parsed))
    return digest.digest()


def supervision_message(parsed: ParsedReceipt, suite: str) -> bytes:
    """Return what the finance department signs: the digest of the original, then the unit's signature.

    Args:
        parsed: The document with the unit's signature.
        suite: Suite of the finance department's key; it decides the digest (SM3 or SHA-256, 32 bytes).

    Raises:
        InputError: The unit has not signed yet, or the suite is unknown.
    """
    algorithm_of(suite)
    return _hash(original_bytes(parsed), suite) + _unit_signature(parsed)


def renumber(
    receipt: ParsedReceipt | EInvoice, *, code: str, number: str, check_code: str, issue_date: date, issue_time: time
) -> EInvoice:
    """Return the receipt under another code, number, check code and time of issue, without signatures.

    Header and main part change together; the specimen code stays.

    Raises:
        InputError: Code, number or check code is malformed.
    """
    model = receipt.model if isinstance(receipt, ParsedReceipt) else receipt
    key = ReceiptKey.of(code, number)
    main = model.main.model_copy(
        update={
            "einvoice_code": str(key.code),
            "einvoice_number": str(key.number),
            "random_number": str(CheckCode(check_code)),
            "issue_date": date(issue_date.year, issue_date.month, issue_date.day),
            "issue_time": issue_time.replace(microsecond=0, tzinfo=None, fold=0),
        }
    )
    header = Header.of(key.code, key.number).model_copy(update={"version": model.header.version})
    return model.model_copy(update={"header": header, "main": main, "signatures": ()})


def fields_of(parsed: ParsedReceipt) -> list[tuple[str, str]]:
    """Return path and exact text of every leaf element of header and data, in document order.

    Paths look like ``Header/Version``, ``Main/PayerParty/PayerPartyName`` and ``Details/Item[1]/ItemCode``; items and
    list lines are counted from one.
    """
    contents = parsed.contents
    fields: list[tuple[str, str]] = []
    _collect(contents["header"], "Header/", fields)
    _collect(contents["main"], "Main/", fields)
    for number, item in enumerate(contents["items"], 1):
        _collect(item, f"Details/Item[{number}]/", fields)
    for number, line in enumerate(contents.get("aux_items", ()), 1):
        _collect(line, f"AuxDetails/AuxItem[{number}]/", fields)
    return fields


def _collect(element: Mapping[str, Any], path: str, fields: list[tuple[str, str]]) -> None:
    for name, value in element.items():
        if isinstance(value, str):
            fields.append((path + name, value))
        else:
            _collect(value, f"{path}{name}/", fields)


def _hash(data: bytes, suite: str) -> bytes:
    if suite == SUITE_P256:
        return hashlib.sha256(data).digest()
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _unit_signature(parsed: ParsedReceipt) -> bytes:
    if parsed.unit_signature_bytes is None:
        raise InputError(
            "receipt-signature-missing",
            "the document has no signature of the unit",
            "票据没有单位签名",
            field="EInvoiceSignature",
            rule="the unit signs first",
            remedy="sign the document as the unit",
        )
    return parsed.unit_signature_bytes
