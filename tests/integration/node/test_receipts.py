"""The whole life of receipts through API, HSM, IPFS and chain, on a network of three validators."""

import time
from datetime import datetime, timedelta

import pytest

from demo.catalogue import CERTIFICATE, REGISTRATION
from demo.samples import Line, Sample, write_by_code, write_red
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import IssuedReceipt, NodeRefusedError, NoticeDraft, ReceiptDraft
from piaolian_sdk.receipt import document_digest, parse_receipt
from piaolian_sdk.sealing import ReceiptBody, open_body
from piaolian_sdk.wire import WHOLE_SHARE, SubmissionState
from support.node import NodeWorld, outpatient_drafts, settle_payments


def issue(world: NodeWorld, drafts: list[ReceiptDraft]) -> list[IssuedReceipt]:
    hospital = world.province.units["hospital"]
    client = world.unit("hospital")
    result = client.issue(hospital.ranges["0601"].range_id, drafts)
    assert [item.problem for item in result.items] == [None] * len(drafts)
    state = client.wait(result.submission_id or "", timeout_seconds=60)
    require_final(world, state)
    return [item.receipt for item in result.items if item.receipt is not None]


def require_final(world: NodeWorld, state: SubmissionState) -> None:
    assert state.state == "final", (state, world.site.logs()[-4000:])


def test_issue_by_list__batch_of_twenty__final_provable_and_verified(node_world: NodeWorld) -> None:
    receipts = issue(node_world, outpatient_drafts(node_world, 20, seed=1))
    assert len({receipt.number for receipt in receipts}) == 20

    chosen = receipts[7]
    client = node_world.unit("hospital")
    state = client.receipt_state(chosen.code, chosen.number, chosen.check_code)
    proof = client.receipt_proof(chosen.code, chosen.number, chosen.check_code)
    body = client.receipt_body(chosen.code, chosen.number)
    assert (state.state, state.state_zh) == ("stamped", "已上链")
    assert proof.header.count == 20
    assert proof.document_digest == document_digest(parse_receipt(chosen.document))

    opened = open_body(
        body.ciphertext or b"",
        body.receipt_key,
        body.wrapped_content_key,
        body.wrapped_batch_key or b"",
        node_world.province.units["hospital"].unit.encryption,
    )
    assert ReceiptBody.from_bytes(opened).document == chosen.document

    answer = node_world.public().verify(
        chosen.code, chosen.number, chosen.check_code, chosen_amount(chosen), datetime.now(BEIJING).date()
    )
    assert (answer.result, answer.state, answer.issued_by) == ("match", "stamped", "测试市第一人民医院")
    assert answer.evidence_number
    wrong = node_world.public().verify(
        chosen.code, chosen.number, chosen.check_code, "0.01", datetime.now(BEIJING).date()
    )
    assert wrong.result == "mismatch"


def chosen_amount(receipt: IssuedReceipt) -> str:
    return f"{receipt.amount_fen // 100}.{receipt.amount_fen % 100:02d}"


def test_issue__one_bad_item__others_get_numbers(node_world: NodeWorld) -> None:
    hospital = node_world.province.units["hospital"]
    drafts = outpatient_drafts(node_world, 3, seed=2)
    bad = drafts[1].model.model_copy(
        update={"items": tuple(item.model_copy(update={"item_code": "069999"}) for item in drafts[1].model.items)}
    )
    drafts[1] = ReceiptDraft(drafts[1].business_number, bad)
    client = node_world.unit("hospital")
    result = client.issue(hospital.ranges["0601"].range_id, drafts)
    again = client.issue(hospital.ranges["0601"].range_id, drafts[:1])
    assert [item.verdict for item in result.items] == ["accepted", "refused", "accepted"]
    assert [item.verdict for item in again.items] == ["duplicate"]
    first = result.items[0].receipt
    assert first is not None
    assert (again.items[0].duplicate_number, again.items[0].same_content) == (first.number, True)


