"""Refusals of a proof bundle: one class for each step of the list of checks, one code for each reason.

::

    VerificationError
    └── BundleError               step (of the class), code (of the reason)
        ├── BundleSizeError       1  size
        ├── BundleFormatError     2  format
        └── ...                   as numbered in ``docs/proof-bundle.md``

Codes of signatures and certificates pass through unchanged; the class and the step say whose signature it is.
"""

from typing import ClassVar

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.proof.reasons import REASONS, Reason


class BundleError(VerificationError):
    """A bundle was refused.

    Attributes:
        NUMBER: Number of the step in the list of checks.
        STEP: Name of the step.
    """

    NUMBER: ClassVar[int] = 0
    STEP: ClassVar[str] = "bundle"

    def __init__(self, code: str, detail: str = "", *, field: str | None = None, reason: Reason | None = None) -> None:
        """Take the texts of a reason.

        Args:
            code: One of ``REASONS``, or that of a lower part with its texts in ``reason``.
            detail: What was found, appended to both texts; numbers and names of members, never personal data.
            field: Where in the bundle.
            reason: Texts of a code that is not in ``REASONS``.
        """
        reason = reason or REASONS[code]
        tail, tail_zh = (f": {detail}", f"：{detail}") if detail else ("", "")
        super().__init__(
            code,
            reason.message + tail,
            reason.message_zh + tail_zh,
            step=self.STEP,
            field=field,
            remedy=reason.remedy,
        )

    @classmethod
    def from_lower(cls, error: VerificationError) -> "BundleError":
        """Return the step's error for one that a lower part gave; its code and texts stay."""
        reason = REASONS.get(error.code) or Reason(error.message, error.message_zh, error.remedy or "")
        return cls(error.code, field=error.field, reason=reason)


class BundleSizeError(BundleError):
    """The bundle is too large."""

    NUMBER, STEP = 1, "size"


class BundleFormatError(BundleError):
    """The bytes are no bundle of this version, or not its only form."""

    NUMBER, STEP = 2, "format"


class BundleSandboxError(BundleError):
    """A sandbox's bundle before a real network's trust file, or the other way round."""

    NUMBER, STEP = 3, "sandbox"


class BundleNetworkError(BundleError):
    """The bundle is of another network."""

    NUMBER, STEP = 4, "network"


class CheckpointTimeError(BundleError):
    """The checkpoint lies in the future."""

    NUMBER, STEP = 5, "checkpoint-time"


class CheckpointMembersError(BundleError):
    """A signer is unknown, not valid at the time, or stands twice."""

    NUMBER, STEP = 6, "checkpoint-members"


class CheckpointQuorumError(BundleError):
    """Too few members signed."""

    NUMBER, STEP = 7, "checkpoint-quorum"


class CheckpointSignatureError(BundleError):
    """A member's signature does not verify."""

    NUMBER, STEP = 8, "checkpoint-signature"


class BundleDocumentError(BundleError):
    """The document is damaged, no receipt, or another one."""

    NUMBER, STEP = 9, "document"


class BundleHeaderError(BundleError):
    """The header does not hold the number, is of another day, or is red and the document is not."""

    NUMBER, STEP = 10, "header"


class BundleLeafError(BundleError):
    """The leaf does not fit the document or does not stand under the unit's root."""

    NUMBER, STEP = 11, "leaf"


class BundleContractsError(BundleError):
    """A contract is missing or has code that nobody checked."""

    NUMBER, STEP = 12, "contracts"


class BundleRootError(BundleError):
    """The chain has no such root, or the header does not stand under it."""

    NUMBER, STEP = 13, "root"


class BundleRangeError(BundleError):
    """The range is not the one of unit, code and number."""

    NUMBER, STEP = 14, "range"


class BundleUnitError(BundleError):
    """The header's unit is not the document's."""

    NUMBER, STEP = 15, "unit"


class SignatureTimeError(BundleError):
    """A time of signing does not fit the issue day or the checkpoint."""

    NUMBER, STEP = 16, "signature-time"


class UnitSignatureError(BundleError):
    """The unit's signature or certificate is not good."""

    NUMBER, STEP = 17, "unit-signature"


class SupervisionSignatureError(BundleError):
    """The finance department's signature or certificate is not good."""

    NUMBER, STEP = 18, "supervision-signature"


class BundleOriginalError(BundleError):
    """The original of a red receipt is not the unit's, or not of the code and number that the document names."""

    NUMBER, STEP = 19, "original"


class BundleReversalError(BundleError):
    """The red receipt of a reversed one is missing or another."""

    NUMBER, STEP = 20, "reversal"


class BundlePaperError(BundleError):
    """The paper original is another unit's."""

    NUMBER, STEP = 21, "paper"


class BundleCompleteError(BundleError):
    """A node of the state belongs to nothing that was read."""

    NUMBER, STEP = 22, "state-complete"


STEPS: tuple[type[BundleError], ...] = (
    BundleSizeError,
    BundleFormatError,
    BundleSandboxError,
    BundleNetworkError,
    CheckpointTimeError,
    CheckpointMembersError,
    CheckpointQuorumError,
    CheckpointSignatureError,
    BundleDocumentError,
    BundleHeaderError,
    BundleLeafError,
    BundleContractsError,
    BundleRootError,
    BundleRangeError,
    BundleUnitError,
    SignatureTimeError,
    UnitSignatureError,
    SupervisionSignatureError,
    BundleOriginalError,
    BundleReversalError,
    BundlePaperError,
    BundleCompleteError,
)
