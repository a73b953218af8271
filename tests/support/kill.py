"""Killing a node at chosen moments, and a unit that never gives up."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import httpx

from demo.enrolment import EnrolledUnit
from demo.samples import generate_outpatient
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.client import BatchResult, FolderJournal, IssuedReceipt, ReceiptDraft, UnitClient
from piaolian_sdk.client.connection import TIMEOUT_SECONDS
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.receipt import parse_receipt
from support.gate import Gate
from support.node import NodeSite, NodeWorld

Program = Literal["serve", "worker"]
_PATIENCE_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.01


class Records:
    """Looks into a node's records, and into no other part of it."""

    def __init__(self, site: NodeSite) -> None:
        self.site = site

    def holds(self, condition: str) -> bool:
        """Whether an outbox row ``o``, with its transaction ``t`` if it has one, meets a condition in SQL."""
        with self._open() as connection:
            query = f'SELECT 1 FROM outbox o LEFT JOIN transactions t ON t.sequence = o."transaction" WHERE {condition}'
            return connection.execute(query).fetchone() is not None

    def value(self, query: str, *values: object) -> object:
        """Return the first column of the first row of a query, or None."""
        with self._open() as connection:
            found = connection.execute(query, values).fetchone()
            return found[0] if found else None

    def expire_lease(self, lease: str) -> None:
        """Let a lease's time be over."""
        with self._open() as connection:
            connection.execute("UPDATE leases SET expires_at = 1 WHERE lease = ?", [lease])
            connection.commit()

    @contextmanager
    def no_commits(self) -> Iterator[None]:
        """Keep the node from writing: it signs and seals, and waits at the commit."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                connection.rollback()

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition is true."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what} was not reached\n{self.site.logs()[-4000:]}"
            time.sleep(_POLL_SECONDS)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.site.directory / "node.sqlite", timeout=20)
        try:
            yield connection
        finally:
            connection.close()


class Breaker:
    """Puts gates around a node's processes and kills them.

    Attributes:
        records: What the node wrote.
        api_chain: Between API and chain.
        chain: Between worker and chain.
        kubo: Between both and the first IPFS daemon.
        second_kubo: Between both and the second one.
    """

    def __init__(self, world: NodeWorld) -> None:
        self.site = world.site
        self.records = Records(world.site)
        self.api_chain = Gate(world.province.rpc_urls[0])
        self.chain = Gate(world.province.rpc_urls[0])
        self.kubo, self.second_kubo = (Gate(url) for url in world.kubo_urls)
        self._usual = dict(self.site.environment)

    def start(self, *programs: Program) -> None:
        """Start programs behind their gates; the API is ready when this returns."""
        for program in sorted(programs, reverse=True):
            chain = self.api_chain if program == "serve" else self.chain
            self.site.environment |= {
                "PIAOLIAN_NODE_RPC_URLS": f'["{chain.url}"]',
                "PIAOLIAN_NODE_KUBO_API": self.kubo.url,
                "PIAOLIAN_NODE_KUBO_API_SECOND": self.second_kubo.url,
            }
            self.site.start(program)

    def kill(self, *programs: Program) -> None:
        """Kill -9."""
        for program in programs:
            self.site.kill(program)

    def leave(self) -> None:
        """Start the node again as it was, without gates."""
        self.site.stop()
        self.site.environment.clear()
        self.site.environment |= self._usual
        self.close()
        self.site.start()

    def close(self) -> None:
        """Close the gates."""
        for gate in (self.api_chain, self.chain, self.kubo, self.second_kubo):
            gate.close()


class HookedTransport(httpx.BaseTransport):
    """A unit's line to its node, on which something happens before a request leaves or before its answer is delivered.

    Attributes:
        before: Called once before a request to a path.
        after: Called once with the whole answer received and not yet delivered; may raise.
    """

    def __init__(self) -> None:
        self.before: dict[str, Callable[[], None]] = {}
        self.after: dict[str, Callable[[], None]] = {}
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if (hook := self.before.pop(path, None)) is not None:
            hook()
        response = self._inner.handle_request(request)
        if path in self.after:
            response.read()
            self.after.pop(path)()
        return response

    def close(self) -> None:
        self._inner.close()


@dataclass(frozen=True)
class SentBatch:
    """What a unit was told."""

    key: str
    drafts: list[ReceiptDraft]
    result: BatchResult

    @property
    def receipts(self) -> list[IssuedReceipt]:
        """Receipts of the accepted items."""
        return [item.receipt for item in self.result.items if item.receipt is not None]


@dataclass
class Till:
    """A unit's till: sends each batch under one key until it knows what became of it.

    Attributes:
        journal: Folder of what it sent.
        seed: Makes the receipts.
    """

    world: NodeWorld
    enrolled: EnrolledUnit
    journal: Path
    seed: int
    sent: list[SentBatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.range_id = self.enrolled.ranges["0601"].range_id
        self.transport = HookedTransport()
        self._https: list[httpx.Client] = []
        self.client = self.new_client(self.transport)
        samples = generate_outpatient(
            100_000,
            seed=self.seed,
            issuer=self.enrolled.unit.issuer,
            code=self.enrolled.ranges["0601"].prefix,
            at=datetime.now(BEIJING),
        )
        self._drafts = (ReceiptDraft(sample.business_number, parse_receipt(sample.xml).model) for sample in samples)

    def new_client(
        self, transport: httpx.BaseTransport | None = None, *, kind: type[UnitClient] = UnitClient
    ) -> UnitClient:
        """Return a client as the unit's next process has it: the same folder, nothing in memory."""
        http = httpx.Client(transport=transport or httpx.HTTPTransport(), timeout=TIMEOUT_SECONDS)
        self._https.append(http)
        return kind(
            self.world.site.base_url,
            unit=self.enrolled.number,
            document_signer=self.enrolled.unit.document_signer,
            chain_signer=self.enrolled.unit.chain_signer,
            address_book=self.world.province.book,
            journal=FolderJournal(self.journal),
            http=http,
        )

    def drafts(self, count: int) -> list[ReceiptDraft]:
        """Return the next receipts to issue."""
        return [next(self._drafts) for _ in range(count)]

    def send(self, count: int) -> SentBatch:
        """Issue a batch, however often it takes."""
        drafts = self.drafts(count)
        key = f"till-{self.seed}-{len(self.sent)}"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                result = self.client.issue(self.range_id, drafts, idempotency_key=key)
                break
            except RemoteError as error:
                if error.retry == "never" or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        assert [item.verdict for item in result.items] == ["accepted"] * count
        batch = SentBatch(key, drafts, result)
        self.sent.append(batch)
        return batch

    def close(self) -> None:
        """Close the connections."""
        for http in self._https:
            http.close()

    def next_number(self) -> int:
        """Return the number that the chain expects next."""
        return self.world.province.reader().registry.range_of(self.range_id).next


def size_of_batch(chance: random.Random) -> int:
    """Draw a size between 1 and 60, small ones more often."""
    return chance.choice([1, 2, 3, 5, 8, 13, 21, 60])
