"""Errors of the oracle.

Hierarchy::

    OracleError
    ├── ConfigError       a setting breaks a rule (caller's input)
    ├── StatementError    a bank statement cannot be read or breaks a rule (untrusted data)
    ├── SourceError       a source skips or repeats a statement number (untrusted data)
    ├── FrameError        a CFX frame or voucher breaks a rule (untrusted data)
    ├── ConfirmationError a payment that was confirmed in real time contradicts what is known (untrusted data)
    ├── PeerError         the other side of a CFX connection is away or refuses (a remote service failed)
    ├── StateError        the state file does not fit what is asked of it
    ├── KeyStoreError     the key token is absent, locked or lacks the key
    └── ChainError        the chain is another one, or does not know this oracle (a remote service failed)

Each error has a stable code, one English and one Chinese sentence, and a remedy in Chinese. No message holds a
name, an account number, a remittance text, a PIN or a key.
"""

from typing import Literal

from piaolian_sdk.errors import PiaolianError, Retry

ErrorCode = Literal[
    "account-not-configured",
    "account-unfunded",
    "committee-missing",
    "config-invalid",
    "confirmation-conflict",
    "confirmation-invalid",
    "frame-encoding",
    "frame-length",
    "frame-mac-wrong",
    "frame-malformed",
    "frame-too-large",
    "frame-too-slow",
    "frame-truncated",
    "key-exists",
    "mac-token-missing",
    "peer-refused",
    "peer-unreachable",
    "source-content-changed",
    "source-gap",
    "source-not-refused",
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
    "voucher-field-invalid",
    "voucher-field-missing",
]


class OracleError(PiaolianError):
    """Base of every error that the oracle raises on purpose; errors of the SDK come through as they are.

    Args:
        code: Stable kebab-case code from the closed list.
        message: One English sentence, without personal data.
        message_zh: The same in Chinese, for people.
        remedy: What to do, Chinese.
        field: The field, element or setting at fault, if one is.
        retry: "after" when the same may succeed later.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        message_zh: str,
        remedy: str = "",
        *,
        field: str | None = None,
        retry: Retry = "never",
    ) -> None:
        super().__init__(code, message, message_zh, field=field, remedy=remedy, retry=retry)


class ConfigError(OracleError):
    """A setting is absent or breaks a rule."""


class StatementError(OracleError):
    """A bank statement cannot be read, or contradicts itself."""


class SourceError(OracleError):
    """A source of statements skips or repeats a number, so its word cannot be taken."""


class FrameError(OracleError):
    """A CFX frame or the voucher inside it breaks a rule."""


class ConfirmationError(OracleError):
    """A real-time confirmation breaks a rule or contradicts an earlier word about the same payment."""


class PeerError(OracleError):
    """The other side of a CFX connection did not answer, or answered that it refuses."""


class StateError(OracleError):
    """The state file is damaged, or a command does not fit what it holds."""


class KeyStoreError(OracleError):
    """The PKCS#11 token is absent, locked, or lacks the key."""


class ChainError(OracleError):
    """The chain is another one than configured, has no committee with this oracle, or lost a transaction."""
