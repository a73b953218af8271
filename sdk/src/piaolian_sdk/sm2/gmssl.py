"""SM2 by the gmssl-pyx wheel (GmSSL 3); one wheel for each CPython, x86_64 only."""

from gmssl_pyx import (
    sm2_decrypt,
    sm2_encrypt,
    sm2_sign_sm3_digest,
    sm2_verify_sm3_digest,
)
from gmssl_pyx.gmsslext import GmsslInnerError


class GmsslBackend:
    """The four operations by GmSSL. A failed verification leaves C traces on standard error."""

    name = "gmssl"

    def sign_digest(self, scalar: bytes, point: bytes, digest: bytes) -> bytes:  # noqa: ARG002 # libcrypto needs it.
        """Return a DER signature over the 32-byte digest."""
        return bytes(sm2_sign_sm3_digest(scalar, digest))

    def verify_digest(self, point: bytes, digest: bytes, signature: bytes) -> bool:
        """Say whether the DER signature holds."""
        try:
            return bool(sm2_verify_sm3_digest(point, digest, signature))
        except GmsslInnerError:
            return False

    def encrypt(self, point: bytes, plaintext: bytes) -> bytes:
        """Return the DER ciphertext."""
        return bytes(sm2_encrypt(point, plaintext))

    def decrypt(self, scalar: bytes, point: bytes, ciphertext: bytes) -> bytes:  # noqa: ARG002
        """Return the plaintext.

        Raises:
            ValueError: The ciphertext is not one for this key.
        """
        try:
            return bytes(sm2_decrypt(scalar, ciphertext))
        except GmsslInnerError as exc:
            raise ValueError("the ciphertext does not open with this key") from exc
