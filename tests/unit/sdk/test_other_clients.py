"""The clients of bookers and of everybody, and waiting for a submission."""

from datetime import date
from typing import Any

import pytest

from piaolian_sdk.acts import Book, SoftwareChainSigner, Unbook, recover_address
from piaolian_sdk.client import BookerClient, PublicClient, UnitClient
from piaolian_sdk.client.issuing import numbered
from piaolian_sdk.errors import InputError, RemoteError, SignerError
from piaolian_sdk.receipt import write_unsigned
from piaolian_sdk.signing import SUITE_P256, SoftwareSigner
from piaolian_sdk.testing import FailingChainSigner, FailingDocumentSigner
from piaolian_sdk.verify import leaf_of_proof
from piaolian_sdk.wire import BookReceipt, ReceiptProof, WithdrawBooking, paths
from support.fake_node import ADDRESS_BOOK, BASE_URL, NOW, FakeNode, authority, sample

ROOT = authority()
SIGNER = SoftwareSigner.from_pem(*ROOT.issue("测试单位", SUITE_P256))
BOOKER = SoftwareChainSigner(b"\x31" * 32)
BOOKING_KEY = SoftwareChainSigner(b"\x41" * 32)
CODE, NUMBER, CHECK_CODE = "32060126", "0000000012", "Ab12cD"
RECEIPT = f"/api/v1/receipts/{CODE}/{NUMBER}"
LEDGER = ADDRESS_BOOK.address_of("ReceiptLedger")
ZERO = "0x" + "00" * 32
PROOF: dict[str, Any] = {
    "chain_id": 7,
    "receipt_ledger": LEDGER,
    "code": CODE,
    "number": NUMBER,
    "root_id": 1,
    "position": 0,
    "headers": 1,
    "root_path": [],
    "header": {
        "unit": 1,
        "range": 3,
        "mode": "list",
        "first": 12,
        "count": 1,
        "issue_day": 20579,
        "total_fen": 99354,
        "catalog_version": 4,
        "unit_root": ZERO,
    },
    "unit_path": [],
    "amount_fen": 99354,
    "amount_salt": "0x" + "01" * 32,
    "lines_hash": ZERO,
    "document_digest": "0x" + "02" * 32,
    "fields_seed": None,
    "fields_root": "0x" + "03" * 32,
    "booking_address": BOOKING_KEY.address,
}
STATE: dict[str, Any] = {
    "code": CODE,
    "number": NUMBER,
    "unit": 1,
    "range": 3,
    "mode": "list",
    "issue_day": "2026-05-06",
    "state": "stamped",
    "state_zh": "已上链",
    "booking": {"share": 5, "next_counter": 4, "last_booker": None},
}


@pytest.fixture
def node() -> FakeNode:
    certificates = {SIGNER.certificate.digest.hex(): SIGNER.certificate}
    node = FakeNode(certificates, BOOKER.address, SIGNER)
    node.given = {f"{RECEIPT}/proof": PROOF, RECEIPT: STATE}
    return node


@pytest.fixture
def booker(node: FakeNode) -> BookerClient:
    return BookerClient(BASE_URL, SIGNER, BOOKER, ADDRESS_BOOK, now=NOW.timestamp, http=node.http())


def handed_over(mark: str | None, number: str = NUMBER) -> bytes:
    """Return a document as a payer hands it over, with its mark of arrears."""
    model = numbered(sample(), CODE, number, CHECK_CODE, NOW)
    extension = model.main.main_ext.model_copy(
        update={"is_arrears": mark, "arrears_reason": "未结清" if mark else None}
    )
    return write_unsigned(model.model_copy(update={"main": model.main.model_copy(update={"main_ext": extension})}))


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (handed_over("0"), "receipt-not-circulable"),
        (handed_over(None, "0000000013"), "identifier-mismatch"),
        (b"<EInvoice>", "receipt-not-well-formed"),
    ],
    ids=["for-arrears", "another-receipt", "no-receipt"],
)
def test_book__document_that_may_not_be_booked__is_refused_before_sending(
    booker: BookerClient, node: FakeNode, document: bytes, code: str
) -> None:
    with pytest.raises(InputError) as refusal:
        booker.book(CODE, NUMBER, CHECK_CODE, b"\x41" * 32, 5, document=document)

    assert refusal.value.code == code
    assert node.seen == []


def test_book__right_secret__is_signed_by_the_booking_key_over_the_leaf(booker: BookerClient, node: FakeNode) -> None:
    assert booker.book(CODE, NUMBER, CHECK_CODE, b"\x41" * 32, 600_000_000) == "s-7"

    (message,) = node.messages
    assert isinstance(message, BookReceipt)
    leaf = leaf_of_proof(ReceiptProof.model_validate(PROOF))
    act = Book(leaf, BOOKER.address, 4, 600_000_000, message.deadline)
    assert recover_address(act.digest(7, LEDGER), message.signature) == BOOKING_KEY.address
    assert message.counter == 4


