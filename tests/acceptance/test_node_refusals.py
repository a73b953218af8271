"""Each act that node or SDK refuses in the story passes once the one thing that is wrong with it is put right.

These run on the network on which the story was told, through the same nodes, right after it. So it is this rule that
refuses the act and no other.
"""

import secrets
from datetime import timedelta

import httpx
import pytest

from demo.bank import Payment
from demo.catalogue import REGISTRATION, SEARCH
from demo.chapters import bookings, nontax, paper, refusals, reversal, verification
from demo.issuing import draft_of, wait_final
from demo.report import Step
from demo.samples import read_sample
from demo.world import World
from piaolian_sdk.client import NodeRefusedError, NoticeDraft
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.sm2 import Sm2PrivateKey
from piaolian_sdk.wire import Problem, paths


def _step() -> Step:
    return Step(name="test", chapter="test")


def _code(response: httpx.Response) -> str | None:
    return None if response.status_code < 400 else Problem.model_validate_json(response.content).code


def test_unpaid_code__once_paid__is_issued(told: World) -> None:
    refused = refusals.issue_for_code(told, "unpaid").items[0]
    assert refused.problem is not None
    assert refused.problem.code == "payment-not-paid"

    nontax.deliver_statement(told, [Payment("T000001", told.facts["odd_codes"]["YC-unpaid"], 8_000)])
    nontax.wait_paid(told, "land_registry", [told.facts["odd_codes"]["YC-unpaid"]])
    result = refusals.issue_for_code(told, "unpaid")

    assert [item.verdict for item in result.items] == ["accepted"]
    assert wait_final(told, "land_registry", result.submission_id or "", _step()).refusal is None


def test_another_amount_than_was_paid__paid_amount__is_issued(told: World) -> None:
    refused = refusals.issue_for_code(told, "over", with_certificate=True).items[0]
    assert refused.problem is not None
    assert refused.problem.code == "notice-amount-mismatch"

    result = refusals.issue_for_code(told, "over")

    assert [item.verdict for item in result.items] == ["accepted"]
    assert wait_final(told, "land_registry", result.submission_id or "", _step()).refusal is None


def test_same_request_again__fresh_nonce__is_answered(told: World) -> None:
    request = refusals.signed_question(told)

    assert _code(request.send()) is None
    assert _code(request.send()) == "request-replayed"
    assert _code(refusals.signed_question(told).send()) is None


def test_request_altered_on_its_way__unaltered__is_answered(told: World) -> None:
    # The lease that the unaltered request gets is never submitted, so it must not stand in another test's way.
    request = refusals.signed_notice(told, "patent_office")

    assert _code(request.altered(body=request.body.replace(b"80.00", b"08.00")).send()) == "content-digest-wrong"
    assert _code(request.send()) is None


def test_signature_moved_to_another_request__own_request__is_answered(told: World) -> None:
    request = refusals.signed_question(told)
    moved = request.altered(url=request.url.replace(paths.RANGES, paths.CATALOGUE))

    assert _code(moved.send()) == "request-signature-wrong"
    assert _code(request.send()) is None


def test_lines_that_do_not_add_up__right_total__are_issued(told: World) -> None:
    hospital = told.units["hospital"]

    def issue(changes: dict[str, str]) -> str | None:
        sample = read_sample(
            "medical_outpatient_js",
            issuer=hospital.unit.issuer,
            code=hospital.ranges["0601"].prefix,
            at=told.now(),
            business_number=f"MZ-SUM-{len(changes)}",
            changes=changes,
        )
        draft = draft_of(sample, Sm2PrivateKey.generate(secrets.token_bytes))
        item = hospital.sdk.issue(hospital.ranges["0601"].range_id, [draft]).items[0]
        return item.problem.code if item.problem is not None else None

    assert issue({"TotalAmount": "993.55", "MainExt/AccountPayAmount": "797.51"}) == "total-mismatch"
    assert issue({}) is None


