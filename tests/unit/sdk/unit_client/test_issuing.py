"""Issuing: the good path, refusals before sending, nodes that lie, and trying again."""

import base64
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from piaolian_sdk.acts import Issue, SoftwareChainSigner
from piaolian_sdk.client import NodeRefusedError, UnitClient
from piaolian_sdk.errors import InputError, RemoteError
from piaolian_sdk.receipt import EInvoice, document_digest, fields_of, parse_receipt
from piaolian_sdk.signing import (
    SUITE_SM2,
    CertificateTrust,
    SoftwareSigner,
    verify_supervision_signature,
    verify_unit_signature,
)
from piaolian_sdk.tree import LeafByCode, LeafByList, Line, body_hash, fields_root, lines_hash, positional_root
from piaolian_sdk.wire import SubmitReceipts, paths
from support.fake_node import (
    ADDRESS_BOOK,
    BASE_URL,
    CODE_RANGE,
    NOW,
    PAYMENT_PREFIX,
    RECEIPT_RANGE,
    FakeNode,
    sample,
)
from support.unit_client import CHAIN_SIGNER, ROOT, Clock, changed, draft

# Issuing


def test_issue__batch_by_list__returns_receipts_with_both_signatures(client: UnitClient, node: FakeNode) -> None:
    result = client.issue(RECEIPT_RANGE, [draft("B-1"), draft("B-2"), draft("B-3")])

    assert result.submission_id == "s-1"
    assert [item.receipt.number for item in result.items if item.receipt] == [
        "0000000011",
        "0000000012",
        "0000000013",
    ]
    trust = CertificateTrust([ROOT.certificate])
    for item in result.accepted:
        assert item.receipt is not None
        parsed = parse_receipt(item.receipt.document)
        verify_unit_signature(parsed, trust, NOW)
        verify_supervision_signature(parsed, trust, NOW)
        assert document_digest(parsed) == item.receipt.document_digest
        assert (parsed.model.main.einvoice_number, parsed.model.main.random_number) == (item.receipt.number, "Ab12cD")
        assert parsed.model.main.issue_date == date(2026, 5, 6)
        assert item.receipt.booking_address == SoftwareChainSigner(item.receipt.booking_secret).address


def test_issue__batch_by_list__signs_the_root_of_exactly_its_leaves(client: UnitClient, node: FakeNode) -> None:
    result = client.issue(RECEIPT_RANGE, [draft("B-1"), draft("B-2")])

    leaves = []
    for item in result.accepted:
        receipt = item.receipt
        assert receipt is not None
        root = fields_root(fields_of(parse_receipt(receipt.document)), receipt.fields_seed)
        body = body_hash(receipt.document_digest, root, receipt.booking_address)
        leaves.append(LeafByList(RECEIPT_RANGE, int(receipt.number), 99354, receipt.amount_salt, body).hash)
    (act,) = node.acts
    assert isinstance(act, Issue)
    assert act.unit_root == positional_root(leaves)
    assert (act.total_fen, act.count, act.first, act.mode, act.catalog_version) == (2 * 99354, 2, 11, 2, 9)


def test_issue__batch__secrets_are_all_different(client: UnitClient) -> None:
    receipts = [item.receipt for item in client.issue(RECEIPT_RANGE, [draft("B-1"), draft("B-2")]).items]

    secrets = [s for r in receipts if r for s in (r.amount_salt, r.fields_seed, r.booking_secret)]
    assert len(set(secrets)) == 6


def test_issue__by_code__leaf_holds_code_lines_and_amount(client: UnitClient, node: FakeNode) -> None:
    code = f"{PAYMENT_PREFIX}0000000001"
    model = with_payment_code(sample("nontax_unified_js"), code)

    (item,) = client.issue(CODE_RANGE, [draft("B-1", model, payment_code=code)]).items

    assert item.problem is None
    receipt = item.receipt
    assert receipt is not None
    numbers = {entry["item_code"]: entry["item"] for entry in node._items()}
    lines = [Line(int(i.item_amount * 100), numbers[i.item_code]) for i in model.items]
    root = fields_root(fields_of(parse_receipt(receipt.document)), receipt.fields_seed)
    body = body_hash(receipt.document_digest, root, receipt.booking_address)
    leaf = LeafByCode(CODE_RANGE, 11, sum(line.amount_fen for line in lines), int(code), lines_hash(lines), body)
    (act,) = node.acts
    assert isinstance(act, Issue)
    assert act.unit_root == leaf.hash
    assert receipt.payment_code == code


