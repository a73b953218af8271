"""Errors of the network tools.

Hierarchy::

    NetworkError
    ├── MembersError      members.toml breaks a rule (caller's input)
    ├── StateError        a command does not fit the state of the network (caller's input)
    ├── ToolError         a program is absent or failed
    ├── ServiceError      a chain, kubo or supervisor endpoint did not answer or refused
    └── MismatchError     what runs on the chain differs from what was expected (untrusted data)

Each error has a stable code, one English and one Chinese sentence, and what to do about it.
No message holds a key, a password or a token.
"""

from typing import Literal

ErrorCode = Literal[
    "members-file-missing",
    "members-invalid",
    "network-exists",
    "network-missing",
    "network-running",
    "network-not-running",
    "program-missing",
    "program-failed",
    "program-unknown",
    "port-taken",
    "code-missing",
    "trust-mismatch",
    "service-unreachable",
    "service-refused",
    "chain-halted",
    "start-timeout",
    "stop-timeout",
    "transaction-failed",
    "artifact-missing",
    "address-book-missing",
    "code-mismatch",
    "genesis-mismatch",
]


class NetworkError(Exception):
    """Base of every error that the network tools raise on purpose.

    Args:
        code: Stable kebab-case code from the closed list.
        message: One English sentence.
        message_zh: The same in Chinese, for people.
        remedy: What to do, Chinese.
    """

    def __init__(self, code: ErrorCode, message: str, message_zh: str, remedy: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code: ErrorCode = code
        self.message = message
        self.message_zh = message_zh
        self.remedy = remedy


class MembersError(NetworkError):
    """members.toml breaks a rule; `field` says where."""

    def __init__(
        self, code: ErrorCode, message: str, message_zh: str, remedy: str = "", *, field: str | None = None
    ) -> None:
        super().__init__(code, message, message_zh, remedy)
        self.field = field


class StateError(NetworkError):
    """A command does not fit the state that the network is in."""


class ToolError(NetworkError):
    """A program is absent or ended with a failure."""


class ServiceError(NetworkError):
    """An endpoint of the network did not answer, or refused."""


class MismatchError(NetworkError):
    """What a chain says differs from what was expected of it."""
