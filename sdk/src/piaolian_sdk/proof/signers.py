"""The two signatures of a document, each in its own step (17 and 18)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.proof import errors
from piaolian_sdk.proof.trust import Trust
from piaolian_sdk.receipt import ParsedReceipt
from piaolian_sdk.signing import VerifiedSigner, verify_supervision_signature, verify_unit_signature

_Value = TypeVar("_Value")


def check_signers(
    parsed: ParsedReceipt, trust: Trust, times: Sequence[datetime]
) -> tuple[VerifiedSigner, VerifiedSigner]:
    """Return who signed as the unit and who countersigned, each trusted at the time of signing.

    Args:
        parsed: The document.
        trust: Roots, revocations and finance departments.
        times: ``SignatureTime`` of both.

    Raises:
        UnitSignatureError: The unit's signature or certificate is not good.
        SupervisionSignatureError: The finance department's is not.
    """
    require_both(times)
    certificates = trust.certificates
    unit = in_step(errors.UnitSignatureError, lambda: verify_unit_signature(parsed, certificates, times[0]))
    supervision = in_step(
        errors.SupervisionSignatureError,
        lambda: verify_supervision_signature(parsed, certificates, times[1], trust.admit_supervisor),
    )
    return unit, supervision


def require_both(times: Sequence[datetime]) -> None:
    """Check that there are two signatures.

    Raises:
        SupervisionSignatureError: ``signature-missing``.
    """
    if len(times) != 2:
        missing = VerificationError("signature-missing", "a signature is missing", "票据缺少签名", step="signature")
        raise errors.SupervisionSignatureError.from_lower(missing)


def in_step(step: type[errors.BundleError], check: Callable[[], _Value]) -> _Value:
    """Run a check, and give what goes wrong the name of its step.

    Raises:
        BundleError: Of the class ``step``.
    """
    try:
        return check()
    except VerificationError as exc:
        raise step.from_lower(exc) from exc
    except InputError as exc:
        lower = VerificationError(exc.code, exc.message, exc.message_zh, step=step.STEP, field=exc.field)
        raise step.from_lower(lower) from exc
