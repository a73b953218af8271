"""Proof bundles: one file that proves a receipt without any network.

::

    trust = Trust.from_json(Path("trust.json").read_bytes())
    receipt = verify_bundle(Path("receipt.json").read_bytes(), trust, at_unix=1_795_000_000)
    receipt.state_zh, receipt.block_time, receipt.not_proven

The form of both files and the list of checks are in ``docs/proof-bundle.md``.
"""

from piaolian_sdk.proof.bundle import MAX_BUNDLE_BYTES, Bundle, read_bundle
from piaolian_sdk.proof.checkpoint import CHECKPOINT_ALGORITHM, Checkpoint, is_signed, public_key_from_point
from piaolian_sdk.proof.countersigned import CountersignedReceipt, verify_countersigned
from piaolian_sdk.proof.errors import STEPS, BundleError
from piaolian_sdk.proof.result import VerifiedReceipt
from piaolian_sdk.proof.trust import Trust, TrustFile
from piaolian_sdk.proof.verification import verify_bundle

__all__ = [
    "CHECKPOINT_ALGORITHM",
    "MAX_BUNDLE_BYTES",
    "STEPS",
    "Bundle",
    "BundleError",
    "Checkpoint",
    "CountersignedReceipt",
    "Trust",
    "TrustFile",
    "VerifiedReceipt",
    "is_signed",
    "public_key_from_point",
    "read_bundle",
    "verify_bundle",
    "verify_countersigned",
]
