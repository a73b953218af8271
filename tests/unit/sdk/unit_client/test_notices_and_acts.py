"""Notices and the acts on receipts: what is signed, and what is refused before sending."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from piaolian_sdk.acts import Notice
from piaolian_sdk.client import IssuedReceipt, NoticeDraft, UnitClient
from piaolian_sdk.errors import InputError, RemoteError
from piaolian_sdk.receipt import EInvoice
from piaolian_sdk.wire import PeriodTotals, SubmitNotices, paths
from support.fake_node import (
    NOW,
    PAPER_RANGE,
    PAYMENT_PREFIX,
    PAYMENT_RANGE,
    RECEIPT_RANGE,
    FakeNode,
    sample,
)
from support.unit_client import changed, issued

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
