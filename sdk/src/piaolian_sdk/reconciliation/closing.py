"""The day's statement: where all money stood at the end of a Beijing day, equal to the chain, signed. Pure.

The document is canonical JSON (keys sorted, no blanks, UTF-8, amounts as decimal text of yuan) with the digest of the
day before in it, so that the statements of a department form a chain of their own. Its signature is detached, with the
department's document key.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from piaolian_sdk.beijing import date_from_day_number
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.records import PaymentTotals
from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.reconciliation.books import Balance, Books, balance
from piaolian_sdk.reconciliation.lines import OpenItem
from piaolian_sdk.reconciliation.matching import Reconciliation
from piaolian_sdk.reconciliation.postings import Posting
from piaolian_sdk.signing import DocumentCertificate, DocumentSigner, verify_message

FORMAT: Final = "piaolian.day-statement.1"
_ACCOUNTS: Final = ("received", "paid", "receipted", "refunded", "suspense")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What a unit did with one item on one day, blue and red apart; fen.

    Attributes:
        unit: Number of the unit.
        item: Number of the item, 0 for money that no line is told of (suspense, differences).
        received: Seen at the bank.
        blue: Receipted.
        red: Receipts reversed.
        refunded: Given back.
        suspended: Come into suspense, less what left it.
    """

    unit: int
    item: int
    received: int
    blue: int
    red: int
    refunded: int
    suspended: int


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A statement and its signature.

    Attributes:
        document: Canonical JSON.
        signature: Detached, DER, over the document.
    """

    document: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the document, hex: what the next day's statement names."""
        return hashlib.sha256(self.document).hexdigest()


def day_rows(postings: Iterable[Posting], day: int) -> list[ItemRow]:
    """Return the rows of one day, by unit and item."""
    sums: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(ItemRow.__slots__[2:], 0))
    for posting in postings:
        if posting.day != day:
            continue
        for item, fen in posting.by_item():
            row = sums[posting.unit, item]
            row["received"] += fen if posting.source == "received" else 0
            row["blue"] += fen if posting.target == "receipted" else 0
            row["red"] += fen if posting.source == "receipted" else 0
            row["refunded"] += fen if posting.target == "refunded" else 0
            row["suspended"] += (fen if posting.target == "suspense" else 0) - (
                fen if posting.source == "suspense" else 0
            )
    return [ItemRow(unit, item, **row) for (unit, item), row in sorted(sums.items())]


def close_day(
    books: Books,
    found: Reconciliation,
    totals: PaymentTotals,
    *,
    day: int,
    at: BlockStamp,
    chain_id: int,
    previous: str,
) -> bytes:
    """Return the statement of a day, unsigned.

    Args:
        books: Up to and with the block `at`.
        found: What holding the four sides against each other has come to.
        totals: What the ledger itself says at this block.
        day: Beijing day number.
        at: Last block of the day.
        chain_id: Of the network.
        previous: Digest of the statement of the day before, "" for the first.

    Raises:
        InputError: "day-does-not-close": the books and the chain differ, or an ambiguity is undecided; the message
            names the account or the rule. Open items do not keep a day open: they are in the statement, with their age.
    """
    closing = balance(books.postings)
    for account, fen in asdict(totals).items():
        if getattr(closing, account) != fen:
            raise _does_not_close(
                f"{account} is {getattr(closing, account)} by the events and {fen} by the ledger",
                f"科目 {account} 的事件合计与链上总额不符",
            )
    if closing.difference or closing.moved:
        raise _does_not_close("money of a unit is nowhere", "收支不平")
    if found.ambiguities:
        raise _does_not_close(
            f"{len(found.ambiguities)} ambiguities are undecided", f"尚有 {len(found.ambiguities)} 处多种可能待人工判定"
        )
    before = balance(posting for posting in books.postings if posting.day < day)
    content = {
        "format": FORMAT,
        "chain_id": chain_id,
        "day": date_from_day_number(day).isoformat(),
        "block": {"number": at.number, "hash": at.hash.hex()},
        "previous": previous,
        "opening": _yuan(before),
        "closing": _yuan(closing),
        "rows": [_row(row) for row in day_rows(books.postings, day)],
        "matches": found.by_rule(),
        "open_items": [_item(item, day) for item in found.open_items],
    }
    return canonical_json(content)


def sign_day(document: bytes, signer: DocumentSigner) -> ClosedDay:
    """Sign a statement.

    Raises:
        SignerError: The key could not sign.
    """
    return ClosedDay(document, signer.sign(document))


def verify_day(closed: ClosedDay, certificate: DocumentCertificate, totals: PaymentTotals) -> dict[str, Any]:
    """Check signature, form and totals of a statement; return its content.

    Args:
        closed: The statement.
        certificate: Of the department; that it is trusted is checked elsewhere.
        totals: What the ledger says at the statement's block.

    Raises:
        VerificationError: "signature-wrong", or "day-statement-wrong" with what differs.
    """
    verify_message(certificate, closed.document, closed.signature)
    try:
        content: dict[str, Any] = json.loads(closed.document)
        is_canonical = canonical_json(content) == closed.document and content["format"] == FORMAT
        stated = {account: content["closing"][account] for account in asdict(totals)}
    except (ValueError, KeyError, TypeError) as exc:
        raise _wrong("form", "the document is no day statement", "不是日结单") from exc
    if not is_canonical:
        raise _wrong("form", "the document is not written canonically", "日结单书写不规范")
    if stated != {account: text_from_fen(fen) for account, fen in asdict(totals).items()}:
        raise _wrong("totals", "the statement's totals differ from the ledger's", "日结单总额与链上不符")
    return content


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """Return the one way in which a content is written."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _yuan(sums: Balance) -> dict[str, str]:
    return {account: text_from_fen(getattr(sums, account)) for account in _ACCOUNTS}


def _row(row: ItemRow) -> dict[str, Any]:
    amounts = {name: text_from_fen(getattr(row, name)) for name in ItemRow.__slots__[2:]}
    return {"unit": row.unit, "item": row.item, **amounts}


def _item(item: OpenItem, day: int) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "code": item.code,
        "amount": text_from_fen(item.amount_fen),
        "since": date_from_day_number(item.since).isoformat(),
        "age_days": item.age_days(day),
        "owner": item.owner,
        "reference": item.reference,
    }


def _does_not_close(message: str, message_zh: str) -> InputError:
    return InputError(
        "day-does-not-close",
        f"the day does not close: {message}",
        f"不能日结：{message_zh}",
        remedy="decide what is ambiguous; if the chain and its events differ, read them again from another chain node",
    )


def _wrong(step: str, message: str, message_zh: str) -> VerificationError:
    return VerificationError("day-statement-wrong", message, message_zh, step=step)
