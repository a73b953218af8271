"""Batches of 1 to 1,000 under list control, and units that lose an answer and ask again."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, NoReturn

import httpx
import pytest

from piaolian_sdk.client import NodeRefusedError, ReceiptDraft, UnitClient
from piaolian_sdk.client.issuing import draft_document
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.wire import PreparedReceipts, PrepareReceipts, Problem, RangeEntry, ReceiptToPrepare, paths
from support.exactly_once import Checker, check_told_again
from support.kill import Records, SentBatch, Till
from support.node import NodeWorld

_KILLED: Final = 9


class Careless(UnitClient):
    """A client that leaves judging to the node."""

    def _judge(self, entry: RangeEntry, drafts: Sequence[ReceiptDraft], at: datetime) -> list[Problem | None]:
        return [None] * len(drafts)


@pytest.fixture(scope="module")
def seeds() -> Iterator[int]:
    return iter(range(5000, 6000))


@pytest.fixture
def till(node_world: NodeWorld, tmp_path: Path, seeds: Iterator[int]) -> Iterator[Till]:
    made = Till(node_world, node_world.province.units["second_hospital"], tmp_path / "journal", next(seeds))
    yield made
    made.close()


def with_wrong_total(draft: ReceiptDraft) -> ReceiptDraft:
    main = draft.model.main.model_copy(update={"total_amount": draft.model.main.total_amount + Decimal("0.01")})
    return ReceiptDraft(draft.business_number, draft.model.model_copy(update={"main": main}))


def with_other_payer(draft: ReceiptDraft) -> ReceiptDraft:
    party = draft.model.main.payer_party.model_copy(update={"payer_party_name": "测试另一人"})
    main = draft.model.main.model_copy(update={"payer_party": party})
    return ReceiptDraft(draft.business_number, draft.model.model_copy(update={"main": main}))


def wait_final(till: Till, batch: SentBatch) -> None:
    state = till.client.wait(batch.result.submission_id or "", timeout_seconds=120)
    assert state.state == "final", till.world.site.logs()[-4000:]


def wait_copied(world: NodeWorld, till: Till) -> None:
    """Wait until both IPFS daemons have every batch."""
    records = Records(world.site)
    records.wait(lambda: not records.holds("o.replicated_at IS NULL AND o.kind = 'issue'"), "the second copy")


@pytest.mark.timeout(420)
def test_issue_by_list__1_10_100_1000__final_and_complete(node_world: NodeWorld, till: Till) -> None:
    first = till.next_number()
    for count in (1, 10, 100, 1000):
        began = time.monotonic()
        batch = till.send(count)
        answered = time.monotonic() - began
        wait_final(till, batch)
        print(f"{count} receipts: answered in {answered:.2f} s, final in {time.monotonic() - began:.2f} s")
    wait_copied(node_world, till)
    Checker(node_world, till, first).check()


def test_c035_issue__one_of_a_thousand_is_bad__999_accepted_and_one_refused(node_world: NodeWorld, till: Till) -> None:
    drafts = till.drafts(1000)
    drafts[500] = with_wrong_total(drafts[500])
    first = till.next_number()

    result = till.new_client(kind=Careless).issue(till.range_id, drafts, idempotency_key="thousand")

    verdicts = [item.verdict for item in result.items]
    assert verdicts == ["accepted"] * 500 + ["refused"] + ["accepted"] * 499
    problem = result.items[500].problem
    assert problem is not None
    assert (problem.decided_by, problem.code, problem.field) == ("node", "total-mismatch", "Main/TotalAmount")
    assert "the sum of the items" in (problem.rule or "")
    numbers = [int(item.receipt.number) for item in result.accepted if item.receipt]
    assert numbers == list(range(first, first + 999))
    batch = SentBatch("thousand", drafts, result)
    till.sent.append(batch)
    wait_final(till, batch)
    wait_copied(node_world, till)
    Checker(node_world, till, first).check()


@pytest.mark.parametrize("path", [paths.RECEIPTS_PREPARE, paths.RECEIPTS_SUBMIT])
@pytest.mark.parametrize("is_answered", [False, True], ids=["before it leaves", "before it is answered"])
def test_c025_issue__client_killed__next_process_gets_the_receipts_once(
    node_world: NodeWorld, till: Till, path: str, is_answered: bool
) -> None:
    first = till.next_number()
    drafts = till.drafts(7)
    child = os.fork()
    if child == 0:
        try:
            die = lambda: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
            (till.transport.after if is_answered else till.transport.before)[path] = die
            till.client.issue(till.range_id, drafts, idempotency_key=f"killed-{till.seed}")
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -_KILLED

    result = till.new_client().issue(till.range_id, drafts, idempotency_key=f"killed-{till.seed}")

    assert [item.verdict for item in result.items] == ["accepted"] * 7
    batch = SentBatch(f"killed-{till.seed}", drafts, result)
    till.sent.append(batch)
    wait_final(till, batch)
    assert till.next_number() == first + 7
    wait_copied(node_world, till)
    Checker(node_world, till, first).check()


def test_c027_issue__answers_time_out__retry_gives_all_originals(node_world: NodeWorld, till: Till) -> None:
    def lose() -> NoReturn:
        till.transport.after[paths.RECEIPTS_SUBMIT] = lose
        raise httpx.ReadTimeout("the answer did not come in time")

    first = till.next_number()
    drafts = till.drafts(20)
    till.transport.after[paths.RECEIPTS_SUBMIT] = lose
    with pytest.raises(RemoteError) as failed:
        till.client.issue(till.range_id, drafts, idempotency_key="timed-out")
    assert (failed.value.code, failed.value.retry) == ("node-unreachable", "same")
    assert len(till.client.find_submission(idempotency_key="timed-out-submit").receipts) == 20
    till.transport.after.clear()

    result = till.client.issue(till.range_id, drafts, idempotency_key="timed-out")

    assert [item.receipt.number for item in result.accepted if item.receipt] == [
        f"{number:010d}" for number in range(first, first + 20)
    ]
    batch = SentBatch("timed-out", drafts, result)
    wait_final(till, batch)
    check_told_again(till, batch)
    assert till.next_number() == first + 20


def test_c025_issue__same_business_under_another_key__original_number_and_nothing_new(till: Till) -> None:
    batch = till.send(5)
    wait_final(till, batch)
    end = till.next_number()

    again = till.client.issue(till.range_id, [*batch.drafts, *till.drafts(1)], idempotency_key="another")

    assert [item.verdict for item in again.items] == ["duplicate"] * 5 + ["accepted"]
    originals = [receipt.number for receipt in batch.receipts]
    assert [item.duplicate_number for item in again.items[:5]] == originals
    assert [item.same_content for item in again.items[:5]] == [True] * 5
    till.client.wait(again.submission_id or "", timeout_seconds=120)
    assert till.next_number() == end + 1


def test_c026_issue__other_content_under_the_same_business_number__is_a_conflict(till: Till) -> None:
    batch = till.send(2)
    wait_final(till, batch)
    end = till.next_number()
    others = [with_other_payer(draft) for draft in batch.drafts]

    again = till.client.issue(till.range_id, others, idempotency_key="others")

    assert [item.verdict for item in again.items] == ["duplicate", "duplicate"]
    assert [item.same_content for item in again.items] == [False, False]
    assert [item.duplicate_number for item in again.items] == [receipt.number for receipt in batch.receipts]
    assert [item.receipt for item in again.items] == [None, None]
    assert again.submission_id is None
    assert till.next_number() == end


def test_c026_prepare__other_content_under_the_same_key__is_a_conflict(till: Till) -> None:
    batch = till.send(1)
    other = with_other_payer(batch.drafts[0])

    with pytest.raises(NodeRefusedError) as refused:
        prepare(till, [other], f"{batch.key}-prepare")

    assert (refused.value.code, refused.value.problem.status) == ("idempotency-conflict", 409)
    wait_final(till, batch)


def test_c024_lease__unit_never_comes_back__numbers_handed_out_again(node_world: NodeWorld, till: Till) -> None:
    first = till.next_number()
    gone = till.drafts(3)
    lease = prepare(till, gone, "gone")
    assert (lease.first, lease.count) == (first, 3)
    Records(node_world.site).expire_lease(lease.lease or "")

    batch = till.send(5)
    assert [int(receipt.number) for receipt in batch.receipts] == list(range(first, first + 5))
    late = till.client.issue(till.range_id, gone, idempotency_key="gone-2")
    assert [item.verdict for item in late.items] == ["accepted"] * 3
    till.sent.append(SentBatch("gone-2", gone, late))
    wait_final(till, till.sent[-1])
    wait_copied(node_world, till)
    Checker(node_world, till, first).check()


def prepare(till: Till, drafts: Sequence[ReceiptDraft], key: str) -> PreparedReceipts:
    """Ask for numbers and do nothing with them."""
    code = till.enrolled.ranges["0601"].prefix
    at = till.client._beijing_now()
    items = [
        ReceiptToPrepare(business_number=draft.business_number, draft=draft_document(draft.model, code, at))
        for draft in drafts
    ]
    return till.client.prepare_receipts(PrepareReceipts(range=till.range_id, items=items), key)