def with_payment_code(model: EInvoice, code: str) -> EInvoice:
    extension = model.main.main_ext.model_copy(update={"pay_code": code})
    return model.model_copy(update={"main": model.main.model_copy(update={"main_ext": extension})})


def with_total(model: EInvoice, total: str) -> EInvoice:
    return model.model_copy(update={"main": model.main.model_copy(update={"total_amount": Decimal(total)})})


def test_issue__one_bad_draft__is_refused_here_and_blocks_nothing(client: UnitClient, node: FakeNode) -> None:
    result = client.issue(RECEIPT_RANGE, [draft("B-1"), draft("B-2", with_total(sample(), "993.55")), draft("B-3")])

    assert [item.verdict for item in result.items] == ["accepted", "refused", "accepted"]
    problem = result.items[1].problem
    assert problem is not None
    assert (problem.decided_by, problem.code) == ("sdk", "total-mismatch")
    sent = [m for m in node.messages if isinstance(m, SubmitReceipts)]
    assert len(sent[0].receipts) == 2


def test_issue__only_bad_drafts__sends_nothing(client: UnitClient, node: FakeNode) -> None:
    result = client.issue(RECEIPT_RANGE, [draft("B-1", with_total(sample(), "1.00"))])

    assert result.submission_id is None
    assert all(method == "GET" for method, _, _ in node.seen)


def test_issue__node_refuses_one__keeps_its_problem(client: UnitClient, node: FakeNode) -> None:
    node.refuse["B-2"] = "business-number-used"

    result = client.issue(RECEIPT_RANGE, [draft("B-1"), draft("B-2"), draft("B-3")])

    assert [item.verdict for item in result.items] == ["accepted", "refused", "accepted"]
    problem = result.items[1].problem
    assert problem is not None
    assert (problem.decided_by, problem.code) == ("node", "business-number-used")
    assert [item.receipt.number for item in result.accepted if item.receipt] == ["0000000011", "0000000012"]


def test_issue__node_refuses_all__submits_nothing(client: UnitClient, node: FakeNode) -> None:
    node.refuse["B-1"] = "unit-overdue"

    result = client.issue(RECEIPT_RANGE, [draft("B-1")])

    assert result.submission_id is None
    assert paths.RECEIPTS_SUBMIT not in [path for _, path, _ in node.seen]


def test_issue__foreign_range__is_refused_before_sending(client: UnitClient) -> None:
    with pytest.raises(InputError) as refused:
        client.issue(99, [draft()])

    assert refused.value.code == "range-unknown"


def test_issue__business_number_with_blank__is_refused_before_sending(client: UnitClient, node: FakeNode) -> None:
    with pytest.raises(InputError) as refused:
        client.issue(RECEIPT_RANGE, [draft("B 1")])

    assert refused.value.field == "business_number"
    assert paths.RECEIPTS_PREPARE not in [path for _, path, _ in node.seen]


def test_issue__sm2_document_key__works_the_same(node: FakeNode) -> None:
    signer = SoftwareSigner.from_pem(*ROOT.issue("国密单位", SUITE_SM2))
    node.certificates[signer.certificate.digest.hex()] = signer.certificate
    client = UnitClient(
        BASE_URL,
        unit=1,
        document_signer=signer,
        chain_signer=CHAIN_SIGNER,
        address_book=ADDRESS_BOOK,
        now=NOW.timestamp,
        http=node.http(),
    )

    assert len(client.issue(RECEIPT_RANGE, [draft()]).accepted) == 1


def tampered(document: str) -> str:
    raw = base64.b64decode(document)
    assert raw.count("测试丙".encode()) == 1
    return base64.b64encode(raw.replace("测试丙".encode(), "测试丁".encode())).decode()


