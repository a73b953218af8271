"""Errors of the SDK, grouped by who is at fault.

::

    PiaolianError                 base: code, message in English and Chinese, field, rule, remedy, retry
    ├── InputError                what the caller gave is wrong; nothing was sent or written
    │   └── RuleViolation         a numbered rule of the receipt is broken (``rule_id``)
    ├── VerificationError         untrusted data does not verify (``step`` names the check)
    ├── RemoteError               a node, a chain or an IPFS daemon failed or refused
    ├── ContractRefusedError      a contract refused an act (``name`` and ``values`` of its custom error)
    └── SignerError               a key could not sign, or signed wrongly

A malformed document raises ``InputError`` where a caller hands it in; ``piaolian_sdk.verify`` turns that into a
``VerificationError``. Bugs of our own stay plain ``RuntimeError``. No message holds a name, an identity number, a
telephone number, an account, a key or a body: ``field`` says where to look.

>>> error = InputError("amount-malformed", "1e2 is no amount", "金额格式有误", field="TotalAmount", rule="0.00")
>>> error.to_problem()["code"]
'amount-malformed'
"""

from collections.abc import Mapping
from typing import Any, Literal

Retry = Literal["never", "same", "after"]

# The closed list of codes that the SDK itself gives. Codes of contract errors are made from the names of the custom
# errors and live beside their bindings; codes of a node's answers are the node's.
ErrorCode = Literal[
    # Codes and text
    "area-code-malformed",
    "check-code-malformed",
    "citizen-id-malformed",
    "credit-code-check-wrong",
    "credit-code-malformed",
    "date-malformed",
    "item-code-malformed",
    "paper-number-malformed",
    "payment-code-malformed",
    "receipt-code-malformed",
    "receipt-key-malformed",
    "receipt-number-malformed",
    "text-encoding-wrong",
    "text-not-encodable",
    "time-malformed",
    # Money
    "amount-malformed",
    "amount-out-of-range",
    "quantity-malformed",
    # The receipt as XML
    "receipt-dtd-refused",
    "receipt-element-duplicate",
    "receipt-element-misplaced",
    "receipt-element-missing",
    "receipt-element-unknown",
    "receipt-encoding-wrong",
    "receipt-markup-refused",
    "receipt-not-well-formed",
    "receipt-signature-present",
    "receipt-signature-missing",
    "receipt-too-deep",
    "receipt-too-large",
    "receipt-value-malformed",
    # Numbered rules
    "arrears-mark-wrong",
    "check-code-placeholder",
    "currency-wrong",
    "identifier-mismatch",
    "issue-date-not-today",
    "item-amount-negative",
    "item-amount-out-of-bounds",
    "item-disabled",
    "item-name-mismatch",
    "item-unknown",
    "kind-field-unexpected",
    "kind-mismatch",
    "list-line-mismatch",
    "list-link-unknown",
    "mandatory-element-missing",
    "medical-date-wrong",
    "medical-funds-mismatch",
    "medical-settlement-mismatch",
    "notice-amount-mismatch",
    "notice-not-paid",
    "payer-code-mismatch",
    "payer-name-missing",
    "payment-code-mismatch",
    "payment-code-missing",
    "payment-code-unexpected",
    "quantity-amount-mismatch",
    "receipt-not-circulable",
    "red-amount-mismatch",
    "red-reference-mismatch",
    "red-reference-missing",
    "red-sign-wrong",
    "rounding-difference-too-large",
    "specimen-mismatch",
    "text-has-control-character",
    "text-too-long",
    "total-mismatch",
    "total-not-positive",
    "year-mismatch",
    # Signatures and certificates
    "certificate-expired",
    "certificate-malformed",
    "certificate-not-for-signing",
    "certificate-not-trusted",
    "certificate-not-yet-valid",
    "certificate-revoked",
    "certificate-suite-unsupported",
    "key-malformed",
    "key-mismatch",
    "key-password-wrong",
    "revocation-list-malformed",
    "revocation-list-not-trusted",
    "revocation-list-outdated",
    "signature-algorithm-mismatch",
    "signature-encoding-wrong",
    "signature-format-wrong",
    "signature-missing",
    "signature-time-out-of-window",
    "signature-wrong",
    "signer-mismatch",
    "signer-self-test-failed",
    "signing-failed",
    "sm2-backend-missing",
    # Envelopes
    "envelope-malformed",
    "envelope-not-openable",
    "erasure-before-retention",
    "erasure-list-changed",
    "erasure-list-malformed",
    "erasure-needs-second-person",
    "erasure-under-legal-hold",
    "plaintext-too-long",
    # QR codes
    "qr-character-refused",
    "qr-element-missing",
    "qr-form-unknown",
    "qr-fragment-in-address",
    "qr-host-lookalike",
    "qr-host-malformed",
    "qr-host-unknown",
    "qr-image-malformed",
    "qr-image-too-large",
    "qr-image-without-code",
    "qr-library-missing",
    "qr-not-https",
    "qr-payment-code",
    "qr-port-in-address",
    "qr-query-malformed",
    "qr-signature-malformed",
    "qr-too-long",
    "qr-user-in-address",
    "qr-vat-invoice",
    # Trees, acts, requests
    "booking-key-wrong",
    "chain-signature-wrong",
    "content-digest-wrong",
    "path-mismatch",
    "range-unknown",
    "request-expired",
    "request-replayed",
    "request-signature-missing",
    "request-signature-wrong",
    "transaction-malformed",
    "tree-without-leaf",
    "value-out-of-range",
    # Payments and their books
    "day-does-not-close",
    "day-statement-wrong",
    "table-cell-refused",
    "table-malformed",
    "table-too-large",
    # Proofs
    "not-final",
    "proof-malformed",
    "proof-mismatch",
    "trust-malformed",
    # Node, chain, HSM
    "address-book-malformed",
    "answer-malformed",
    "chain-other",
    "chain-unreachable",
    "contract-refused",
    "hsm-signature-wrong",
    "hsm-unavailable",
    "idempotency-conflict",
    "item-refused",
    "journal-malformed",
    "node-refused",
    "node-unreachable",
    "submission-refused",
    "submission-timeout",
]


