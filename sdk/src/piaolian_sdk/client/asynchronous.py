"""The clients for asyncio: the same methods, awaited.

There is no second copy of what they do: every method runs the blocking client's code (``flow``) over a connection that
awaits. Several calls may be on their way at once. Documents are signed on the event loop: a service that issues large
batches gives them a process of their own.

    async with AsyncUnitClient(url, unit=7, document_signer=..., chain_signer=..., address_book=...) as client:
        result = await client.issue(range_id, drafts)
        state = await client.wait(result.submission_id)
"""

import functools
import os
import time
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

import httpx

from piaolian_sdk.acts import ChainSigner
from piaolian_sdk.client.booker import BookerClient
from piaolian_sdk.client.connection import TIMEOUT_SECONDS, NodeConnection
from piaolian_sdk.client.flow import run_flow, sleep, wait_for
from piaolian_sdk.client.holder import HolderQuestions
from piaolian_sdk.client.journal import Journal
from piaolian_sdk.client.plan import PlannedRequest
from piaolian_sdk.client.public import PublicClient
from piaolian_sdk.client.unit import UnitClient
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.signing import DocumentSigner

_Client = TypeVar("_Client", bound=HolderQuestions)
_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


class _AsyncConnection(NodeConnection):
    """The connection whose answers are awaited; everything else is the blocking one's."""

    def __init__(
        self,
        base_url: str,
        document_signer: DocumentSigner | None,
        *,
        random: Callable[[int], bytes] = os.urandom,
        now: Callable[[], float] = time.time,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        # The blocking client is never asked: it is made without certificates and closed at once.
        with httpx.Client(verify=False, trust_env=False) as unused:  # noqa: S501 # No request leaves it.
            super().__init__(base_url, document_signer, random=random, now=now, sleep=sleep, http=unused)
        self._owns_async = http is None
        self._async_http = http or httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def _exchange(self, planned: PlannedRequest, headers: Mapping[str, str]) -> httpx.Response:
        request = self._async_http.request(planned.method, planned.url, content=planned.body, headers=headers)
        return wait_for(request)

    async def aclose(self) -> None:
        """Close the connections, unless the caller brought its own client."""
        if self._owns_async:
            await self._async_http.aclose()


class _AsyncClient(Generic[_Client]):
    """A blocking client behind an asynchronous face."""

    def __init__(self, blocking: _Client, connection: _AsyncConnection) -> None:
        self._blocking = blocking
        self._connection = connection

    async def aclose(self) -> None:
        """Close the connections, unless the caller brought its own client."""
        await self._connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _awaited(
    method: Callable[Concatenate[Any, _Arguments], _Result],
) -> Callable[Concatenate[Any, _Arguments], Coroutine[Any, Any, _Result]]:
    """Return a blocking client's method as a coroutine function of the asynchronous one, with its documentation."""

    async def call(self: Any, /, *arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:  # noqa: ANN401
        return await run_flow(method, self._blocking, *arguments, **named)

    functools.update_wrapper(call, method)
    return call


class AsyncUnitClient(_AsyncClient[UnitClient]):
    """Does a unit's business with one node (``UnitClient``)."""

    def __init__(  # noqa: PLR0913 # An identity has this many parts; all but the address go by name.
        self,
        base_url: str,
        *,
        unit: int,
        document_signer: DocumentSigner,
        chain_signer: ChainSigner,
        address_book: AddressBook,
        random: Callable[[int], bytes] = os.urandom,
        now: Callable[[], float] = time.time,
        http: httpx.AsyncClient | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Take an address and an identity; nothing is sent yet. Arguments are those of ``UnitClient``."""
        connection = _AsyncConnection(base_url, document_signer, random=random, now=now, http=http)
        blocking = UnitClient(
            base_url,
            unit=unit,
            document_signer=document_signer,
            chain_signer=chain_signer,
            address_book=address_book,
            random=random,
            now=now,
            sleep=sleep,
            journal=journal,
            connection=connection,
        )
        super().__init__(blocking, connection)

    cancel_notice = _awaited(UnitClient.cancel_notice)
    catalogue = _awaited(UnitClient.catalogue)
    exchange = _awaited(UnitClient.exchange)
    find_submission = _awaited(UnitClient.find_submission)
    issue = _awaited(UnitClient.issue)
    notice_state = _awaited(UnitClient.notice_state)
    period = _awaited(UnitClient.period)
    prepare_notices = _awaited(UnitClient.prepare_notices)
    prepare_receipts = _awaited(UnitClient.prepare_receipts)
    prepare_reversal = _awaited(UnitClient.prepare_reversal)
    range_entry = _awaited(UnitClient.range_entry)
    range_of = _awaited(UnitClient.range_of)
    ranges = _awaited(UnitClient.ranges)
    receipt_body = _awaited(UnitClient.receipt_body)
    receipt_bundle = _awaited(UnitClient.receipt_bundle)
    receipt_proof = _awaited(UnitClient.receipt_proof)
    receipt_state = _awaited(UnitClient.receipt_state)
    return_paper = _awaited(UnitClient.return_paper)
    reverse = _awaited(UnitClient.reverse)
    send_notices = _awaited(UnitClient.send_notices)
    submission = _awaited(UnitClient.submission)
    submit_notices = _awaited(UnitClient.submit_notices)
    submit_receipts = _awaited(UnitClient.submit_receipts)
    submit_reversal = _awaited(UnitClient.submit_reversal)
    void = _awaited(UnitClient.void)
    wait = _awaited(UnitClient.wait)
    write_off = _awaited(UnitClient.write_off)


class AsyncBookerClient(_AsyncClient[BookerClient]):
    """Books and withdraws at one node (``BookerClient``)."""

    def __init__(
        self,
        base_url: str,
        document_signer: DocumentSigner,
        chain_signer: ChainSigner,
        address_book: AddressBook,
        *,
        random: Callable[[int], bytes] = os.urandom,
        now: Callable[[], float] = time.time,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """Take an address and an identity; nothing is sent yet. Arguments are those of ``BookerClient``."""
        connection = _AsyncConnection(base_url, document_signer, random=random, now=now, http=http)
        blocking = BookerClient(
            base_url,
            document_signer,
            chain_signer,
            address_book,
            random=random,
            now=now,
            sleep=sleep,
            connection=connection,
        )
        super().__init__(blocking, connection)

    book = _awaited(BookerClient.book)
    find_submission = _awaited(BookerClient.find_submission)
    receipt_bundle = _awaited(BookerClient.receipt_bundle)
    receipt_proof = _awaited(BookerClient.receipt_proof)
    receipt_state = _awaited(BookerClient.receipt_state)
    submission = _awaited(BookerClient.submission)
    unbook = _awaited(BookerClient.unbook)
    wait = _awaited(BookerClient.wait)


class AsyncPublicClient(_AsyncClient[PublicClient]):
    """Asks a node what anyone may know (``PublicClient``)."""

    def __init__(self, base_url: str, *, http: httpx.AsyncClient | None = None) -> None:
        """Take the node's address, without ``/api/v1``."""
        connection = _AsyncConnection(base_url, None, http=http)
        super().__init__(PublicClient(base_url, connection=connection), connection)

    limits = _awaited(PublicClient.limits)
    network = _awaited(PublicClient.network)
    receipt_body = _awaited(PublicClient.receipt_body)
    receipt_bundle = _awaited(PublicClient.receipt_bundle)
    receipt_proof = _awaited(PublicClient.receipt_proof)
    receipt_state = _awaited(PublicClient.receipt_state)
    verify = _awaited(PublicClient.verify)
