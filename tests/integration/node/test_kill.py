"""Kill -9 of API and worker at ten random moments: everything accepted is issued exactly once, nothing else."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pytest

from demo.samples import generate_outpatient
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import NodeRefusedError, ReceiptDraft, UnitClient
from piaolian_sdk.errors import PiaolianError, RemoteError
from piaolian_sdk.receipt import parse_receipt
from support.node import NodeWorld

KILLS = 10
BATCH = 15
SEED = 20261125


class Till:
    """A unit that sends batch after batch, and every batch again until it knows what became of it."""

    def __init__(self, client: UnitClient, range_id: int, drafts: Iterator[ReceiptDraft]) -> None:
        self.client = client
        self.submissions: list[str] = []
        self.sent: list[str] = []
        self.failures: list[Exception] = []
        self._range_id = range_id
        self._drafts = drafts
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="till")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=120)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            batch = [next(self._drafts) for _ in range(BATCH)]
            try:
                self.submissions.append(self._send(f"till-{number}", batch))
            except (PiaolianError, AssertionError) as exc:
                self.failures.append(exc)
                return
            self.sent.extend(draft.business_number for draft in batch)

    def _send(self, key: str, batch: list[ReceiptDraft]) -> str:
        """Send one batch until it is accepted, whatever happens to the node in between."""
        deadline = time.monotonic() + 90
        while True:
            try:
                result = self.client.issue(self._range_id, batch, idempotency_key=key)
            except NodeRefusedError as exc:
                if exc.code == "idempotency-conflict":
                    # The first submit was written and its answer lost: signing again makes other bytes.
                    return self.client.find_submission(idempotency_key=f"{key}-submit").submission
                if exc.retry == "never":
                    raise
            except RemoteError:
                if time.monotonic() > deadline:
                    raise
            else:
                assert [item.problem for item in result.items] == [None] * len(batch)
                assert result.submission_id is not None
                return result.submission_id
            time.sleep(0.2)


@pytest.fixture
def till(node_world: NodeWorld) -> Iterator[Till]:
    unit = node_world.province.units["second_hospital"]
    drafts = (
        ReceiptDraft(f"kill-{sample.business_number}", parse_receipt(sample.xml).model)
        for sample in generate_outpatient(
            20_000,
            seed=SEED,
            issuer=unit.unit.issuer,
            code=unit.ranges["0601"].prefix,
            at=datetime.now(BEIJING),
        )
    )
    made = Till(node_world.unit("second_hospital"), unit.ranges["0601"].range_id, drafts)
    made.start()
    yield made
    made.stop()


@pytest.mark.timeout(400)
def test_kill__ten_random_moments__everything_issued_exactly_once(node_world: NodeWorld, till: Till) -> None:
    site = node_world.site
    moments = random.Random(SEED)
    for _ in range(KILLS):
        time.sleep(moments.uniform(0.3, 3.0))
        victims = moments.choice((["serve"], ["worker"], ["worker", "serve"]))
        for name in victims:
            site.kill(name)
        time.sleep(moments.uniform(0.0, 0.5))
        site.start(*victims)
    time.sleep(1)
    till.stop()
    assert till.failures == []
    assert len(till.submissions) >= KILLS, "the till must have been busy while the node was killed"

    states = [till.client.wait(submission, timeout_seconds=90) for submission in till.submissions]
    assert Counter(state.state for state in states) == {"final": len(till.submissions)}
    promised = sorted(int(receipt.number) for state in states for receipt in state.receipts)
    allotted = node_world.province.units["second_hospital"].ranges["0601"]
    assert promised == list(range(allotted.first, allotted.first + len(till.sent)))

    issued = [
        number
        for event in node_world.province.chain.history(
            "ReceiptLedger", "BatchIssued", node_world.province.book.deployed_block
        )
        if event["range"] == allotted.range_id
        for number in range(event["first"], event["first"] + event["count"])
    ]
    assert sorted(issued) == promised
    refused = node_world.province.chain.history(
        "ReceiptLedger", "BatchRefused", node_world.province.book.deployed_block
    )
    assert [event for event in refused if event["range"] == allotted.range_id] == []
