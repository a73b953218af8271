"""The blocking connection to one node."""

import os
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel

from piaolian_sdk.client.errors import NodeRefusedError, unreachable
from piaolian_sdk.client.plan import PlannedRequest, plan_get, plan_post, read_answer
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.signing import DocumentSigner

_Answer = TypeVar("_Answer", bound=BaseModel)

# A batch of 1,000 documents is countersigned in seconds; a minute bounds the worst.
TIMEOUT_SECONDS = 60.0
MAX_TRIES = 4
# The longest wait between two tries, whatever the node asks: a caller at a window gives up rather than waits.
MAX_PAUSE_SECONDS = 10.0


class NodeConnection:
    """Sends signed requests to one node, and again where the answer's ``retry`` allows it."""

    def __init__(
        self,
        base_url: str,
        document_signer: DocumentSigner | None,
        *,
        random: Callable[[int], bytes] = os.urandom,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        http: httpx.Client | None = None,
    ) -> None:
        """Take an address and a key.

        Args:
            base_url: Of the node, without ``/api/v1``.
            document_signer: Signs requests; None for public questions.
            random: Gives that many random bytes.
            now: Gives Unix seconds.
            sleep: Waits that many seconds.
            http: Client to use, which stays the caller's to close; a new one with time limits when None.
        """
        self.base_url = base_url.rstrip("/")
        self._signer = document_signer
        self._random = random
        self._now = now
        self._sleep = sleep
        self._owns_http = http is None
        self._http = http or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def get(self, path: str, model: type[_Answer], query: Mapping[str, str] | None = None, **parts: str) -> _Answer:
        """Ask ``path`` and return the answer.

        Raises:
            NodeRefusedError: The node answered with a problem.
            RemoteError: The node gave no answer or an unreadable one.
        """
        return self.send(plan_get(self.base_url, path, query, **parts), model)

    def post(self, path: str, message: BaseModel, model: type[_Answer], idempotency_key: str | None = None) -> _Answer:
        """Send ``message`` under one idempotency key, a fresh one when None, however often it is tried.

        Raises:
            NodeRefusedError: The node answered with a problem.
            RemoteError: The node gave no answer or an unreadable one.
        """
        key = idempotency_key if idempotency_key is not None else self._random(16).hex()
        return self.send(plan_post(self.base_url, path, message, key), model)

    def send(self, planned: PlannedRequest, model: type[_Answer]) -> _Answer:
        """Send ``planned``, signed anew for every try.

        Raises:
            NodeRefusedError: The node answered with a problem.
            RemoteError: The node gave no answer or an unreadable one.
        """
        for attempt in range(1, MAX_TRIES):
            try:
                return self._send_once(planned, model)
            except RemoteError as error:
                if error.retry == "never":
                    raise
                self._sleep(_pause_seconds(error, attempt))
        return self._send_once(planned, model)

    def close(self) -> None:
        """Close the connections, unless the caller brought its own client."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send_once(self, planned: PlannedRequest, model: type[_Answer]) -> _Answer:
        headers = planned.headers(self._signer, nonce=self._random(16).hex(), now=int(self._now()))
        try:
            answer = self._exchange(planned, headers)
        except httpx.HTTPError as exc:
            raise unreachable(exc) from exc
        return read_answer(answer.status_code, answer.headers, answer.content, model)

    def _exchange(self, planned: PlannedRequest, headers: Mapping[str, str]) -> httpx.Response:
        return self._http.request(planned.method, planned.url, content=planned.body, headers=headers)


def _pause_seconds(error: RemoteError, attempt: int) -> float:
    asked = error.retry_after_seconds if isinstance(error, NodeRefusedError) else None
    return min(asked if asked is not None else 0.25 * 2**attempt, MAX_PAUSE_SECONDS)
