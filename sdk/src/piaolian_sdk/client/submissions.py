"""Asking for the state of what was handed in, and waiting for it."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from piaolian_sdk.client.connection import NodeConnection
from piaolian_sdk.client.holder import HolderQuestions
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.wire import SubmissionState, paths

_POLL_SECONDS = 0.3
_STATE_ORDER = ("accepted", "countersigned", "stored", "sent", "mined", "final")


class Submissions(HolderQuestions):
    """What every client that hands something in can ask."""

    def __init__(self, connection: NodeConnection, *, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
        super().__init__(connection)
        self._now = now
        self._sleep = sleep

    def submission(self, submission_id: str) -> SubmissionState:
        """Return the state of a submission.

        Raises:
            RemoteError: The node did not answer or does not know it.
        """
        return self.connection.get(paths.SUBMISSION, SubmissionState, submission=submission_id)

    def find_submission(
        self, *, idempotency_key: str | None = None, content_digest: bytes | None = None
    ) -> SubmissionState:
        """Return the state of the submission with this key or this content.

        Raises:
            RemoteError: The node did not answer or does not know it.
        """
        query = {"idempotency_key": idempotency_key} if idempotency_key is not None else {}
        if content_digest is not None:
            query["content_digest"] = "0x" + content_digest.hex()
        return self.connection.get(paths.SUBMISSIONS, SubmissionState, query)

    def wait(self, submission_id: str, until: str = "final", timeout_seconds: float = 120.0) -> SubmissionState:
        """Ask until the submission has reached ``until``, or was refused.

        Returns:
            The state reached; look at ``refusal`` when it is ``refused``.

        Raises:
            RemoteError: ``submission-timeout``, or the node did not answer.
        """
        give_up = self._now() + timeout_seconds
        while True:
            state = self.submission(submission_id)
            if state.state == "refused" or _STATE_ORDER.index(state.state) >= _STATE_ORDER.index(until):
                return state
            if self._now() >= give_up:
                raise RemoteError(
                    "submission-timeout",
                    f"the submission is {state.state}, not {until}, after {timeout_seconds:.0f} seconds",
                    f"提交 {timeout_seconds:.0f} 秒后仍为 {state.state}，未达到 {until}",
                    remedy="nothing is lost: ask for its state later",
                    retry="after",
                )
            self._sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
