"""Outbox rows as calls of the contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection
from web3 import Web3

from piaolian_node.chain.openings import opening_of
from piaolian_node.outbox import payloads as p
from piaolian_node.outbox.rows import OutboxRow
from piaolian_sdk.contracts.abi import encode_call
from piaolian_sdk.contracts.structs import (
    BookAct,
    ExchangeAct,
    IssueBatch,
    NoticeBatch,
    ReturnAct,
    ReverseAct,
    Totals,
    UnbookAct,
    VoidAct,
    WriteOffAct,
)

# Kinds of which many acts go in one call, each with its own result.
COLLECTED = frozenset({"issue", "notice", "book"})

_CALLS = {
    "issue": ("ReceiptLedger", "issue"),
    "notice": ("PaymentLedger", "notice"),
    "cancel": ("PaymentLedger", "cancel"),
    "void": ("ReceiptLedger", "voidNumbers"),
    "reverse": ("ReceiptLedger", "reverse"),
    "exchange": ("ReceiptLedger", "exchange"),
    "return": ("ReceiptLedger", "returnPaper"),
    "book": ("ReceiptLedger", "bookMany"),
    "unbook": ("ReceiptLedger", "unbook"),
    "write-off": ("ReceiptLedger", "writeOff"),
}


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call.

    Attributes:
        contract: Name of the contract.
        function: Name of the function, for the records.
        data: Calldata.
        gas_limit: Gas to send where it cannot be estimated, else None.
    """

    contract: str
    function: str
    data: bytes
    gas_limit: int | None


async def plan_call(connection: AsyncConnection, kind: str, rows: Sequence[OutboxRow]) -> PlannedCall:
    """Return the call that does what the rows ask; more than one row only for collected kinds.

    Raises:
        RecordError: A receipt that an act speaks of is not in the index.
    """
    contract, function = _CALLS[kind]
    if kind in COLLECTED:
        acts = [await _act(connection, row) for row in rows]
        return PlannedCall(contract, function, encode_call(contract, function, acts), gas_limit(rows))
    (row,) = rows
    if kind == "cancel":
        cancel = cast("p.CancelPayload", row.payload)
        values: list[Any] = [cancel.unit, cancel.range, cancel.sequence, cancel.deadline, cancel.signature]
    else:
        values = [await _act(connection, row)]
    return PlannedCall(contract, function, encode_call(contract, function, *values), None)


# Collected calls catch the refusals of their members, so an estimate would find the gas at which members fail quietly.
# The contracts judge a member only when its whole allowance is left (InsufficientGas otherwise); what is sent too much
# is not charged. A call gets what its members will use, and the largest allowance once more for whichever is last.
_GAS_CALL = 200_000
_GAS_BYTE = 16
_ALLOWANCES = {  # for the member, for each item in it: `Issuing.sol`, `Notices.sol`, `Bookings.sol`
    "issue": (500_000, 9_000),
    "notice": (600_000, 8_000),
    "book": (250_000, 0),
}
_LINES_BYTE_GAS = 600
_RESERVE_GAS = 80_000
_GAS_USED = {"issue": (200_000, 9_500), "notice": (150_000, 8_000), "book": (200_000, 0)}


def gas_limit(rows: Sequence[OutboxRow]) -> int:
    """Return the gas that a collected call gets."""
    bytes_gas = _GAS_BYTE * sum(size_of(row) for row in rows)
    return _GAS_CALL + bytes_gas + sum(gas_of(row) for row in rows) + max(_allowance(row) for row in rows)


def gas_of(row: OutboxRow) -> int:
    """Return what a row in a collected call uses at most; other calls are estimated."""
    if row.kind not in COLLECTED:
        return 0
    member, item = _GAS_USED[row.kind]
    return member + item * _items(row) + _lines_gas(row)


def _allowance(row: OutboxRow) -> int:
    member, item = _ALLOWANCES[row.kind]
    # A call may be given 63 of 64 parts of what is left (EIP-150).
    return (member + item * _items(row) + _lines_gas(row)) * 64 // 63 + _RESERVE_GAS


