"""The unit's client against a node in memory: the good path, refusals before sending, and nodes that lie."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from piaolian_sdk.acts import Issue, Notice, SoftwareChainSigner
from piaolian_sdk.client import IssuedReceipt, NodeRefusedError, NoticeDraft, ReceiptDraft, UnitClient
from piaolian_sdk.errors import InputError, RemoteError
from piaolian_sdk.receipt import EInvoice, document_digest, fields_of, parse_receipt
from piaolian_sdk.signing import (
    SUITE_P256,
    SUITE_SM2,
    CertificateTrust,
    SoftwareSigner,
    verify_supervision_signature,
    verify_unit_signature,
)
from piaolian_sdk.tree import LeafByCode, LeafByList, Line, body_hash, fields_root, lines_hash, positional_root
from piaolian_sdk.wire import PeriodTotals, SubmitNotices, SubmitReceipts, paths
from support.fake_node import (
    ADDRESS_BOOK,
    BASE_URL,
    CODE_RANGE,
    NOW,
    PAPER_RANGE,
    PAYMENT_PREFIX,
    PAYMENT_RANGE,
    RECEIPT_RANGE,
    FakeNode,
    authority,
    sample,
)

ROOT = authority()
SIGNER = SoftwareSigner.from_pem(*ROOT.issue("测试医院", SUITE_P256))
FINANCE = SoftwareSigner.from_pem(*ROOT.issue("测试财政", SUITE_P256))
CHAIN_SIGNER = SoftwareChainSigner(b"\x21" * 32)


@pytest.fixture
def node() -> FakeNode:
    return FakeNode({SIGNER.certificate.digest.hex(): SIGNER.certificate}, CHAIN_SIGNER.address, FINANCE)


class Randomness:
    """Different bytes at every call, the same in every run."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, count: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(4, "big").rjust(count, b"\x01")


class Clock:
    def __init__(self) -> None:
        self.unix = NOW.timestamp()
        self.slept: list[float] = []

    def now(self) -> float:
        return self.unix

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(node: FakeNode, clock: Clock) -> UnitClient:
    return UnitClient(
        BASE_URL,
        unit=1,
        document_signer=SIGNER,
        chain_signer=CHAIN_SIGNER,
        address_book=ADDRESS_BOOK,
        random=Randomness(),
        now=clock.now,
        sleep=clock.sleep,
        http=node.http(),
    )


def draft(number: str = "B-1", model: EInvoice | None = None, **more: Any) -> ReceiptDraft:
    return ReceiptDraft(number, model or sample(), **more)


def issued(client: UnitClient) -> IssuedReceipt:
    (item,) = client.issue(RECEIPT_RANGE, [draft()]).items
    assert item.receipt is not None
    return item.receipt


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


def changed(path: str, value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(answer: dict[str, Any]) -> dict[str, Any]:
        target: Any = answer
        *steps, last = path.split(".")
        for step in steps:
            target = target[int(step) if step.isdigit() else step]
        target[last] = value(target[last]) if callable(value) else value
        return answer

    return change


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


# Notices

ITEM = "060101"


def notice(number: str = "N-1", lines: tuple[tuple[str, str], ...] = ((ITEM, "80.00"),), due: int = 10) -> NoticeDraft:
    return NoticeDraft(number, lines, NOW.date() + timedelta(days=due))


def test_send_notices__one_and_several_lines__lanes_are_packed(client: UnitClient, node: FakeNode) -> None:
    result = client.send_notices(PAYMENT_RANGE, [notice(), notice("N-2", ((ITEM, "1.00"), ("060102", "0.02")))])

    assert [item.payment_code for item in result.items] == [
        f"{PAYMENT_PREFIX}0000000011",
        f"{PAYMENT_PREFIX}0000000012",
    ]
    sent = next(m for m in node.messages if isinstance(m, SubmitNotices))
    assert sent.lanes.hex() == "000000001f400001" + "0000000000660000"
    assert sent.lines.hex() == "02" + "0000000000640001" + "0000000000020002"
    assert isinstance(node.acts[0], Notice)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (notice("N-2", (("999999", "1.00"),)), "item-disabled"),
        (notice("N-2", ((ITEM, "1000000.01"),)), "item-amount-out-of-bounds"),
        (notice("N-2", ((ITEM, "0.00"),)), "item-amount-out-of-bounds"),
    ],
    ids=["unknown-item", "too-much", "nothing"],
)
def test_send_notices__outside_the_catalogue__is_refused_here(
    client: UnitClient, node: FakeNode, bad: NoticeDraft, code: str
) -> None:
    result = client.send_notices(PAYMENT_RANGE, [notice(), bad])

    assert [item.verdict for item in result.items] == ["accepted", "refused"]
    problem = result.items[1].problem
    assert problem is not None
    assert (problem.code, problem.decided_by) == (code, "sdk")