@pytest.mark.parametrize(
    ("path", "lie"),
    [
        pytest.param(paths.RECEIPTS_PREPARE, changed("items.0.business_number", "B-9"), id="other-business-number"),
        pytest.param(paths.RECEIPTS_PREPARE, changed("items.0.number", "0000000019"), id="number-skipped"),
        pytest.param(paths.RECEIPTS_PREPARE, changed("items", list[Any]), id="same-answer-as-control"),
        pytest.param(paths.RECEIPTS_PREPARE, changed("range", 4), id="other-range"),
        pytest.param(paths.RECEIPTS_PREPARE, changed("mode", "code"), id="other-mode"),
        pytest.param(paths.RECEIPTS_PREPARE, changed("lease", None), id="no-lease"),
        pytest.param(paths.RECEIPTS_SUBMIT, changed("receipts", []), id="receipt-missing"),
        pytest.param(paths.RECEIPTS_SUBMIT, changed("receipts.0.document", tampered), id="document-changed"),
        pytest.param(paths.RECEIPTS_SUBMIT, changed("receipts.0.check_code", "000001"), id="check-code-changed"),
        pytest.param(paths.RECEIPTS_SUBMIT, changed("receipts.0.code", "32060226"), id="code-changed"),
    ],
)
def test_issue__node_lies__nothing_is_handed_out(
    client: UnitClient, node: FakeNode, path: str, lie: Callable[[dict[str, Any]], Any], request: pytest.FixtureRequest
) -> None:
    node.lie[path] = lie
    if "control" in request.node.name:
        assert client.issue(RECEIPT_RANGE, [draft()]).accepted
        return

    with pytest.raises(RemoteError) as refused:
        client.issue(RECEIPT_RANGE, [draft()])

    assert (refused.value.code, refused.value.retry) == ("answer-malformed", "never")


def test_issue__unsigned_by_finance__nothing_is_handed_out(client: UnitClient, node: FakeNode) -> None:
    def strip(answer: dict[str, Any]) -> dict[str, Any]:
        sent = next(m for m in node.messages if isinstance(m, SubmitReceipts))
        answer["receipts"][0]["document"] = base64.b64encode(sent.receipts[0].document).decode()
        return answer

    node.lie[paths.RECEIPTS_SUBMIT] = strip

    with pytest.raises(RemoteError) as refused:
        client.issue(RECEIPT_RANGE, [draft()])

    assert refused.value.code == "answer-malformed"


# Trying again

PROBLEM = {"code": "queue-full", "detail": "later", "status": 503}


def test_post__node_asks_to_wait__same_key_after_the_pause(client: UnitClient, node: FakeNode, clock: Clock) -> None:
    node.failures = [(503, {**PROBLEM, "retry": "after"}, {"Retry-After": "3"})]

    assert client.void(RECEIPT_RANGE, 11, 2, 1, idempotency_key="v-1") == "s-6"

    assert clock.slept == [3.0]
    assert node.seen[-1] == ("POST", paths.VOIDS, "v-1")


def test_post__connection_lost__same_key_again(client: UnitClient, node: FakeNode) -> None:
    node.failures = [httpx.ReadTimeout("lost")]

    client.void(RECEIPT_RANGE, 11, 2, 1, idempotency_key="v-1")

    assert [key for _, _, key in node.seen] == ["v-1"]


def test_post__node_says_never__is_not_tried_again(client: UnitClient, node: FakeNode, clock: Clock) -> None:
    node.failures = [(409, {**PROBLEM, "retry": "never", "code": "idempotency-conflict"}, {})]

    with pytest.raises(NodeRefusedError) as refused:
        client.void(RECEIPT_RANGE, 11, 2, 1)

    assert refused.value.code == "idempotency-conflict"
    assert clock.slept == []


def test_post__node_stays_away__gives_up_and_says_so(client: UnitClient, node: FakeNode, clock: Clock) -> None:
    node.failures = [httpx.ConnectError("refused")] * 4

    with pytest.raises(RemoteError) as refused:
        client.void(RECEIPT_RANGE, 11, 2, 1)

    assert (refused.value.code, refused.value.retry) == ("node-unreachable", "same")
    assert len(clock.slept) == 3


@pytest.mark.parametrize("answer", [(200, {"x": 1}, {}), (500, "boom", {}), (200, [], {})])
def test_post__unreadable_answer__is_named(client: UnitClient, node: FakeNode, answer: Any) -> None:
    node.failures = [answer]

    with pytest.raises(RemoteError) as refused:
        client.void(RECEIPT_RANGE, 11, 2, 1)

    assert refused.value.code == "answer-malformed"
