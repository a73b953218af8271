"""Errors of talking to a node.

::

    RemoteError (piaolian_sdk.errors)
    └── NodeRefusedError    the node answered with a problem document
"""

from piaolian_sdk.errors import RemoteError
from piaolian_sdk.wire import Problem


class NodeRefusedError(RemoteError):
    """The node answered with a problem document; its code, retry and remedy are this error's.

    Attributes:
        problem: The whole document.
        retry_after_seconds: What the node asked to wait, when it did.
    """

    def __init__(self, problem: Problem, retry_after_seconds: float | None = None) -> None:
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            problem.code,
            problem.detail or problem.title or problem.code,
            problem.detail_zh or problem.title or problem.code,
            field=problem.field,
            remedy=problem.remedy,
            retry=problem.retry,
        )


def unreachable(exc: Exception) -> RemoteError:
    """Return the error for a node that gave no answer; the same request may be sent again."""
    return RemoteError(
        "node-unreachable",
        f"the node gave no answer: {type(exc).__name__}",
        f"节点没有应答：{type(exc).__name__}",
        remedy="check the address and the network, then send the same request with the same Idempotency-Key",
        retry="same",
    )


def malformed_answer(what: str, what_zh: str) -> RemoteError:
    """Return the error for an answer that breaks the API's or the caller's expectations; nothing of it is used."""
    return RemoteError(
        "answer-malformed",
        f"the node's answer is wrong: {what}",
        f"节点的应答有误：{what_zh}",
        remedy="ask the finance department that runs the node; do not hand the receipts out",
        retry="never",
    )
