"""The SDK's clients against a running node: issue, prove, open, book, exchange, reverse, void, notify."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from demo.samples import generate_outpatient, read_sample
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import IssuedReceipt, NodeRefusedError, NoticeDraft, ReceiptDraft, UnitClient
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.signing import CertificateTrust
from piaolian_sdk.verify import VerifiedReceipt, verify_receipt_online
from piaolian_sdk.wire import SubmissionState
from support.node import NodeWorld


@dataclass
class Hospital:
    """The hospital's desk at its node."""

    world: NodeWorld
    client: UnitClient

    @property
    def range_id(self) -> int:
        return self.world.province.units["hospital"].ranges["0601"].range_id

    def drafts(self, count: int, seed: int) -> list[ReceiptDraft]:
        hospital = self.world.province.units["hospital"]
        samples = generate_outpatient(
            count,
            seed=seed,
            issuer=hospital.unit.issuer,
            code=hospital.ranges["0601"].prefix,
            at=datetime.now(BEIJING),
        )
        return [ReceiptDraft(sample.business_number, parse_receipt(sample.xml).model) for sample in samples]

    def issue(self, count: int, seed: int) -> list[IssuedReceipt]:
        result = self.client.issue(self.range_id, self.drafts(count, seed))
        assert [item.problem for item in result.items] == [None] * count
        self.final(result.submission_id or "")
        return [item.receipt for item in result.items if item.receipt is not None]

    def final(self, submission: str) -> SubmissionState:
        state = self.client.wait(submission, timeout_seconds=60)
        assert (state.state, state.refusal) == ("final", None), self.world.site.logs()[-4000:]
        return state

    def verify(self, receipt: IssuedReceipt) -> VerifiedReceipt:
        proof = self.world.public().receipt_proof(receipt.code, receipt.number, receipt.check_code)
        trust = CertificateTrust.from_pem(*self.world.province.cast.roots_pem)
        return verify_receipt_online(receipt.document, proof, self.world.province.reader(), trust)


@pytest.fixture(scope="module")
def hospital(node_world: NodeWorld) -> Hospital:
    return Hospital(node_world, node_world.unit("hospital"))


def test_issue__batch__every_receipt_verifies_on_the_chain(hospital: Hospital) -> None:
    receipts = hospital.issue(5, seed=101)

    for receipt in receipts:
        assert hospital.verify(receipt).state_zh == "已上链"


def test_issue__same_business_number__is_a_duplicate(hospital: Hospital) -> None:
    drafts = hospital.drafts(1, seed=102)
    first = hospital.client.issue(hospital.range_id, drafts).items[0]

    (again,) = hospital.client.issue(hospital.range_id, drafts).items

    assert first.receipt is not None
    assert (again.verdict, again.duplicate_number) == ("duplicate", first.receipt.number)


def test_public_verify__five_elements__match(hospital: Hospital) -> None:
    (receipt,) = hospital.issue(1, seed=103)
    model = parse_receipt(receipt.document).model
    public = hospital.world.public()
    elements = (receipt.code, receipt.number, receipt.check_code)

    assert public.verify(*elements, str(model.main.total_amount), model.main.issue_date).result == "match"
    assert public.verify(*elements, "0.01", model.main.issue_date).result == "mismatch"


def test_book__whole_receipt__second_booking_is_refused(hospital: Hospital) -> None:
    (receipt,) = hospital.issue(1, seed=104)
    first, second = list(hospital.world.province.cast.bookers)
    elements = (receipt.code, receipt.number, receipt.check_code)
    client = hospital.world.booker(first)

    state = client.wait(client.book(*elements, receipt.booking_secret, 1_000_000_000), timeout_seconds=60)
    assert (state.state, state.refusal) == ("final", None)

    assert hospital.verify(receipt).state_zh == "已入账"
    with pytest.raises(NodeRefusedError) as refused:
        hospital.world.booker(second).book(*elements, receipt.booking_secret, 1)
    assert refused.value.code == "share-exceeded"
    withdrawn = client.wait(client.unbook(*elements), timeout_seconds=60)
    assert (withdrawn.state, withdrawn.refusal) == ("final", None)
    assert hospital.verify(receipt).state_zh == "已上链"