class PiaolianError(Exception):
    """Base of every error that the SDK raises on purpose.

    Attributes:
        code: Stable kebab-case name; programs decide by it.
        message: One English sentence, lower case.
        message_zh: The same in Chinese, for people.
        field: Name of the element, argument or parameter at fault.
        rule: What would be right, in a few words.
        remedy: What to do now.
        retry: ``never``, ``same`` (the same request again) or ``after`` (later).
    """

    def __init__(
        self,
        code: str,
        message: str,
        message_zh: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        remedy: str | None = None,
        retry: Retry = "never",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.message_zh = message_zh
        self.field = field
        self.rule = rule
        self.remedy = remedy
        self.retry = retry

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error pass from one process to another: exceptions are rebuilt from ``args`` otherwise."""
        return _rebuild, (type(self), self.args), vars(self)

    def to_problem(self) -> dict[str, str | None]:
        """Return the members that a problem document (RFC 9457) takes over from an error."""
        return {
            "code": self.code,
            "detail": self.message,
            "detail_zh": self.message_zh,
            "retry": self.retry,
            "field": self.field,
            "rule": self.rule,
            "remedy": self.remedy,
        }


def _rebuild(kind: type[PiaolianError], arguments: tuple[Any, ...]) -> PiaolianError:
    error = kind.__new__(kind)
    error.args = arguments
    return error


class InputError(PiaolianError):
    """What the caller gave is wrong; it was refused before anything was sent or written."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        message_zh: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(code, message, message_zh, field=field, rule=rule, remedy=remedy)

    def with_field(self, field: str) -> "InputError":
        """Return the same error with the place where the value stood, for value types that do not know it."""
        return InputError(
            self.code,  # type: ignore[arg-type] # The code came from the closed list.
            self.message,
            self.message_zh,
            field=field,
            rule=self.rule,
            remedy=self.remedy,
        )


class RuleViolation(InputError):  # noqa: N818 # A rule is violated; "RuleViolationError" says no more.
    """A numbered rule of the receipt is broken.

    Attributes:
        rule_id: ``R001`` and so on; ``piaolian rules`` lists them.
        source: Regulation and article that the rule comes from.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        message_zh: str,
        *,
        rule_id: str,
        source: str,
        field: str | None = None,
        rule: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(code, message, message_zh, field=field, rule=rule or rule_id, remedy=remedy)
        self.rule_id = rule_id
        self.source = source


class VerificationError(PiaolianError):
    """Untrusted data does not verify.

    Attributes:
        step: The check that failed.
    """

    def __init__(
        self,
        code: str,
        message: str,
        message_zh: str,
        *,
        step: str,
        field: str | None = None,
        rule: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(code, message, message_zh, field=field, rule=rule, remedy=remedy)
        self.step = step


class RemoteError(PiaolianError):
    """A node, a chain or an IPFS daemon failed or refused; ``retry`` says whether trying again can help."""


class ContractRefusedError(PiaolianError):
    """A contract refused an act.

    Attributes:
        name: Name of the custom error in the contract.
        values: Its arguments by name.
    """

    def __init__(
        self,
        code: str,
        message: str,
        message_zh: str,
        *,
        name: str,
        values: Mapping[str, Any],
        field: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(code, message, message_zh, field=field, remedy=remedy)
        self.name = name
        self.values = dict(values)


class SignerError(PiaolianError):
    """A key could not sign, or what it gave is no signature of its certificate. Nothing goes out unsigned."""