def _items(row: OutboxRow) -> int:
    """Return the items that the contract handles one by one: receipts by code, notices."""
    payload = row.payload
    if isinstance(payload, p.IssuePayload):
        return len(payload.body_hashes)
    return len(payload.lanes) // 8 if isinstance(payload, p.NoticePayload) else 0


def _lines_gas(row: OutboxRow) -> int:
    return _LINES_BYTE_GAS * len(row.payload.lines) if isinstance(row.payload, p.NoticePayload) else 0


def size_of(row: OutboxRow) -> int:
    """Return about how many bytes a row takes in a transaction."""
    payload = row.payload
    if isinstance(payload, p.IssuePayload):
        return 800 + 32 * len(payload.body_hashes) + len(payload.payment_sequences)
    if isinstance(payload, p.NoticePayload):
        return 500 + len(payload.lanes) + len(payload.lines)
    return 2_500


async def _act(connection: AsyncConnection, row: OutboxRow) -> Any:  # noqa: ANN401, PLR0911 # One struct for each kind.
    match row.payload:
        case p.IssuePayload():
            return _issue(row, row.payload)
        case p.NoticePayload() as act:
            return NoticeBatch(
                act.unit, act.range, act.first, act.due_day, act.lanes, act.lines, act.deadline, act.signature
            )
        case p.VoidPayload() as act:
            return VoidAct(act.unit, act.range, act.first, act.count, act.reason, act.deadline, act.signature)
        case p.ReversePayload() as act:
            return await _reverse(connection, row, act)
        case p.ExchangePayload() as act:
            opening = await opening_of(connection, act.range, act.number)
            return ExchangeAct(opening, act.paper_range, act.paper_number, act.deadline, act.signature)
        case p.ReturnPayload() as act:
            return ReturnAct(
                act.unit, act.range, act.number, act.paper_range, act.paper_number, act.deadline, act.signature
            )
        case p.BookPayload() as act:
            opening = await opening_of(connection, act.range, act.number)
            booker = Web3.to_checksum_address(act.booker)
            return BookAct(opening, booker, act.counter, act.share, act.deadline, act.signature)
        case p.UnbookPayload() as act:
            booker = Web3.to_checksum_address(act.booker)
            return UnbookAct(act.range, act.number, booker, act.counter, act.deadline, act.signature)
        case p.WriteOffPayload() as act:
            totals = Totals(act.issued, act.voided, act.red, act.issued_fen, act.reversed_fen)
            return WriteOffAct(act.unit, act.kind, act.month, totals, act.deadline, act.signature)
    raise RuntimeError(f"no call is known for {row.kind}")


def _issue(row: OutboxRow, act: p.IssuePayload) -> IssueBatch:
    if row.bodies_root is None:
        raise RuntimeError("an issue is sent only when its bodies are stored")
    return IssueBatch(
        unit=act.unit,
        range=act.range,
        first=act.first,
        count=act.count,
        issue_day=act.issue_day,
        total_fen=act.total_fen,
        catalog_version=act.catalog_version,
        unit_root=act.unit_root,
        payment_range=act.payment_range,
        payment_sequences=act.payment_sequences,
        body_hashes=act.body_hashes,
        bodies=row.bodies_root,
        deadline=act.deadline,
        signature=act.signature,
    )


async def _reverse(connection: AsyncConnection, row: OutboxRow, act: p.ReversePayload) -> ReverseAct:
    if row.bodies_root is None:
        raise RuntimeError("a reversal is sent only when its body is stored")
    return ReverseAct(
        original=await opening_of(connection, act.range, act.number),
        red_range=act.red_range,
        red_number=act.red_number,
        issue_day=act.issue_day,
        amount_fen=act.amount_fen,
        amount_salt=act.amount_salt,
        red_body_hash=act.red_body_hash,
        catalog_version=act.catalog_version,
        reason=act.reason,
        payment_range=act.payment_range,
        bodies=row.bodies_root,
        deadline=act.deadline,
        signature=act.signature,
    )