def test_send_notices__due_day_passed__is_refused_here(client: UnitClient, node: FakeNode) -> None:
    result = client.send_notices(PAYMENT_RANGE, [notice(due=-1)])

    problem = result.items[0].problem
    assert problem is not None
    assert problem.code == "due-day-passed"
    assert all(method == "GET" for method, _, _ in node.seen)


def test_send_notices__two_due_days__are_refused_before_sending(client: UnitClient, node: FakeNode) -> None:
    with pytest.raises(InputError):
        client.send_notices(PAYMENT_RANGE, [notice(), notice("N-2", due=11)])

    assert all(method == "GET" for method, _, _ in node.seen)


def test_send_notices__codes_not_consecutive__is_not_signed(client: UnitClient, node: FakeNode) -> None:
    node.lie[paths.NOTICES_PREPARE] = changed("items.0.payment_code", f"{PAYMENT_PREFIX}0000000099")

    with pytest.raises(RemoteError):
        client.send_notices(PAYMENT_RANGE, [notice()])

    assert node.acts == []


def test_cancel_notice__own_code__is_signed(client: UnitClient, node: FakeNode) -> None:
    assert client.cancel_notice(f"{PAYMENT_PREFIX}0000000011") == "s-3"
    assert len(node.acts) == 1


def test_cancel_notice__foreign_code__is_refused_before_sending(client: UnitClient) -> None:
    with pytest.raises(InputError) as refused:
        client.cancel_notice("32999926010000000011")

    assert refused.value.code == "range-unknown"


# Acts


def test_reverse__red_receipt__repeats_the_amount_under_its_salt(client: UnitClient, node: FakeNode) -> None:
    blue = issued(client)
    node.original_salt = blue.amount_salt
    node.next_number = 77

    reversed_ = client.reverse(blue, RECEIPT_RANGE, red_of(blue), 1)

    assert reversed_.receipt.number == "0000000077"
    assert reversed_.receipt.amount_salt == blue.amount_salt
    assert reversed_.receipt.booking_secret != blue.booking_secret
    assert len(node.acts) == 2


def red_of(blue: IssuedReceipt) -> EInvoice:
    model = sample("red_of_outpatient")
    extension = model.main.main_ext.model_copy(
        update={"related_invoice_code": blue.code, "related_invoice_number": blue.number}
    )
    return model.model_copy(update={"main": model.main.model_copy(update={"main_ext": extension})})


@pytest.mark.parametrize(
    ("change", "code"),
    [({"amount_fen": 99355}, "red-amount-mismatch"), ({"number": "0000000012"}, "red-reference-mismatch")],
    ids=["other-amount", "other-receipt"],
)
def test_reverse__red_document_of_another__is_refused_before_sending(
    client: UnitClient, node: FakeNode, change: dict[str, Any], code: str
) -> None:
    blue = issued(client)

    with pytest.raises(InputError) as refused:
        client.reverse(replace(blue, **change), RECEIPT_RANGE, red_of(blue), 1)

    assert refused.value.code == code
    assert paths.REVERSALS_PREPARE not in [path for _, path, _ in node.seen]


def test_reverse__node_names_another_amount__is_not_signed(client: UnitClient, node: FakeNode) -> None:
    blue = issued(client)
    node.lie[paths.REVERSALS_PREPARE] = changed("amount", "993.55")

    with pytest.raises(RemoteError):
        client.reverse(blue, RECEIPT_RANGE, red_of(blue), 1)

    assert len(node.acts) == 1


def test_exchange_and_return__own_receipt__are_signed(client: UnitClient, node: FakeNode) -> None:
    assert client.exchange("32060126", "0000000011", PAPER_RANGE, 4) == "s-5"
    assert client.return_paper("32060126", "0000000011", PAPER_RANGE, 4) == "s-5"
    assert len(node.acts) == 2


def test_exchange__foreign_receipt__is_refused_before_sending(client: UnitClient) -> None:
    with pytest.raises(InputError) as refused:
        client.exchange("32060126", "0000001001", PAPER_RANGE, 4)

    assert refused.value.code == "range-unknown"


def test_write_off__own_totals__are_signed(client: UnitClient, node: FakeNode) -> None:
    totals = PeriodTotals(issued=3, voided=1, red=1, issued_amount="30.00", reversed_amount="10.00")

    assert client.write_off("0601", "2026-04", totals) == "s-8"


@pytest.mark.parametrize("month", ["2026-13", "2026-4", "202604", "2026-00", "x"])
def test_write_off__no_month__is_refused(client: UnitClient, month: str) -> None:
    totals = PeriodTotals(issued=0, voided=0, red=0, issued_amount="0.00", reversed_amount="0.00")

    with pytest.raises(InputError) as refused:
        client.write_off("0601", month, totals)

    assert refused.value.field == "month"
