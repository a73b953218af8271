"""A node in memory for tests of the SDK's clients: honest by default, and lying where a test tells it to.

It verifies signed requests and acts as a node does and countersigns with a real key; it has neither outbox nor chain.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel

from piaolian_sdk.acts import (
    Cancel,
    Exchange,
    Issue,
    Notice,
    ReturnPaper,
    Reverse,
    SoftwareChainSigner,
    Void,
    WriteOff,
    recover_address,
)
from piaolian_sdk.acts.eip712 import Act
from piaolian_sdk.beijing import BEIJING, day_number
from piaolian_sdk.client.unit_acts import month_from_text
from piaolian_sdk.contracts.address_book import AddressBook, DeployedContract
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.receipt import EInvoice, document_digest, fields_of, parse_receipt
from piaolian_sdk.requests import verify_request
from piaolian_sdk.signing import SUITE_P256, CertificateAuthority, SoftwareSigner, sign_receipt_as_supervisor
from piaolian_sdk.tree import LeafByList, body_hash, fields_root
from piaolian_sdk.wire import (
    BookReceipt,
    CancelNotice,
    PaperAct,
    PrepareNotices,
    PrepareReceipts,
    PrepareReversal,
    SubmitNotices,
    SubmitReceipts,
    SubmitReversal,
    VoidNumbers,
    WithdrawBooking,
    WriteOffPeriod,
    paths,
)

NOW = datetime(2026, 5, 6, 10, 0, tzinfo=BEIJING)
DATA = Path(__file__).parents[1] / "data" / "einvoice"
BASE_URL = "http://node.test:8080"
RECEIPT_RANGE, CODE_RANGE, PAYMENT_RANGE, PAPER_RANGE = 3, 4, 5, 6
PAYMENT_PREFIX = "3209992601"
NAMES = ("AccessManager", "Registry", "PaymentLedger", "ReceiptLedger")
ADDRESS_BOOK = AddressBook(
    chain_id=7,
    genesis_hash=bytes(32),
    contracts={
        name: DeployedContract(address="0x" + f"{place:02x}" * 20, code_hash=bytes(32))
        for place, name in enumerate(NAMES, start=1)
    },
    deployed_block=1,
)


def sample(name: str = "medical_outpatient_js") -> EInvoice:
    """Return a sample document's model."""
    return parse_receipt((DATA / f"{name}.xml").read_bytes()).model


def authority() -> CertificateAuthority:
    """Return a certificate authority whose clock is the tests'."""
    return CertificateAuthority.create("测试根证书", SUITE_P256, now=lambda: NOW.astimezone(UTC))


def range_entry(range_id: int, category: str, prefix: str, kind: str, mode: str | None) -> dict[str, Any]:
    """Return one range of the unit."""
    return {
        "range": range_id,
        "unit": 1,
        "category": category,
        "prefix": prefix,
        "first": 1,
        "last": 1000,
        "next": 1,
        "kind": kind,
        "mode": mode,
    }