def test_reverse__stamped_receipt__red_receipt_final(node_world: NodeWorld) -> None:
    (blue,) = issue(node_world, outpatient_drafts(node_world, 1, seed=3))
    hospital = node_world.province.units["hospital"]
    red = write_red(
        blue.document, code=hospital.ranges["0601"].prefix, at=datetime.now(BEIJING), business_number="red-3"
    )
    client = node_world.unit("hospital")
    done = client.reverse(blue, hospital.ranges["0601"].range_id, parse_receipt(red.xml).model, 1)
    require_final(node_world, client.wait(done.submission_id, timeout_seconds=60))
    state = client.receipt_state(blue.code, blue.number, blue.check_code)
    red_state = client.receipt_state(done.receipt.code, done.receipt.number, done.receipt.check_code)
    assert client.receipt_proof(done.receipt.code, done.receipt.number, done.receipt.check_code).header.count == 1
    with pytest.raises(NodeRefusedError) as refused:
        client.reverse(blue, hospital.ranges["0601"].range_id, parse_receipt(red.xml).model, 1)
    assert state.state == "reversed"
    assert state.reversed_by == done.receipt.code + done.receipt.number
    assert red_state.state == "red"
    assert refused.value.code == "receipt-is-reversed"


def test_exchange_and_return__stamped_receipt__paper_and_back(node_world: NodeWorld) -> None:
    (receipt,) = issue(node_world, outpatient_drafts(node_world, 1, seed=4))
    client = node_world.unit("hospital")
    range_id = node_world.province.units["hospital"].ranges["paper"].range_id
    paper = next(entry for entry in client.ranges() if entry.range == range_id)
    submission = client.exchange(receipt.code, receipt.number, range_id, paper.next)
    require_final(node_world, client.wait(submission, timeout_seconds=60))
    assert client.receipt_state(receipt.code, receipt.number, receipt.check_code).state == "exchanged"
    with pytest.raises(NodeRefusedError) as refused:
        client.exchange(receipt.code, receipt.number, range_id, paper.next + 1)
    assert refused.value.code == "receipt-is-on-paper"
    submission = client.return_paper(receipt.code, receipt.number, range_id, paper.next)
    require_final(node_world, client.wait(submission, timeout_seconds=60))
    assert client.receipt_state(receipt.code, receipt.number, receipt.check_code).state == "stamped"


def test_book__whole_share__second_booker_refused_until_withdrawn(node_world: NodeWorld) -> None:
    (receipt,) = issue(node_world, outpatient_drafts(node_world, 1, seed=5))
    elements = (receipt.code, receipt.number, receipt.check_code)
    first, second = (node_world.booker(name) for name in node_world.province.cast.bookers)

    submission = first.book(*elements, receipt.booking_secret, WHOLE_SHARE)
    wait_for(node_world, elements, "booked")
    assert submission
    with pytest.raises(NodeRefusedError) as refused:
        second.book(*elements, receipt.booking_secret, 1)
    assert refused.value.code == "share-exceeded"
    first.unbook(*elements)
    wait_for(node_world, elements, "stamped")
    second.book(*elements, receipt.booking_secret, 1)
    wait_for(node_world, elements, "booking")


def test_book__receipt_for_arrears__refused_by_the_node(node_world: NodeWorld) -> None:
    (draft,) = outpatient_drafts(node_world, 1, seed=6)
    main = draft.model.main
    owed = main.main_ext.model_copy(update={"is_arrears": "0", "arrears_reason": "门诊费未结清"})
    model = draft.model.model_copy(update={"main": main.model_copy(update={"main_ext": owed})})
    (receipt,) = issue(node_world, [ReceiptDraft(draft.business_number, model)])
    elements = (receipt.code, receipt.number, receipt.check_code)
    booker = node_world.booker(next(iter(node_world.province.cast.bookers)))
    with pytest.raises(NodeRefusedError) as refused:
        booker.book(*elements, receipt.booking_secret, WHOLE_SHARE)
    assert refused.value.code == "receipt-not-circulable"
    assert node_world.public().receipt_state(*elements).state == "stamped"


