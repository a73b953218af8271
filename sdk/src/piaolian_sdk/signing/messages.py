"""Verify a signature over a message with the key of a certificate."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.signing.certificates import DocumentCertificate, PublicKey
from piaolian_sdk.signing.signature_der import check_signature_der
from piaolian_sdk.sm2 import Sm2PublicKey

_ECDSA = ec.ECDSA(hashes.SHA256())


def verify_message(certificate: DocumentCertificate, message: bytes, signature: bytes) -> None:
    """Check a DER signature over ``message``. Whether the certificate is trusted is not checked.

    Raises:
        VerificationError: ``signature-encoding-wrong`` or ``signature-wrong``.
    """
    verify_with_key(certificate.public_key, certificate.suite, message, signature)


def verify_with_key(public_key: PublicKey, suite: str, message: bytes, signature: bytes) -> None:
    """Check a DER signature over ``message`` with a bare public key.

    Raises:
        VerificationError: ``signature-encoding-wrong`` or ``signature-wrong``.
    """
    check_signature_der(signature, suite)
    if isinstance(public_key, Sm2PublicKey):
        public_key.verify(message, signature)
        return
    try:
        public_key.verify(signature, message, _ECDSA)
    except InvalidSignature as exc:
        raise VerificationError(
            "signature-wrong", "the ECDSA signature does not verify", "ECDSA 签名验证不通过", step="signature"
        ) from exc
