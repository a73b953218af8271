"""Errors of the oracle.

Hierarchy::

    OracleError
    ├── ConfigError       a setting breaks a rule (caller's input)
    ├── StatementError    a bank statement cannot be read or breaks a rule (untrusted data)
    ├── SourceError       a source skips or repeats a statement number (untrusted data)
    ├── FrameError        a CFX frame or voucher breaks a rule (untrusted data)
    ├── StateError        the state file does not fit what is asked of it
    ├── KeyStoreError     the key token is absent, locked or lacks the key
    └── ChainError        the chain did not answer, or refused (a remote service failed)

Each error has a stable code, one English and one Chinese sentence, and a remedy in Chinese. No message holds a
name, an account number, a remittance text, a PIN or a key.
"""

from typing import Literal

ErrorCode = Literal[
    "account-not-configured",
    "address-book-invalid",
    "chain-mismatch",
    "chain-refused",
    "chain-unreachable",
    "committee-missing",
    "config-invalid",
    "frame-encoding",
    "frame-length",
    "frame-mac-wrong",
    "frame-malformed",
    "frame-too-large",
    "frame-truncated",
    "key-exists",
    "key-missing",
    "mac-token-missing",
    "source-content-changed",
    "source-gap",
    "source-not-refused",
    "source-refused",
    "state-corrupt",
    "state-in-use",
    "state-version",
    "statement-element-invalid",
    "statement-element-missing",
    "statement-entity-forbidden",
    "statement-malformed",
    "statement-number-missing",
    "statement-not-camt",
    "statement-too-large",
    "statement-totals-differ",
    "token-failed",
    "token-missing",
    "transaction-lost",
    "voucher-field-invalid",
    "voucher-field-missing",
]


class OracleError(Exception):
    """Base of every error that the oracle raises on purpose.

    Args:
        code: Stable kebab-case code from the closed list.
        message: One English sentence, without personal data.
        message_zh: The same in Chinese, for people.
        remedy: What to do, Chinese.
        field: The field, element or setting at fault, if one is.
    """

    def __init__(
        self, code: ErrorCode, message: str, message_zh: str, remedy: str = "", *, field: str | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code: ErrorCode = code
        self.message = message
        self.message_zh = message_zh
        self.remedy = remedy
        self.field = field


class ConfigError(OracleError):
    """A setting is absent or breaks a rule."""


class StatementError(OracleError):
    """A bank statement cannot be read, or contradicts itself."""


class SourceError(OracleError):
    """A source of statements skips or repeats a number, so its word cannot be taken."""


class FrameError(OracleError):
    """A CFX frame or the voucher inside it breaks a rule."""


class StateError(OracleError):
    """The state file is damaged, or a command does not fit what it holds."""


class KeyStoreError(OracleError):
    """The PKCS#11 token is absent, locked, or lacks the key."""


class ChainError(OracleError):
    """The chain did not answer, answered for another network, or refused.

    Args:
        code: Stable kebab-case code from the closed list.
        message: One English sentence.
        message_zh: The same in Chinese.
        remedy: What to do, Chinese.
        retry: Whether the same call may succeed later.
    """

    def __init__(
        self, code: ErrorCode, message: str, message_zh: str, remedy: str = "", *, retry: bool = False
    ) -> None:
        super().__init__(code, message, message_zh, remedy)
        self.retry = retry
