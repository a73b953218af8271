"""Kill -9 of API and worker at ten and more moments that a seed chooses: everything is issued exactly once.

Each moment stands at one step of a batch's way: the step is held at a gate between the node and its chain or IPFS, or
at the commit, so that the node is exactly there when it is killed. Order, sizes, victims and delays are drawn from the
seed, which is printed; PIAOLIAN_KILL_SEED repeats a run.
"""

import os
import queue
import random
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import httpx
import pytest

from piaolian_sdk.wire import paths
from support.exactly_once import Checker, check_told_again
from support.gate import Hold
from support.kill import Breaker, Program, Till, size_of_batch
from support.node import NodeWorld

_BIG_BATCH: Final = 1000
_STEP_SECONDS: Final = 40.0
GateName = Literal["chain", "kubo", "second_kubo"]


@dataclass(frozen=True)
class WorkerMoment:
    """A step of the worker.

    Attributes:
        gate: Where the step is held.
        step: RPC method or kubo command.
        after: Whether the answer is held, and not the request.
        condition: What an outbox row ``o`` and its transaction ``t`` are then, in SQL.
    """

    name: str
    gate: GateName
    step: str
    after: bool
    condition: str


WORKER_MOMENTS: Final = (
    WorkerMoment("countersigned, no body stored", "kubo", "dag/import", False, "o.state = 'countersigned'"),
    WorkerMoment("bodies stored, not recorded", "kubo", "dag/export", True, "o.state = 'countersigned'"),
    WorkerMoment("stored, not signed", "chain", "eth_getTransactionCount", False, "o.state = 'stored'"),
    WorkerMoment("signed, not sent", "chain", "eth_sendRawTransaction", False, "t.state = 'signed'"),
    WorkerMoment("sent, not recorded", "chain", "eth_sendRawTransaction", True, "t.state = 'signed'"),
    WorkerMoment("sent, not seen in a block", "chain", "eth_getTransactionReceipt", False, "t.state = 'sent'"),
    WorkerMoment(
        "mined, not final",
        "chain",
        "eth_getLogs",
        False,
        # Of an indexed block, it would become final although the index stands still.
        "o.state = 'mined' AND t.block_number > (SELECT max(number) FROM indexed_blocks)",
    ),
    WorkerMoment(
        "one copy, no second",
        "second_kubo",
        "pin/add",
        False,
        "o.bodies_root IS NOT NULL AND o.replicated_at IS NULL",
    ),
)


