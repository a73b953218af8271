"""Envelopes: what is stored in IPFS is ciphertext, and the keys that open it are kept apart from it.

One random content key for each receipt. It is wrapped for the payer alone, by SM2 where the payer has a key and under
the receipt's delivery key where not, and for everybody else under the batch's key, which is wrapped once for each
recipient: public-key work then costs by batch, not by receipt.

>>> import os
>>> from piaolian_sdk.sm2 import Sm2PrivateKey
>>> unit, payer = Sm2PrivateKey.generate(os.urandom), Sm2PrivateKey.generate(os.urandom)
>>> body = BodyToSeal("320601260000010003", b"plaintext", payer.public_key)
>>> sealed = seal_batch([body], {"unit:1": unit.public_key}, os.urandom)
>>> (item,) = sealed.bodies
>>> open_body(item.ciphertext, item.receipt_key, item.wrapped_content_key, sealed.wrapped_batch_keys["unit:1"], unit)
b'plaintext'
>>> open_body_as_payer(item.ciphertext, item.receipt_key, item.payer_wrapped_key, payer)
b'plaintext'
"""

from piaolian_sdk.sealing.content import ReceiptBody
from piaolian_sdk.sealing.envelope import (
    SUITE,
    BodyToSeal,
    SealedBatch,
    SealedBody,
    add_recipient,
    new_batch_key,
    open_body,
    open_body_as_payer,
    open_delivered_body,
    seal_batch,
    seal_bodies,
    wrap_batch_key,
)
from piaolian_sdk.sealing.erasure import (
    ApprovedErasure,
    DestructionList,
    ErasureCandidate,
    approve_erasure,
    propose_erasure,
)

__all__ = [
    "SUITE",
    "ApprovedErasure",
    "BodyToSeal",
    "DestructionList",
    "ErasureCandidate",
    "ReceiptBody",
    "SealedBatch",
    "SealedBody",
    "add_recipient",
    "approve_erasure",
    "new_batch_key",
    "open_body",
    "open_body_as_payer",
    "open_delivered_body",
    "propose_erasure",
    "seal_batch",
    "seal_bodies",
    "wrap_batch_key",
]
