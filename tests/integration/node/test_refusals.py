"""What the node and the contracts refuse: before the answer, after it, and what a unit does about it."""

import time
from datetime import datetime

import pytest

from demo.chain import Call
from demo.samples import generate_inpatient
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import BatchResult, NodeRefusedError, ReceiptDraft, UnitClient
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.wire import PeriodTotals
from support.node import NodeWorld
from support.periods import bring_forward, month_ago

_REASON = 7


def inpatients(world: NodeWorld, count: int, seed: int) -> list[ReceiptDraft]:
    hospital = world.province.units["hospital"]
    samples = generate_inpatient(
        count,
        seed=seed,
        issuer=hospital.unit.issuer,
        code=hospital.ranges["0602"].prefix,
        at=datetime.now(BEIJING),
    )
    return [ReceiptDraft(f"{seed}-{sample.business_number}", parse_receipt(sample.xml).model) for sample in samples]


def supervise(world: NodeWorld, contract: str, function: str, *arguments: object) -> None:
    world.province.chain.send(world.province.supervisor_key, [Call(contract, function, arguments)])


def wait_state(client: UnitClient, result: BatchResult, wanted: str, world: NodeWorld) -> None:
    deadline = time.monotonic() + 60
    while (state := client.submission(result.submission_id or "")).state != wanted:
        assert time.monotonic() < deadline, (state, world.site.logs()[-4000:])
        time.sleep(0.3)


def test_issue__restricted_after_the_answer__refused_then_voided_and_issued_again(node_world: NodeWorld) -> None:
    hospital = node_world.province.units["hospital"]
    range_id = hospital.ranges["0602"].range_id
    client = node_world.unit("hospital")
    site = node_world.site
    site.processes["worker"].terminate()
    site.processes.pop("worker").wait(timeout=20)

    first = client.issue(range_id, inpatients(node_world, 3, seed=1))
    numbers = [int(item.receipt.number) for item in first.items if item.receipt is not None]
    supervise(node_world, "Registry", "restrict", hospital.number, _REASON)
    with pytest.raises(NodeRefusedError) as restricted:
        client.issue(range_id, inpatients(node_world, 1, seed=3))
    assert restricted.value.code == "unit-is-restricted"

    site.start("worker")
    wait_state(client, first, "refused", node_world)
    refusal = client.submission(first.submission_id or "").refusal
    assert refusal is not None
    assert (refusal.code, refusal.decided_by) == ("unit-is-restricted", "contract")
    receipt = first.items[0].receipt
    assert receipt is not None
    assert node_world.public().receipt_state(receipt.code, receipt.number, receipt.check_code).state == "refused"

    supervise(node_world, "Registry", "lift", hospital.number)
    with pytest.raises(NodeRefusedError) as blocked:
        client.issue(range_id, inpatients(node_world, 1, seed=2))
    assert blocked.value.code == "range-needs-void"
    voided = client.void(range_id, numbers[0], len(numbers), 1)
    assert client.wait(voided, timeout_seconds=60).state == "final", site.logs()[-4000:]

    # The business numbers of the refused batch are free again.
    again = client.issue(range_id, inpatients(node_world, 3, seed=1))
    assert [item.verdict for item in again.items] == ["accepted"] * 3
    wait_state(client, again, "final", node_world)


def test_write_off__overdue_month__refused_until_written_off_with_the_right_totals(node_world: NodeWorld) -> None:
    patent = node_world.province.units["patent_office"]
    number, month = month_ago(4)
    bring_forward(node_world, patent, 101, number)
    client = node_world.unit("patent_office")
    state = client.period("0101", month)
    assert (state.totals.issued, state.totals.issued_amount, state.closed, state.overdue) == (2, "160.00", False, True)

    wrong = PeriodTotals(issued=2, voided=0, red=0, issued_amount="160.01", reversed_amount="0.00")
    with pytest.raises(NodeRefusedError) as refused:
        client.write_off("0101", month, wrong)
    assert refused.value.code == "write-off-mismatch"
    done = client.write_off("0101", month)
    assert client.wait(done, timeout_seconds=60).state == "final", node_world.site.logs()[-4000:]
    assert client.period("0101", month).closed
    with pytest.raises(NodeRefusedError) as again:
        client.write_off("0101", month)
    assert again.value.code == "month-closed"