class Run:
    """One run through all moments.

    Attributes:
        seen: Names of the moments that the node was killed at.
    """

    def __init__(self, breaker: Breaker, till: Till, chance: random.Random) -> None:
        self.breaker = breaker
        self.till = till
        self.chance = chance
        self.seen: list[str] = []
        # A power cut takes both. Another one comes at any time; to start the API costs seconds.
        self.power_cut = chance.choice(WORKER_MOMENTS)

    def at_worker(self, moment: WorkerMoment) -> None:
        """Kill the worker, or both, at a step of the worker."""
        gate = getattr(self.breaker, moment.gate)
        victims: tuple[Program, ...] = ("worker", "serve") if moment is self.power_cut else ("worker",)
        with gate.holding(moment.step, after=moment.after, when=self._concerns(moment)) as hold:
            self.till.send(size_of_batch(self.chance))
            self.breaker.records.wait(
                lambda: hold.is_reached.is_set() and self.breaker.records.holds(moment.condition), moment.name
            )
            self._pause(0.3)
            assert self.breaker.records.holds(moment.condition)
            self._kill(moment.name, *victims)
        self.breaker.start(*victims)

    def while_preparing(self) -> None:
        """Kill the API between reading the chain for a prepare and leasing."""
        before = self.breaker.records.value("SELECT count(*) FROM leases")

        def kill(_hold: Hold) -> None:
            self._pause(0.3)
            assert self.breaker.records.value("SELECT count(*) FROM leases") == before
            self._kill("preparing, nothing leased", "serve")

        self._in_request(paths.RECEIPTS_PREPARE, size_of_batch(self.chance), kill)

    def while_sealing(self) -> None:
        """Kill the API while it judges, countersigns and seals a big batch: nothing is committed."""
        before = self.breaker.records.value("SELECT count(*) FROM outbox")

        def kill(hold: Hold) -> None:
            with self.breaker.records.no_commits():
                hold.release()
                self._pause(2.0)
                self._kill("signing and sealing, nothing written", "serve")
            assert self.breaker.records.value("SELECT count(*) FROM outbox") == before

        self._in_request(paths.RECEIPTS_SUBMIT, _BIG_BATCH, kill)

    def when_answered(self, path: str, name: str) -> None:
        """Kill the API when it has answered, and lose the answer."""

        def lose() -> None:
            self._kill(name, "serve")
            self.breaker.start("serve")
            raise httpx.ReadError("the answer was lost")

        self.till.transport.after[path] = lose
        self.till.send(size_of_batch(self.chance))

    def at_any_time(self) -> None:
        """Kill both at a time that nothing but the seed chooses."""
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(self.till.send, 40)
            self._pause(2.0)
            self._kill("any time", "serve", "worker")
            self.breaker.start("serve", "worker")
            sending.result()

    def _in_request(self, path: str, count: int, kill: Callable[[Hold], None]) -> None:
        """Hold the API's first read of the chain within a request, kill it, and start it again for the next try."""
        armed: queue.Queue[Hold] = queue.Queue()
        with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
            gate = self.breaker.api_chain
            self.till.transport.before[path] = lambda: armed.put(stack.enter_context(gate.holding("eth_call")))
            sending = pool.submit(self.till.send, count)
            hold = armed.get(timeout=_STEP_SECONDS)
            assert hold.is_reached.wait(_STEP_SECONDS)
            kill(hold)
            stack.close()
            self.breaker.start("serve")
            sending.result()

    def _concerns(self, moment: WorkerMoment) -> Callable[[Any], bool] | None:
        """Pick the transaction that is at this moment: older ones are sent again and asked for as well."""
        column = {"eth_getTransactionReceipt": "hash", "eth_sendRawTransaction": "raw"}.get(moment.step)
        if column is None:
            return None
        records = self.breaker.records
        return lambda parameters: records.holds(
            f"{moment.condition} AND hex(t.{column}) = '{parameters[0][2:].upper()}'"
        )

    def _kill(self, name: str, *victims: Program) -> None:
        self.breaker.kill(*victims)
        self.seen.append(f"{name} ({', '.join(victims)})")

    def _pause(self, most: float) -> None:
        time.sleep(self.chance.uniform(0, most))


@pytest.fixture
def seed() -> int:
    chosen = int(os.environ.get("PIAOLIAN_KILL_SEED") or secrets.randbelow(10_000))
    print(f"PIAOLIAN_KILL_SEED={chosen}")
    return chosen


@pytest.fixture
def till(node_world: NodeWorld, tmp_path: Path, seed: int) -> Iterator[Till]:
    made = Till(node_world, node_world.province.units["second_hospital"], tmp_path / "journal", seed)
    yield made
    made.close()


@pytest.fixture
def breaker(node_world: NodeWorld) -> Iterator[Breaker]:
    made = Breaker(node_world)
    node_world.site.stop()
    made.start("serve", "worker")
    yield made
    made.leave()


@pytest.mark.timeout(420)
def test_c081_kill__every_step_of_a_batch__everything_issued_exactly_once(
    node_world: NodeWorld, breaker: Breaker, till: Till, seed: int
) -> None:
    chance = random.Random(seed)
    run = Run(breaker, till, chance)
    first = till.next_number()
    steps: list[Callable[[], None]] = [
        *(lambda moment=moment: run.at_worker(moment) for moment in WORKER_MOMENTS),
        run.while_preparing,
        run.while_sealing,
        lambda: run.when_answered(paths.RECEIPTS_PREPARE, "leased, answer lost"),
        lambda: run.when_answered(paths.RECEIPTS_SUBMIT, "accepted, answer lost"),
        run.at_any_time,
    ]
    chance.shuffle(steps)
    for step in steps:
        began = time.monotonic()
        step()
        print(f"{run.seen[-1]}: {time.monotonic() - began:.1f} s")
    assert len(run.seen) == len(steps)

    for batch in till.sent:
        assert batch.result.submission_id is not None
        state = till.client.wait(batch.result.submission_id, timeout_seconds=120)
        assert state.state == "final", f"seed {seed}: {state}"
    breaker.records.wait(
        lambda: not breaker.records.holds("o.replicated_at IS NULL AND o.kind = 'issue'"), "the second copy"
    )
    Checker(node_world, till, first).check()
    # The big batch was sent twice already, by its moment.
    for batch in chance.sample([batch for batch in till.sent if len(batch.drafts) < _BIG_BATCH], 3):
        check_told_again(till, batch)
    assert till.next_number() == first + sum(len(batch.drafts) for batch in till.sent)
