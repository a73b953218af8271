"""Signature algorithms of requests over our own signers and certificates.

``ecdsa-p256-sha256`` is registered by RFC 9421, section 3.3.4: 64 bytes ``r || s``. ``sm2-sm3`` is its sister with the
distinguishing identifier 1234567812345678 and the same 64 bytes.
"""

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from http_message_signatures import HTTPSignatureAlgorithm

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2, DocumentCertificate, DocumentSigner, verify_message

_RAW_BYTES = 64


class _Algorithm(HTTPSignatureAlgorithm):
    """Bridge between the library, which handles opaque keys, and signers and certificates."""

    def __init__(
        self, public_key: DocumentCertificate | None = None, private_key: DocumentSigner | None = None
    ) -> None:
        self._certificate = public_key
        self._signer = private_key

    def sign(self, message: bytes) -> bytes:
        """Return 64 bytes ``r || s``."""
        if self._signer is None:
            raise RuntimeError("signing needs a signer")
        r, s = decode_dss_signature(self._signer.sign(message))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check 64 bytes ``r || s``.

        Raises:
            VerificationError: The signature is not of this certificate over this message.
        """
        if self._certificate is None:
            raise RuntimeError("verifying needs a certificate")
        if len(signature) != _RAW_BYTES:
            raise VerificationError(
                "request-signature-wrong",
                "the request signature must have 64 bytes",
                "请求签名必须为 64 字节",
                step="request signature",
            )
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        verify_message(self._certificate, message, encode_dss_signature(r, s))


class Sm2Sm3(_Algorithm):
    """SM2 with SM3 (GB/T 32918)."""

    algorithm_id = "sm2-sm3"


class EcdsaP256Sha256(_Algorithm):
    """ECDSA on P-256 with SHA-256."""

    algorithm_id = "ecdsa-p256-sha256"


BY_SUITE: dict[str, type[_Algorithm]] = {SUITE_SM2: Sm2Sm3, SUITE_P256: EcdsaP256Sha256}
