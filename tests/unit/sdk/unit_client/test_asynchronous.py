"""The asynchronous clients: the blocking ones' methods, awaited."""

import asyncio
import inspect
from typing import Any

import httpx
import pytest

from piaolian_sdk.client import (
    AsyncBookerClient,
    AsyncPublicClient,
    AsyncUnitClient,
    BookerClient,
    ItemResult,
    NodeRefusedError,
    PublicClient,
    UnitClient,
)
from piaolian_sdk.errors import InputError, RemoteError
from piaolian_sdk.receipt import parse_receipt
from support.fake_node import ADDRESS_BOOK, BASE_URL, RECEIPT_RANGE, FakeNode
from support.unit_client import CHAIN_SIGNER, SIGNER, Clock, Randomness, draft

# What needs no waiting, or has another name where it is awaited.
_NOT_AWAITED = {"chain_id", "contract", "close"}


def asynchronous(node: FakeNode, clock: Clock, http: httpx.AsyncClient | None = None) -> AsyncUnitClient:
    """Return a client whose requests the node answers after another task had its turn."""

    async def handle(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return node._handle(request)

    return AsyncUnitClient(
        BASE_URL,
        unit=1,
        document_signer=SIGNER,
        chain_signer=CHAIN_SIGNER,
        address_book=ADDRESS_BOOK,
        random=Randomness(),
        now=clock.now,
        http=http or httpx.AsyncClient(transport=httpx.MockTransport(handle)),
    )


@pytest.mark.parametrize(
    ("waiting", "blocking"),
    [(AsyncUnitClient, UnitClient), (AsyncBookerClient, BookerClient), (AsyncPublicClient, PublicClient)],
)
def test_methods__every_public_one__is_awaited_with_the_same_arguments(waiting: type, blocking: type) -> None:
    wanted = {name for name, _ in inspect.getmembers(blocking, callable) if not name.startswith("_")} - _NOT_AWAITED
    for name in wanted:
        method = getattr(waiting, name)
        assert inspect.iscoroutinefunction(method)
        assert inspect.signature(method) == inspect.signature(getattr(blocking, name))


def essence(item: ItemResult) -> tuple[Any, ...]:
    """Return what does not change from one ECDSA signature to the next."""
    receipt = item.receipt
    assert receipt is not None
    parsed = parse_receipt(receipt.document)
    secrets = (receipt.amount_salt, receipt.fields_seed, receipt.booking_secret)
    return item.business_number, receipt.number, receipt.amount_fen, secrets, parsed.data_bytes, parsed.header_bytes


async def test_issue__batch__the_same_receipts_as_the_blocking_client(
    node: FakeNode, client: UnitClient, clock: Clock
) -> None:
    blocking = client.issue(RECEIPT_RANGE, [draft("B-1"), draft("B-2")])
    node.next_number, node.nonces = 11, set()
    async with asynchronous(node, clock) as waiting:
        found = await waiting.issue(RECEIPT_RANGE, [draft("B-1"), draft("B-2")])
    assert [essence(item) for item in found.items] == [essence(item) for item in blocking.items]
    assert found.submission_id == blocking.submission_id


async def test_calls__two_at_once__each_gets_its_own_answer(node: FakeNode, clock: Clock) -> None:
    order: list[str] = []
    handle = node._handle

    async def slow(request: httpx.Request) -> httpx.Response:
        order.append(f"sent {request.url.path}")
        await asyncio.sleep(0)
        order.append(f"answered {request.url.path}")
        return handle(request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(slow))
    async with asynchronous(node, clock, http) as client:
        ranges, catalogue = await asyncio.gather(client.ranges(), client.catalogue())
    assert {entry.range for entry in ranges} >= {RECEIPT_RANGE}
    assert catalogue.items
    assert [word.split()[0] for word in order] == ["sent", "sent", "answered", "answered"]


async def test_post__node_asks_to_wait__same_key_after_the_pause(
    node: FakeNode, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    real = asyncio.sleep

    async def pause(seconds: float) -> None:
        slept.append(seconds)
        await real(0)

    monkeypatch.setattr("piaolian_sdk.client.flow.asyncio.sleep", pause)
    problem: dict[str, Any] = {
        "type": "/problems#overloaded",
        "title": "待处理过多",
        "status": 429,
        "code": "overloaded",
        "detail": "later",
        "retry": "after",
    }
    node.failures = [(429, problem, {"Retry-After": "7"})]
    async with asynchronous(node, clock) as client:
        assert await client.ranges()
    assert 7.0 in slept


async def test_issue__node_refuses_or_is_away__the_same_errors(node: FakeNode, clock: Clock) -> None:
    async with asynchronous(node, clock) as client:
        with pytest.raises(InputError):
            await client.issue(999, [draft()])
        node.failures = [httpx.ConnectError("refused")] * 9
        client._blocking.connection._sleep = lambda _seconds: None
        with pytest.raises(RemoteError) as away:
            await client.ranges()
        assert not isinstance(away.value, NodeRefusedError)


async def test_call__cancelled_while_it_waits__ends_and_the_client_goes_on(node: FakeNode, clock: Clock) -> None:
    gate = asyncio.Event()
    handle = node._handle

    async def wait(request: httpx.Request) -> httpx.Response:
        if not gate.is_set():
            await asyncio.Event().wait()
        return handle(request)

    async with asynchronous(node, clock, httpx.AsyncClient(transport=httpx.MockTransport(wait))) as client:
        call = asyncio.create_task(client.ranges())
        await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        gate.set()
        assert await client.ranges()


def test_connection__used_without_await__says_so(node: FakeNode, clock: Clock) -> None:
    client = asynchronous(node, clock)
    with pytest.raises(RuntimeError, match="without await"):
        client._blocking.ranges()