@dataclass
class FakeNode:
    """A node; a test changes its attributes to make it refuse or lie.

    Attributes:
        certificates: Registered callers by key id.
        chain_address: Address that the unit's acts must be signed by.
        finance: The countersigning key.
        next_number: Next number of every range.
        refuse: Business number to the code that refuses it.
        lie: Changes an answer before it is sent, by path.
        failures: Answers to give first, instead of working: (status, body, headers), or an exception to raise.
        seen: (method, path, idempotency key) of every request that verified.
        given: Answers by path that a test gives; of a list, one after another.
    """

    certificates: dict[str, Any]
    chain_address: str
    finance: SoftwareSigner
    next_number: int = 11
    refuse: dict[str, str] = field(default_factory=dict)
    lie: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    failures: list[Any] = field(default_factory=list)
    seen: list[tuple[str, str, str | None]] = field(default_factory=list)
    given: dict[str, dict[str, Any] | list[dict[str, Any]]] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    messages: list[BaseModel] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    original_salt: bytes = bytes(32)

    def http(self) -> httpx.Client:
        """Return a client that reaches this node and nothing else."""
        return httpx.Client(transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            status, body, headers = failure
            return httpx.Response(status, json=body, headers=headers)
        if "signature" not in request.headers:
            self.seen.append((request.method, str(request.url), None))
            return httpx.Response(200, json=self._answer(request.url.path, b""))
        verified = verify_request(
            request.method,
            str(request.url),
            request.headers,
            request.content,
            self.certificates.get,
            now=int(NOW.timestamp()),
        )
        assert verified.nonce not in self.nonces, "a nonce was used twice"
        self.nonces.add(verified.nonce)
        path = request.url.path
        self.seen.append((request.method, path, request.headers.get("idempotency-key")))
        answer = self._answer(path, request.content)
        change = self.lie.get(path)
        return httpx.Response(202, json=change(answer) if change else answer)

    def _answer(self, path: str, body: bytes) -> dict[str, Any]:
        routes: dict[str, Callable[[bytes], dict[str, Any]]] = {
            paths.RANGES: lambda _: {"ranges": self._ranges()},
            paths.CATALOGUE: lambda _: {"version": 9, "items": self._items()},
            paths.RECEIPTS_PREPARE: self._prepare_receipts,
            paths.RECEIPTS_SUBMIT: self._submit_receipts,
            paths.NOTICES_PREPARE: self._prepare_notices,
            paths.NOTICES_SUBMIT: self._submit_notices,
            paths.NOTICES_CANCEL: self._cancel,
            paths.REVERSALS_PREPARE: self._prepare_reversal,
            paths.REVERSALS_SUBMIT: self._submit_reversal,
            paths.EXCHANGES: lambda raw: self._paper(raw, Exchange),
            paths.EXCHANGE_RETURNS: lambda raw: self._paper(raw, ReturnPaper),
            paths.VOIDS: self._void,
            paths.BOOKINGS: self._book,
            paths.BOOKINGS_WITHDRAW: self._unbook,
            paths.WRITE_OFFS: self._write_off,
        }
        if path in self.given:
            answer = self.given[path]
            return answer.pop(0) if isinstance(answer, list) else answer
        return routes[path](body)

    def _ranges(self) -> list[dict[str, Any]]:
        return [
            range_entry(RECEIPT_RANGE, "receipt", "32060126", "0601", "list"),
            range_entry(CODE_RANGE, "receipt", "32010126", "0101", "code"),
            range_entry(PAYMENT_RANGE, "payment", PAYMENT_PREFIX, "0101", None),
            range_entry(PAPER_RANGE, "paper", "4001", "0601", None),
        ]

    def _items(self) -> list[dict[str, Any]]:
        names = {item.item_code: item.item_name for name in ("medical_outpatient_js", "nontax_unified_js")
                 for item in sample(name).items}  # fmt: skip
        return [
            {"item_code": code, "item": place, "name": name, "minimum": "0.01", "maximum": "1000000.00"}
            for place, (code, name) in enumerate(names.items(), start=1)
        ]

    def _prepare_receipts(self, body: bytes) -> dict[str, Any]:
        message = PrepareReceipts.model_validate_json(body)
        self.messages.append(message)
        items: list[dict[str, Any]] = []
        count = 0
        for item in message.items:
            if item.business_number in self.refuse:
                problem = {"code": self.refuse[item.business_number], "decided_by": "node"}
                items.append({"business_number": item.business_number, "verdict": "refused", "problem": problem})
                continue
            number = f"{self.next_number + count:010d}"
            lines = self._lines(item.draft) if message.range == CODE_RANGE else []
            accepted = {"number": number, "check_code": "Ab12cD", "lines": lines}
            items.append({"business_number": item.business_number, "verdict": "accepted", **accepted})
            count += 1
        by_code = message.range == CODE_RANGE
        return {
            "lease": "lease-1" if count else None,
            "range": message.range,
            "receipt_code": "32010126" if by_code else "32060126",
            "first": self.next_number if count else None,
            "count": count,
            "mode": "code" if by_code else "list",
            "catalog_version": 9,
            "expires_at": "2026-05-06T10:10:00+08:00",
            "items": items,
        }

    def _lines(self, draft: bytes) -> list[dict[str, Any]]:
        numbers = {item["item_code"]: item["item"] for item in self._items()}
        return [
            {"item_code": item.item_code, "item": numbers[item.item_code], "amount": f"{item.item_amount:.2f}"}
            for item in parse_receipt(draft).model.items
        ]

    def _submit_receipts(self, body: bytes) -> dict[str, Any]:
        message = SubmitReceipts.model_validate_json(body)
        self.messages.append(message)
        prepare = next(m for m in reversed(self.messages) if isinstance(m, PrepareReceipts))
        act = Issue(
            unit=1,
            range=prepare.range,
            mode=1 if prepare.range == CODE_RANGE else 2,
            first=int(message.receipts[0].number),
            count=len(message.receipts),
            issue_day=day_number(message.issue_day),
            total_fen=fen_from_text(message.total),
            catalog_version=9,
            unit_root=message.unit_root,
            deadline=message.deadline,
        )
        self._check(act, message.signature)
        receipts = [self._countersign(item.document) for item in message.receipts]
        return {"submission": "s-1", "state": "countersigned", "receipts": receipts}

    def _countersign(self, document: bytes) -> dict[str, Any]:
        both = sign_receipt_as_supervisor(document, self.finance, NOW)
        parsed = parse_receipt(both)
        return {
            "number": parsed.model.main.einvoice_number,
            "code": parsed.model.main.einvoice_code,
            "check_code": parsed.model.main.random_number,
            "document": base64.b64encode(both).decode("ascii"),
            "document_digest": "0x" + document_digest(parsed).hex(),
            "qr": "https://verify.test/v",
        }

    def _prepare_notices(self, body: bytes) -> dict[str, Any]:
        message = PrepareNotices.model_validate_json(body)
        self.messages.append(message)
        items = [
            {
                "business_number": item.business_number,
                "verdict": "accepted",
                "payment_code": f"{PAYMENT_PREFIX}{self.next_number + place:010d}",
            }
            for place, item in enumerate(message.items)
        ]
        first = {"first": self.next_number, "count": len(items)}
        return {"lease": "lease-2", "range": message.range, **first, "items": items}

    def _submit_notices(self, body: bytes) -> dict[str, Any]:
        message = SubmitNotices.model_validate_json(body)
        self.messages.append(message)
        act = Notice(
            unit=1,
            range=PAYMENT_RANGE,
            first=self.next_number,
            due_day=day_number(message.due_day),
            lanes=message.lanes,
            lines=message.lines,
            deadline=message.deadline,
        )
        self._check(act, message.signature)
        return {"submission": "s-2", "state": "accepted", "payment_codes": []}

    def _cancel(self, body: bytes) -> dict[str, Any]:
        message = CancelNotice.model_validate_json(body)
        sequence = int(message.payment_code[10:])
        self._check(
            Cancel(unit=1, range=PAYMENT_RANGE, sequence=sequence, deadline=message.deadline), message.signature
        )
        return {"submission": "s-3", "state": "accepted"}

    def _prepare_reversal(self, body: bytes) -> dict[str, Any]:
        message = PrepareReversal.model_validate_json(body)
        self.messages.append(message)
        return {
            "lease": "lease-3",
            "range": RECEIPT_RANGE,
            "red_range": message.red_range,
            "code": "32060126",
            "number": f"{self.next_number:010d}",
            "check_code": "Zz99zZ",
            "mode": "list",
            "amount": "993.54",
            "lines_hash": "0x" + "00" * 32,
            "catalog_version": 9,
            "expires_at": "2026-05-06T10:10:00+08:00",
        }

    def _submit_reversal(self, body: bytes) -> dict[str, Any]:
        message = SubmitReversal.model_validate_json(body)
        prepare = next(m for m in reversed(self.messages) if isinstance(m, PrepareReversal))
        self.messages.append(message)
        act = Reverse(
            unit=1,
            range=RECEIPT_RANGE,
            number=int(prepare.number),
            red_range=prepare.red_range,
            red_number=self.next_number,
            issue_day=day_number(message.issue_day),
            amount_fen=99354,
            catalog_version=9,
            red_root=self.red_leaf(message),
            reason=prepare.reason,
            deadline=message.deadline,
        )
        self._check(act, message.signature)
        receipt = self._countersign(message.document)
        return {"submission": "s-4", "state": "countersigned", "receipt": receipt}

    def red_leaf(self, message: SubmitReversal) -> bytes:
        """Return the leaf that the contract would compute for the red receipt."""
        parsed = parse_receipt(message.document)
        key = SoftwareChainSigner(message.booking_secret).address
        body = body_hash(document_digest(parsed), fields_root(fields_of(parsed), message.fields_seed), key)
        return LeafByList(RECEIPT_RANGE, self.next_number, 99354, self.original_salt, body).hash

    def _paper(self, body: bytes, kind: type[Exchange] | type[ReturnPaper]) -> dict[str, Any]:
        message = PaperAct.model_validate_json(body)
        act = kind(1, RECEIPT_RANGE, int(message.number), message.paper_range, message.paper_number, message.deadline)
        self._check(act, message.signature)
        return {"submission": "s-5", "state": "accepted"}

    def _void(self, body: bytes) -> dict[str, Any]:
        message = VoidNumbers.model_validate_json(body)
        self._check(
            Void(1, message.range, message.first, message.count, message.reason, message.deadline), message.signature
        )
        return {"submission": "s-6", "state": "accepted"}

    def _book(self, body: bytes) -> dict[str, Any]:
        self.messages.append(BookReceipt.model_validate_json(body))
        return {"submission": "s-7", "state": "accepted"}

    def _unbook(self, body: bytes) -> dict[str, Any]:
        self.messages.append(WithdrawBooking.model_validate_json(body))
        return {"submission": "s-9", "state": "accepted"}

    def _write_off(self, body: bytes) -> dict[str, Any]:
        message = WriteOffPeriod.model_validate_json(body)
        totals = message.totals
        act = WriteOff(
            unit=1,
            kind=int(message.kind),
            month=month_from_text(message.month),
            issued=totals.issued,
            voided=totals.voided,
            red=totals.red,
            issued_fen=fen_from_text(totals.issued_amount),
            reversed_fen=fen_from_text(totals.reversed_amount),
            deadline=message.deadline,
        )
        self._check(act, message.signature)
        return {"submission": "s-8", "state": "accepted"}

    def _check(self, act: Act, signature: bytes) -> None:
        signed_by = recover_address(act.digest(ADDRESS_BOOK.chain_id, ADDRESS_BOOK.address_of(act.CONTRACT)), signature)
        assert signed_by == self.chain_address, f"{type(act).__name__} is signed by somebody else, or over other values"
        self.acts.append(act)
