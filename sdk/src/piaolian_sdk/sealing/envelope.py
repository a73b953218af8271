"""Sealing and opening. SM2 wraps keys, SM4-GCM (RFC 8998) seals content.

Bytes of a ciphertext::

    suite   1   0x01: SM2 + SM4-GCM
    version 1   0x01
    nonce  12
    sealed  n   content under the receipt's content key
    tag    16

A key wrapped under a batch key or a delivery key has the same form. Associated data: suite, version, what is sealed
("body", "key" or "delivery") and the receipt's key (code and number), so that no ciphertext and no wrapped key can be
taken for another receipt's or another purpose's.

A payer has a key of their own, or is given the delivery key of the receipt: a random key that the node keeps among its
erasable records until the payer fetches the receipt.

Not checked here: whether a recipient ought to have been one; that is the node's decision.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.sm2 import Sm2PrivateKey, Sm2PublicKey

SUITE = "SM2-SM4-GCM"
_HEADER = b"\x01\x01"
_KEY_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_OVERHEAD_BYTES = len(_HEADER) + _NONCE_BYTES + _TAG_BYTES

Random = Callable[[int], bytes]


@dataclass(frozen=True)
class BodyToSeal:
    """One plaintext.

    Attributes:
        receipt_key: Code and number, 18 digits; bound as associated data.
        plaintext: ``ReceiptBody.to_bytes()``.
        payer_key: The payer's own key, where the payer gave one.
        delivery_key: 16 random bytes for this receipt alone, where the payer has no key; kept until it is fetched.
    """

    receipt_key: str
    plaintext: bytes
    payer_key: Sm2PublicKey | None = None
    delivery_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class SealedBody:
    """One ciphertext, and apart from it the wrapped keys of its content.

    Attributes:
        receipt_key: Code and number, 18 digits.
        ciphertext: Goes to IPFS.
        wrapped_content_key: The content key under the batch key; goes to the node's erasable records.
        payer_wrapped_key: The content key under the payer's SM2 key, if there is one.
        delivery_wrapped_key: The content key under the receipt's delivery key, if there is one.
    """

    receipt_key: str
    ciphertext: bytes
    wrapped_content_key: bytes
    payer_wrapped_key: bytes | None
    delivery_wrapped_key: bytes | None = None


@dataclass(frozen=True)
class SealedBatch:
    """The envelopes of a batch.

    Attributes:
        bodies: In the order given.
        wrapped_batch_keys: The batch key under each recipient's SM2 key, by the recipient's name.
    """

    bodies: tuple[SealedBody, ...]
    wrapped_batch_keys: Mapping[str, bytes]


def seal_batch(bodies: Sequence[BodyToSeal], recipients: Mapping[str, Sm2PublicKey], random: Random) -> SealedBatch:
    """Seal each body with a key of its own.

    Args:
        bodies: The plaintexts.
        recipients: Who may open every body of the batch, by name ("unit:7", "finance:3206", "auditor:1").
        random: Gives that many random bytes.

    Raises:
        InputError: A delivery key has not 16 bytes.
    """
    batch_key = new_batch_key(random)
    return SealedBatch(seal_bodies(bodies, batch_key, random), wrap_batch_key(batch_key, recipients))


def new_batch_key(random: Random) -> bytes:
    """Draw the key of one batch."""
    return random(_KEY_BYTES)


def seal_bodies(bodies: Sequence[BodyToSeal], batch_key: bytes, random: Random) -> tuple[SealedBody, ...]:
    """Seal some bodies of a batch, each with a key of its own.

    Raises:
        InputError: A delivery key has not 16 bytes.
    """
    return tuple(_seal_body(body, batch_key, random) for body in bodies)


def wrap_batch_key(batch_key: bytes, recipients: Mapping[str, Sm2PublicKey]) -> dict[str, bytes]:
    """Return a batch key under each recipient's key, by the recipient's name."""
    return {name: key.encrypt(batch_key) for name, key in recipients.items()}


def _seal_body(body: BodyToSeal, batch_key: bytes, random: Random) -> SealedBody:
    content_key, delivery = random(_KEY_BYTES), body.delivery_key
    if delivery is not None and len(delivery) != _KEY_BYTES:
        raise InputError(
            "key-malformed",
            f"a delivery key has {_KEY_BYTES} bytes",
            f"交付密钥应为 {_KEY_BYTES} 字节",
            field="delivery_key",
            rule=f"{_KEY_BYTES} random bytes for each receipt",
            remedy="draw the key for this receipt",
        )
    return SealedBody(
        receipt_key=body.receipt_key,
        ciphertext=_seal(content_key, body.plaintext, "body", body.receipt_key, random),
        wrapped_content_key=_seal(batch_key, content_key, "key", body.receipt_key, random),
        payer_wrapped_key=body.payer_key.encrypt(content_key) if body.payer_key else None,
        delivery_wrapped_key=_seal(delivery, content_key, "delivery", body.receipt_key, random) if delivery else None,
    )


def add_recipient(wrapped_batch_key: bytes, private_key: Sm2PrivateKey, recipient: Sm2PublicKey) -> bytes:
    """Wrap a batch key for one more recipient, by the hand of one who can already open it.

    Raises:
        VerificationError: ``private_key`` does not open ``wrapped_batch_key``.
    """
    return recipient.encrypt(private_key.decrypt(wrapped_batch_key))


def open_body(
    ciphertext: bytes,
    receipt_key: str,
    wrapped_content_key: bytes,
    wrapped_batch_key: bytes,
    private_key: Sm2PrivateKey,
) -> bytes:
    """Return the plaintext, as a unit, a finance department or an auditor.

    Raises:
        VerificationError: Wrong key, another receipt, or altered bytes.
    """
    batch_key = private_key.decrypt(wrapped_batch_key)
    return _open(_open(batch_key, wrapped_content_key, "key", receipt_key), ciphertext, "body", receipt_key)


def open_body_as_payer(
    ciphertext: bytes, receipt_key: str, payer_wrapped_key: bytes, private_key: Sm2PrivateKey
) -> bytes:
    """Return the plaintext, as the payer.

    Raises:
        VerificationError: Wrong key, another receipt, or altered bytes.
    """
    return _open(private_key.decrypt(payer_wrapped_key), ciphertext, "body", receipt_key)


def open_delivered_body(ciphertext: bytes, receipt_key: str, delivery_wrapped_key: bytes, delivery_key: bytes) -> bytes:
    """Return the plaintext, with the delivery key that the node handed over.

    Raises:
        VerificationError: Wrong key, another receipt, or altered bytes.
    """
    return _open(_open(delivery_key, delivery_wrapped_key, "delivery", receipt_key), ciphertext, "body", receipt_key)


def _associated(purpose: str, receipt_key: str) -> bytes:
    return _HEADER + f"{purpose}|{receipt_key}".encode()


def _seal(key: bytes, plaintext: bytes, purpose: str, receipt_key: str, random: Random) -> bytes:
    nonce = random(_NONCE_BYTES)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(_associated(purpose, receipt_key))
    return _HEADER + nonce + encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def _open(key: bytes, sealed: bytes, purpose: str, receipt_key: str) -> bytes:
    if len(sealed) < _OVERHEAD_BYTES or not sealed.startswith(_HEADER) or len(key) != _KEY_BYTES:
        raise VerificationError(
            "envelope-malformed",
            "this is no envelope of a known suite and version",
            "信封格式或套件版本无法识别",
            step="envelope-form",
        )
    nonce = sealed[len(_HEADER) : len(_HEADER) + _NONCE_BYTES]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-_TAG_BYTES:])).decryptor()
    decryptor.authenticate_additional_data(_associated(purpose, receipt_key))
    try:
        return decryptor.update(sealed[len(_HEADER) + _NONCE_BYTES : -_TAG_BYTES]) + decryptor.finalize()
    except InvalidTag as exc:
        raise VerificationError(
            "envelope-not-openable",
            "the envelope does not open: wrong key, another receipt, or altered bytes",
            "信封无法解开：密钥不符、票据不符或内容被改动",
            step=f"envelope-{purpose}",
        ) from exc
