"""The signed act of an outbox row as JSON. What else the chain needs (openings, bodies) is added at sending.

Amounts are fen, days count from 1970-01-01 in Beijing, deadlines are Unix seconds; bytes are 0x-hex.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from piaolian_node.outbox.states import Kind
from piaolian_sdk.wire import Address, Hex, Hex32, Hex65


class Payload(BaseModel):
    """Base of all payloads."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    KIND: ClassVar[Kind]
    deadline: int
    signature: Hex65


class IssuePayload(Payload):
    """One batch of receipts. By list the payment range is 0 and sequences and body hashes are empty."""

    KIND: ClassVar[Kind] = "issue"
    unit: int
    range: int
    mode: int
    first: int
    count: int
    issue_day: int
    total_fen: int
    catalog_version: int
    unit_root: Hex32
    payment_range: int = 0
    payment_sequences: Hex = b""
    body_hashes: list[Hex32] = []


class NoticePayload(Payload):
    """One batch of payment notices."""

    KIND: ClassVar[Kind] = "notice"
    unit: int
    range: int
    first: int
    due_day: int
    lanes: Hex
    lines: Hex


class CancelPayload(Payload):
    """One notice to cancel."""

    KIND: ClassVar[Kind] = "cancel"
    unit: int
    range: int
    sequence: int


class VoidPayload(Payload):
    """Numbers to void."""

    KIND: ClassVar[Kind] = "void"
    unit: int
    range: int
    first: int
    count: int
    reason: int


class ReversePayload(Payload):
    """One reversal with its red receipt."""

    KIND: ClassVar[Kind] = "reverse"
    unit: int
    range: int
    number: int
    red_range: int
    red_number: int
    issue_day: int
    amount_fen: int
    amount_salt: Hex32
    red_body_hash: Hex32
    catalog_version: int
    reason: int
    payment_range: int


class ExchangePayload(Payload):
    """One exchange to paper."""

    KIND: ClassVar[Kind] = "exchange"
    unit: int
    range: int
    number: int
    paper_range: int
    paper_number: int


class ReturnPayload(Payload):
    """One paper original taken back."""

    KIND: ClassVar[Kind] = "return"
    unit: int
    range: int
    number: int
    paper_range: int
    paper_number: int


class BookPayload(Payload):
    """One booking; share in billionths."""

    KIND: ClassVar[Kind] = "book"
    range: int
    number: int
    booker: Address
    counter: int
    share: int


class UnbookPayload(Payload):
    """One booking withdrawn."""

    KIND: ClassVar[Kind] = "unbook"
    range: int
    number: int
    booker: Address
    counter: int


class WriteOffPayload(Payload):
    """One month's totals."""

    KIND: ClassVar[Kind] = "write-off"
    unit: int
    kind: int
    month: int
    issued: int
    voided: int
    red: int
    issued_fen: int
    reversed_fen: int


PAYLOADS: dict[str, type[Payload]] = {
    payload.KIND: payload
    for payload in (
        IssuePayload,
        NoticePayload,
        CancelPayload,
        VoidPayload,
        ReversePayload,
        ExchangePayload,
        ReturnPayload,
        BookPayload,
        UnbookPayload,
        WriteOffPayload,
    )
}


def read_payload(kind: str, text: str) -> Payload:
    """Return the payload of a row."""
    return PAYLOADS[kind].model_validate_json(text)
