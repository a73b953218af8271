"""A batch whose answer was lost is sent again byte for byte, by the same process or by the next one."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest

from piaolian_sdk.acts import SoftwareChainSigner
from piaolian_sdk.client import FolderJournal, Journal, MemoryJournal, NodeRefusedError, ReceiptDraft, UnitClient
from piaolian_sdk.errors import InputError, RemoteError
from piaolian_sdk.signing import SUITE_P256, SoftwareSigner
from piaolian_sdk.wire import PrepareReceipts, SubmitReceipts, paths
from support.fake_node import ADDRESS_BOOK, BASE_URL, NOW, RECEIPT_RANGE, FakeNode, authority, sample

ROOT = authority()
SIGNER = SoftwareSigner.from_pem(*ROOT.issue("测试医院", SUITE_P256))
FINANCE = SoftwareSigner.from_pem(*ROOT.issue("测试财政", SUITE_P256))
CHAIN_SIGNER = SoftwareChainSigner(b"\x21" * 32)
EXPIRED = {"title": "预留已过期", "status": 409, "code": "lease-expired", "retry": "never", "decided_by": "node"}


@pytest.fixture
def node() -> FakeNode:
    return FakeNode({SIGNER.certificate.digest.hex(): SIGNER.certificate}, CHAIN_SIGNER.address, FINANCE)


def client(node: FakeNode, journal: Journal, *, later_seconds: float = 0) -> UnitClient:
    """Return a client as one process would make it; its randomness is its own."""
    return UnitClient(
        BASE_URL,
        unit=1,
        document_signer=SIGNER,
        chain_signer=CHAIN_SIGNER,
        address_book=ADDRESS_BOOK,
        now=lambda: NOW.timestamp() + later_seconds,
        sleep=lambda _seconds: None,
        http=node.http(),
        journal=journal,
    )


def drafts(*numbers: str) -> list[ReceiptDraft]:
    return [ReceiptDraft(number, sample()) for number in numbers]


def lose_answers(_answer: dict[str, Any]) -> NoReturn:
    raise httpx.ReadError("the connection broke")


def sent(node: FakeNode, kind: type[PrepareReceipts] | type[SubmitReceipts]) -> list[bytes]:
    return [message.model_dump_json().encode() for message in node.messages if isinstance(message, kind)]


@pytest.mark.parametrize("lost", [paths.RECEIPTS_PREPARE, paths.RECEIPTS_SUBMIT])
def test_issue__answer_lost_and_next_process_tries_again__sends_the_same_bytes(
    node: FakeNode, tmp_path: Path, lost: str
) -> None:
    node.lie[lost] = lose_answers
    with pytest.raises(RemoteError):
        client(node, FolderJournal(tmp_path)).issue(RECEIPT_RANGE, drafts("B-1", "B-2"), idempotency_key="K")
    node.lie.clear()

    result = client(node, FolderJournal(tmp_path), later_seconds=90).issue(
        RECEIPT_RANGE, drafts("B-1", "B-2"), idempotency_key="K"
    )

    assert [item.verdict for item in result.items] == ["accepted", "accepted"]
    assert len(set(sent(node, PrepareReceipts))) == 1
    assert len(set(sent(node, SubmitReceipts))) == 1
    keys = {key for _, path, key in node.seen if path in (paths.RECEIPTS_PREPARE, paths.RECEIPTS_SUBMIT)}
    assert keys == {"K-prepare", "K-submit"}


def test_issue__answered_and_sent_again__gives_the_same_receipts_and_secrets(node: FakeNode, tmp_path: Path) -> None:
    first = client(node, FolderJournal(tmp_path)).issue(RECEIPT_RANGE, drafts("B-1", "B-2"), idempotency_key="K")
    again = client(node, FolderJournal(tmp_path)).issue(RECEIPT_RANGE, drafts("B-1", "B-2"), idempotency_key="K")

    def kept(item: Any) -> tuple[Any, ...]:
        receipt = item.receipt
        return receipt.number, receipt.check_code, receipt.document_digest, receipt.booking_secret, receipt.fields_seed

    assert [kept(item) for item in again.items] == [kept(item) for item in first.items]


def test_issue__refused_draft_in_the_batch__keeps_its_verdict_when_sent_again(node: FakeNode) -> None:
    journal = MemoryJournal()
    model = sample()
    wrong = model.model_copy(
        update={"main": model.main.model_copy(update={"total_amount": model.main.total_amount + 1})}
    )
    batch = [ReceiptDraft("B-1", model), ReceiptDraft("B-2", wrong), ReceiptDraft("B-3", model)]
    node.lie[paths.RECEIPTS_SUBMIT] = lose_answers
    with pytest.raises(RemoteError):
        client(node, journal).issue(RECEIPT_RANGE, batch, idempotency_key="K")
    node.lie.clear()

    result = client(node, journal).issue(RECEIPT_RANGE, batch, idempotency_key="K")

    assert [item.verdict for item in result.items] == ["accepted", "refused", "accepted"]
    assert result.items[1].problem is not None
    assert result.items[1].problem.code == "total-mismatch"


@pytest.mark.parametrize("other", [drafts("B-1"), drafts("B-1", "B-3"), drafts("B-2", "B-1")])
def test_issue__key_of_another_batch__is_refused_and_nothing_sent(node: FakeNode, other: list[ReceiptDraft]) -> None:
    journal = MemoryJournal()
    client(node, journal).issue(RECEIPT_RANGE, drafts("B-1", "B-2"), idempotency_key="K")
    before = len(node.seen)

    with pytest.raises(InputError) as refused:
        client(node, journal).issue(RECEIPT_RANGE, other, idempotency_key="K")

    assert refused.value.code == "idempotency-conflict"
    assert len(node.seen) == before


def test_issue__lease_expired_meanwhile__asks_for_numbers_under_a_further_key(node: FakeNode) -> None:
    journal = MemoryJournal()
    node.lie[paths.RECEIPTS_SUBMIT] = lose_answers
    with pytest.raises(RemoteError):
        client(node, journal).issue(RECEIPT_RANGE, drafts("B-1"), idempotency_key="K")
    node.lie.clear()
    node.failures = [(409, EXPIRED, {})]

    result = client(node, journal).issue(RECEIPT_RANGE, drafts("B-1"), idempotency_key="K")

    assert [item.verdict for item in result.items] == ["accepted"]
    assert [key for _, path, key in node.seen if path == paths.RECEIPTS_SUBMIT][-1] == "K-2-submit"
    assert len(set(sent(node, SubmitReceipts))) == 2


def test_issue__first_try_finds_no_lease__is_told_to_the_caller(node: FakeNode) -> None:
    def refuse_submit(answer: dict[str, Any]) -> dict[str, Any]:
        node.failures = [(409, EXPIRED, {})]
        return answer

    node.lie[paths.RECEIPTS_PREPARE] = refuse_submit
    with pytest.raises(NodeRefusedError) as refused:
        client(node, MemoryJournal()).issue(RECEIPT_RANGE, drafts("B-1"), idempotency_key="K")

    assert refused.value.code == "lease-expired"


def test_issue__without_a_key__keeps_nothing(node: FakeNode, tmp_path: Path) -> None:
    client(node, FolderJournal(tmp_path)).issue(RECEIPT_RANGE, drafts("B-1"))

    assert list(tmp_path.iterdir()) == []


def test_issue__record_is_damaged__is_refused_and_nothing_sent(node: FakeNode) -> None:
    journal = MemoryJournal()
    journal.write("K", b'{"content": ')

    with pytest.raises(InputError) as refused:
        client(node, journal).issue(RECEIPT_RANGE, drafts("B-1"), idempotency_key="K")

    assert refused.value.code == "journal-malformed"
    assert node.seen == []


@pytest.mark.parametrize("make", [lambda _folder: MemoryJournal(), FolderJournal], ids=["memory", "folder"])
def test_journal__write_read_forget__gives_back_the_newest(tmp_path: Path, make: Callable[[Path], Journal]) -> None:
    journal = make(tmp_path)
    assert journal.read("../K") is None
    journal.write("../K", b"one")
    journal.write("../K", b"two")
    journal.write("other", b"three")
    assert journal.read("../K") == b"two"
    journal.forget("../K")
    journal.forget("../K")
    assert (journal.read("../K"), journal.read("other")) == (None, b"three")


def test_memory_journal__many_records__keeps_the_newest_eight() -> None:
    journal = MemoryJournal()
    for number in range(10):
        journal.write(f"K-{number}", b"x")

    assert [number for number in range(10) if journal.read(f"K-{number}")] == list(range(2, 10))


def test_folder_journal__files__are_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    FolderJournal(folder).write("K", b"secret")

    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
