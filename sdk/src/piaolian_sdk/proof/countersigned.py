"""A document alone, without a bundle: both departments signed it, and nothing is proven on the chain."""

from dataclasses import dataclass
from datetime import datetime

from piaolian_sdk.beijing import BEIJING, moment_from_compact
from piaolian_sdk.errors import InputError
from piaolian_sdk.proof import errors
from piaolian_sdk.proof.signers import check_signers
from piaolian_sdk.proof.trust import Trust
from piaolian_sdk.receipt import ParsedReceipt, parse_receipt
from piaolian_sdk.signing import VerifiedSigner
from piaolian_sdk.signing.trust import CLOCK_TOLERANCE


@dataclass(frozen=True, slots=True)
class CountersignedReceipt:
    """A receipt with two good signatures. Whether the chain has it, and in which state, nobody has shown."""

    parsed: ParsedReceipt
    unit_signer: VerifiedSigner
    supervision_signer: VerifiedSigner


def verify_countersigned(document: bytes, trust: Trust, at_unix: int) -> CountersignedReceipt:
    """Check the two signatures of a document, at the times that the signers wrote.

    Not checked: the chain. A signer with a stolen key can write any time: only a bundle bounds it.

    Args:
        document: XML with both signatures.
        trust: Trust file of the network.
        at_unix: Time of checking, Unix seconds: nobody signs after it.

    Raises:
        BundleError: ``document-malformed``, ``signature-time-out-of-window``, or what is wrong with a signature.
    """
    try:
        parsed = parse_receipt(document)
        times = [moment_from_compact(signature.signature_time) for signature in parsed.model.signatures]
    except InputError as exc:
        raise errors.BundleDocumentError("document-malformed", exc.code, field=exc.field) from exc
    latest = datetime.fromtimestamp(at_unix, tz=BEIJING) + CLOCK_TOLERANCE
    if any(moment > latest for moment in times):
        raise errors.SignatureTimeError("signature-time-out-of-window", field="EInvoiceSignature")
    unit, supervision = check_signers(parsed, trust, times)
    return CountersignedReceipt(parsed, unit, supervision)