def test_book__wrong_check_codes__counted_for_the_booker_alone(node_world: NodeWorld) -> None:
    (receipt,) = issue(node_world, outpatient_drafts(node_world, 1, seed=7))
    guesser, other = (node_world.booker(name) for name in node_world.province.cast.bookers)
    codes = set()
    for _ in range(11):
        with pytest.raises(NodeRefusedError) as refused:
            guesser.unbook(receipt.code, receipt.number, "zzzzzz")
        codes.add(refused.value.code)
    assert codes == {"unknown-receipt", "rate-limited"}
    other.book(receipt.code, receipt.number, receipt.check_code, receipt.booking_secret, 1)
    assert node_world.public().receipt_state(receipt.code, receipt.number, receipt.check_code).number == receipt.number


def wait_for(world: NodeWorld, elements: tuple[str, str, str], wanted: str) -> None:

    deadline = time.monotonic() + 40
    while world.public().receipt_state(*elements).state != wanted:
        assert time.monotonic() < deadline, world.site.logs()[-4000:]
        time.sleep(0.3)


def test_issue_by_code__paid_notices__receipted_once(node_world: NodeWorld) -> None:
    registry = node_world.province.units["land_registry"]
    due = datetime.now(BEIJING).date() + timedelta(days=10)
    notices = [
        NoticeDraft("n-1", ((REGISTRATION.code, "80.00"),), due),
        NoticeDraft("n-2", ((REGISTRATION.code, "80.00"), (CERTIFICATE.code, "10.00")), due),
        NoticeDraft("n-3", ((REGISTRATION.code, "80.00"),), due),
    ]
    client = node_world.unit("land_registry")
    sent = client.send_notices(registry.ranges["payment"].range_id, notices)
    codes = [item.payment_code or "" for item in sent.items]
    assert all(codes), sent
    require_final(node_world, client.wait(sent.submission_id or "", timeout_seconds=60))
    assert client.notice_state(codes[0]).state == "registered"
    settle_payments(node_world, {codes[0]: 8_000, codes[1]: 9_000})
    wait_paid(node_world, codes[:2])

    drafts = [by_code(node_world, code, lines) for code, lines in zip(codes, _LINES, strict=True)]
    result = client.issue(registry.ranges["0101"].range_id, drafts)
    assert [item.verdict for item in result.items] == ["accepted", "accepted", "refused"]
    problem = result.items[2].problem
    assert problem is not None
    assert problem.code == "payment-not-paid"
    require_final(node_world, client.wait(result.submission_id or "", timeout_seconds=60))
    assert client.notice_state(codes[0]).state == "receipted"
    twice = by_code(node_world, codes[0], _LINES[0], business_number="again")
    again = client.issue(registry.ranges["0101"].range_id, [twice])
    assert again.items[0].problem is not None
    assert again.items[0].problem.code == "payment-already-used"


_REGISTRATION = Line(REGISTRATION.code, REGISTRATION.name, 8_000)
_CERTIFICATE = Line(CERTIFICATE.code, CERTIFICATE.name, 1_000)
_LINES = ((_REGISTRATION,), (_REGISTRATION, _CERTIFICATE), (_REGISTRATION,))


def by_code(
    world: NodeWorld, payment_code: str, lines: tuple[Line, ...], business_number: str | None = None
) -> ReceiptDraft:
    registry = world.province.units["land_registry"]
    number = business_number or f"r-{payment_code[-4:]}"
    sample: Sample = write_by_code(
        issuer=registry.unit.issuer,
        code=registry.ranges["0101"].prefix,
        at=datetime.now(BEIJING),
        business_number=number,
        payment_code=payment_code,
        lines=lines,
        payer="测试甲",
    )
    return ReceiptDraft(number, parse_receipt(sample.xml).model, payment_code)


def wait_paid(world: NodeWorld, codes: list[str]) -> None:

    deadline = time.monotonic() + 40
    client = world.unit("land_registry")
    while any(client.notice_state(code).state != "paid" for code in codes):
        assert time.monotonic() < deadline, world.site.logs()[-4000:]
        time.sleep(0.3)