def test_disabled_item__enabled_item__gets_a_code(told: World) -> None:
    registry = told.units["land_registry"]
    due = (told.now() + timedelta(days=5)).date()

    def send(item_code: str, amount: str) -> str | None:
        draft = NoticeDraft(f"TY-{secrets.token_hex(4)}", ((item_code, amount),), due)
        item = registry.sdk.send_notices(registry.ranges["payment"].range_id, [draft]).items[0]
        return item.problem.code if item.problem is not None else None

    assert send(SEARCH.code, "30.00") == "item-disabled"
    assert send(REGISTRATION.code, "80.00") is None


def test_exchange_while_the_paper_is_out__paper_returned__passes(told: World) -> None:
    hospital, issued = told.units["hospital"], told.facts["exchanged"]
    range_id, first = hospital.ranges["paper"].range_id, hospital.ranges["paper"].first
    with pytest.raises(NodeRefusedError) as refused:
        hospital.sdk.exchange(issued.code, issued.number, range_id, first + 1)
    assert refused.value.problem.code == "receipt-is-on-paper"

    returned = hospital.sdk.return_paper(issued.code, issued.number, range_id, first)
    wait_final(told, "hospital", returned, _step())
    again = hospital.sdk.exchange(issued.code, issued.number, range_id, first + 1)

    assert wait_final(told, "hospital", again, _step()).refusal is None
    assert reversal.mark_of(told, issued) & reversal.EXCHANGED


def test_second_booking_and_red_of_a_booked_receipt__first_booking_withdrawn__pass(told: World) -> None:
    issued = told.facts["booked"]
    first, second = told.cast.bookers.values()
    with pytest.raises(NodeRefusedError) as booked_twice:
        bookings.book(told, second, issued, _step())
    assert booked_twice.value.problem.code == "share-exceeded"
    with pytest.raises(NodeRefusedError) as red_of_booked:
        reversal.reverse(told, issued, "MZ-BOOKED-R")
    assert red_of_booked.value.problem.code == "receipt-is-booked"

    bookings.withdraw(told, first, issued, _step())
    bookings.book(told, second, issued, _step())
    bookings.withdraw(told, second, issued, _step())
    red = reversal.reverse(told, issued, "MZ-BOOKED-R")

    assert wait_final(told, "hospital", red.submission_id, _step()).refusal is None
    assert reversal.mark_of(told, issued) & reversal.REVERSED


def test_red_of_a_reversed_receipt__receipt_not_reversed__passes(told: World) -> None:
    with pytest.raises(NodeRefusedError) as again:
        reversal.reverse(told, told.facts["outpatient_sample"], "MZ-AGAIN-R")
    assert again.value.problem.code == "receipt-is-reversed"

    red = reversal.reverse(told, paper.outpatient(told, 7), "MZ-OTHER-R")

    assert wait_final(told, "hospital", red.submission_id, _step()).refusal is None


def test_overdue_unit__month_written_off__issues_through_its_node(told: World) -> None:
    unit = told.units["second_hospital"]

    def issue() -> str | None:
        sample = read_sample(
            "medical_outpatient_js",
            issuer=unit.unit.issuer,
            code=unit.ranges["0601"].prefix,
            at=told.now(),
            business_number="EY-0001",
        )
        draft = draft_of(sample, Sm2PrivateKey.generate(secrets.token_bytes))
        try:
            result = unit.sdk.issue(unit.ranges["0601"].range_id, [draft])
        except NodeRefusedError as exc:
            return exc.problem.code
        problem = result.items[0].problem
        if problem is not None:
            return problem.code
        state = wait_final(told, "second_hospital", result.submission_id or "", _step())
        return state.refusal.code if state.refusal is not None else None

    assert issue() == "unit-overdue"
    written_off = unit.sdk.write_off("0601", told.facts["open_months"]["second_hospital"])
    wait_final(told, "second_hospital", written_off, _step())
    assert issue() is None


def test_altered_body__unaltered__verifies(told: World) -> None:
    issued = paper.outpatient(told, 9)
    with pytest.raises(VerificationError) as altered:
        verification.verify(told, issued, verification.altered(issued))
    assert altered.value.code == "signature-wrong"

    verified = verification.verify(told, issued, issued.receipt.document)

    assert verified.document.parsed.bytes == issued.receipt.document