def test_exchange_and_return__paper__marks_come_and_go(hospital: Hospital) -> None:
    (receipt,) = hospital.issue(1, seed=105)
    paper = hospital.world.province.units["hospital"].ranges["paper"]

    hospital.final(hospital.client.exchange(receipt.code, receipt.number, paper.range_id, paper.first))
    assert hospital.verify(receipt).state_zh == "已换开纸质"
    hospital.final(hospital.client.return_paper(receipt.code, receipt.number, paper.range_id, paper.first))

    assert hospital.verify(receipt).state_zh == "已上链"


def test_reverse__sample__both_receipts_verify(hospital: Hospital) -> None:
    enrolled = hospital.world.province.units["hospital"]
    issuer, code, now = enrolled.unit.issuer, enrolled.ranges["0601"].prefix, datetime.now(BEIJING)
    blue = read_sample("medical_outpatient_js", issuer=issuer, code=code, at=now, business_number="R-106")
    (item,) = hospital.client.issue(
        hospital.range_id, [ReceiptDraft(blue.business_number, parse_receipt(blue.xml).model)]
    ).items
    assert item.receipt is not None, item.problem
    red = read_sample(
        "red_of_outpatient",
        issuer=issuer,
        code=code,
        at=now,
        business_number="R-106-RED",
        related=(item.receipt.code, item.receipt.number),
    )
    state = hospital.client.receipt_state(item.receipt.code, item.receipt.number, item.receipt.check_code)
    hospital.final(state.submission or "")

    reversed_ = hospital.client.reverse(item.receipt, hospital.range_id, parse_receipt(red.xml).model, 1)
    hospital.final(reversed_.submission_id)

    assert hospital.verify(item.receipt).state_zh == "已冲红"
    assert hospital.verify(reversed_.receipt).state_zh == "红票"


def test_void__next_numbers__are_not_used_again(hospital: Hospital) -> None:
    following = hospital.client.range_entry(hospital.range_id).next

    hospital.final(hospital.client.void(hospital.range_id, following, 2, 1))

    (receipt,) = hospital.issue(1, seed=107)
    assert int(receipt.number) >= following + 2


def test_send_notices__one_and_several_lines__are_registered(hospital: Hospital) -> None:
    registry = hospital.world.province.units["land_registry"]
    due = (datetime.now(BEIJING) + timedelta(days=5)).date()
    drafts = [
        NoticeDraft("N-1", (("103043211", "80.00"),), due),
        NoticeDraft("N-2", (("103043211", "80.00"), ("103043212", "10.00")), due),
    ]
    with hospital.world.unit("land_registry") as client:
        result = client.send_notices(registry.ranges["payment"].range_id, drafts)
        assert [item.problem for item in result.items] == [None, None]
        assert client.wait(result.submission_id or "", timeout_seconds=60).state == "final"
        states = [client.notice_state(item.payment_code or "") for item in result.items]
        assert [(state.state, state.amount) for state in states] == [("registered", "80.00"), ("registered", "90.00")]
        cancelled = client.cancel_notice(result.items[0].payment_code or "")
        assert client.wait(cancelled, timeout_seconds=60).state == "final"
        assert client.notice_state(result.items[0].payment_code or "").state == "cancelled"


def test_write_off__current_month__is_refused(hospital: Hospital) -> None:
    month = datetime.now(BEIJING).strftime("%Y-%m")

    with pytest.raises(NodeRefusedError) as refused:
        hospital.client.write_off("0601", month)

    assert refused.value.code == "month-not-ended"


def test_network_and_limits__are_readable_by_anybody(hospital: Hospital) -> None:
    public = hospital.world.public()

    assert public.network().chain_id == hospital.world.province.book.chain_id
    assert public.limits().max_batch_items == 1000