def test_book__request__never_holds_the_secret(booker: BookerClient, node: FakeNode) -> None:
    booker.book(CODE, NUMBER, CHECK_CODE, b"\x41" * 32, 1)

    assert "41" * 32 not in node.messages[0].model_dump_json()


def test_book__secret_of_another_receipt__is_refused_before_sending(booker: BookerClient, node: FakeNode) -> None:
    with pytest.raises(InputError) as refused:
        booker.book(CODE, NUMBER, CHECK_CODE, b"\x42" * 32, 1)

    assert refused.value.code == "booking-key-wrong"
    assert node.messages == []


@pytest.mark.parametrize("share", [0, 1_000_000_001, -1])
def test_book__impossible_share__is_refused_before_sending(booker: BookerClient, node: FakeNode, share: int) -> None:
    with pytest.raises(InputError):
        booker.book(CODE, NUMBER, CHECK_CODE, b"\x41" * 32, share)

    assert node.messages == []


def test_unbook__own_booking__is_signed_by_the_booker(booker: BookerClient, node: FakeNode) -> None:
    assert booker.unbook(CODE, NUMBER, CHECK_CODE) == "s-9"

    (message,) = node.messages
    assert isinstance(message, WithdrawBooking)
    act = Unbook(3, int(NUMBER), BOOKER.address, 4, message.deadline)
    assert recover_address(act.digest(7, LEDGER), message.signature) == BOOKER.address


def test_public_verify__five_elements__are_asked_unsigned(node: FakeNode) -> None:
    node.given[paths.VERIFICATION] = {"result": "match", "result_zh": "查验一致"}
    client = PublicClient(BASE_URL, http=node.http())

    answer = client.verify(CODE, NUMBER, CHECK_CODE, "993.54", date(2026, 5, 6))

    assert answer.result == "match"
    assert node.seen[-1][1].endswith("?code=32060126&number=0000000012&check_code=Ab12cD&amount=993.54&date=2026-05-06")


def unit_client(node: FakeNode, **more: Any) -> UnitClient:
    members: dict[str, Any] = {
        "unit": 1,
        "document_signer": SIGNER,
        "chain_signer": BOOKER,
        "address_book": ADDRESS_BOOK,
        "now": NOW.timestamp,
        "sleep": lambda _seconds: None,
        "http": node.http(),
    }
    return UnitClient(BASE_URL, **{**members, **more})


def states(*names: str) -> list[dict[str, Any]]:
    return [{"submission": "s-1", "kind": "issue", "state": name} for name in names]


def test_wait__reaches_the_state__returns_it(node: FakeNode) -> None:
    node.given["/api/v1/submissions/s-1"] = states("accepted", "stored", "mined", "final")

    assert unit_client(node).wait("s-1").state == "final"


def test_wait__passes_the_state__returns_at_once(node: FakeNode) -> None:
    node.given["/api/v1/submissions/s-1"] = states("mined")

    assert unit_client(node).wait("s-1", until="sent").state == "mined"


def test_wait__refused__returns_the_refusal(node: FakeNode) -> None:
    refused = {**states("refused")[0], "refusal": {"code": "unit-overdue", "decided_by": "contract"}}
    node.given["/api/v1/submissions/s-1"] = [refused]

    refusal = unit_client(node).wait("s-1").refusal

    assert refusal is not None
    assert (refusal.code, refusal.decided_by) == ("unit-overdue", "contract")


def test_wait__too_long__says_that_nothing_is_lost(node: FakeNode) -> None:
    node.given["/api/v1/submissions/s-1"] = states(*["sent"] * 3)

    with pytest.raises(RemoteError) as refused:
        unit_client(node).wait("s-1", timeout_seconds=0)

    assert (refused.value.code, refused.value.retry) == ("submission-timeout", "after")


def test_void__chain_key_fails__sends_nothing(node: FakeNode) -> None:
    with pytest.raises(SignerError):
        unit_client(node, chain_signer=FailingChainSigner()).void(3, 1, 1, 1)

    assert node.seen == []


def test_void__document_key_fails__sends_nothing(node: FakeNode) -> None:
    with pytest.raises(SignerError):
        unit_client(node, document_signer=FailingDocumentSigner(SIGNER.certificate)).void(3, 1, 1, 1)

    assert node.seen == []


def test_close__client_of_the_caller__stays_open(node: FakeNode) -> None:
    http = node.http()

    with unit_client(node, http=http):
        pass

    assert not http.is_closed
