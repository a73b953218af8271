"""One opened body as the row of ``receipts`` that it was made of. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from web3 import Web3

from piaolian_node.chain.openings import amount_word
from piaolian_node.errors import RecordError
from piaolian_node.outbox.payloads import IssuePayload, ReversePayload
from piaolian_node.receipts.judging import amount_of, content_digest_of
from piaolian_sdk.contracts.records import ControlMode
from piaolian_sdk.receipt import document_digest, fields_of, parse_receipt
from piaolian_sdk.sealing import ReceiptBody
from piaolian_sdk.tree import LeafByCode, LeafByList, body_hash, fields_root
from piaolian_sdk.tree.leaves import leaf_hash

_NO_LINES = bytes(32)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a batch beside its bodies.

    Attributes:
        code: Receipt code of the range, 8 digits.
        kind: Kind of the range.
        payload: The signed act.
        created_at: When it was accepted, Unix milliseconds.
        original: Row of the receipt that a reversal takes back, or None.
        notices: Row of the notice that each number takes, under code control.
    """

    code: str
    kind: int
    payload: IssuePayload | ReversePayload
    created_at: int
    original: Row[Any] | None
    notices: Mapping[int, Row[Any]]

    def unit_root(self, leaves: Sequence[bytes]) -> bytes:
        """Return the root that the unit signed; of a red receipt the leaf itself is the root, under its signature."""
        return self.payload.unit_root if isinstance(self.payload, IssuePayload) else leaves[0]


def opened_row(place: Place, number: int, body: ReceiptBody) -> dict[str, Any]:
    """Return the columns of ``receipts`` that a body determines.

    Raises:
        RecordError: The body is of another receipt, or what it refers to is not in the records.
    """
    parsed = parse_receipt(body.document)
    main = parsed.model.main
    if (main.einvoice_code, main.einvoice_number) != (place.code, f"{number:010d}"):
        raise RecordError("a body holds another receipt than its number says", "票据正文与号码不符")
    digest = document_digest(parsed)
    root = fields_root(fields_of(parsed), body.fields_seed)
    address = Web3.to_checksum_address(body.booking_address)
    amount_fen = abs(amount_of(parsed.model))
    shared: dict[str, Any] = {
        "number": number,
        "code": place.code,
        "unit": place.payload.unit,
        "kind": place.kind,
        "content_digest": content_digest_of(parsed.model),
        "check_code": main.random_number,
        "issue_day": place.payload.issue_day,
        "amount_fen": amount_fen,
        "document_digest": digest,
        "fields_seed": body.fields_seed,
        "fields_root": root,
        "booking_address": address,
    }
    committed = body_hash(digest, root, address)
    if isinstance(place.payload, ReversePayload):
        return {**shared, **_red(place, place.payload, number, committed)}
    return {**shared, **_blue(place, place.payload, number, committed, amount_fen, body.amount_salt)}


def _blue(
    place: Place, payload: IssuePayload, number: int, committed: bytes, amount_fen: int, amount_salt: bytes
) -> dict[str, Any]:
    by_code = payload.mode == ControlMode.BY_CODE
    notice = place.notices.get(number)
    if by_code and notice is None:
        raise RecordError("the notice of a receipt is missing", "票据对应的缴款通知缺失")
    if notice is not None:
        leaf = LeafByCode(
            payload.range, number, amount_fen, int(notice.payment_code), notice.lines_hash, committed
        ).hash
    else:
        leaf = LeafByList(payload.range, number, amount_fen, amount_salt, committed).hash
    return {
        "range": payload.range,
        "mode": payload.mode,
        "amount_salt": None if by_code else amount_salt,
        "payment_range": notice.range if notice is not None else None,
        "payment_code": notice.payment_code if notice is not None else None,
        "lines_hash": notice.lines_hash if notice is not None else _NO_LINES,
        "leaf": leaf,
        "is_red": 0,
        "original_range": None,
        "original_number": None,
    }


def _red(place: Place, payload: ReversePayload, number: int, committed: bytes) -> dict[str, Any]:
    original = place.original
    if original is None:
        raise RecordError("the receipt that a red one takes back is missing", "红票对应的原票缺失")
    leaf = leaf_hash(
        payload.red_range,
        number,
        amount_word(original),
        int(original.payment_code or 0),
        original.lines_hash,
        committed,
    )
    return {
        "range": payload.red_range,
        "mode": original.mode,
        "business_number": f"red:{original.code}{original.number:010d}",
        "amount_salt": original.amount_salt,
        "payment_range": original.payment_range,
        "payment_code": original.payment_code,
        "lines_hash": original.lines_hash,
        "leaf": leaf,
        "is_red": 1,
        "original_range": original.range,
        "original_number": original.number,
    }
