"""Verify a receipt against a chain node of one's choice.

The node that issued the proof is not trusted: every value of the proof is recomputed from the document or opens under a
root that the chain holds.
"""

from piaolian_sdk.verify.checks import VerifiedDocument, leaf_of_proof, opening_of_proof, verify_document
from piaolian_sdk.verify.online import VerifiedReceipt, verify_receipt_online

__all__ = [
    "VerifiedDocument",
    "VerifiedReceipt",
    "leaf_of_proof",
    "opening_of_proof",
    "verify_document",
    "verify_receipt_online",
]
