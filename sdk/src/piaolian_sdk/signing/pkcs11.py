"""A P-256 document key that never leaves a PKCS#11 token.

Hashing is done here and the token signs the digest: tokens differ in which hashes they know, all know plain ECDSA.
"""

import hashlib
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Session

from piaolian_sdk.errors import InputError, SignerError
from piaolian_sdk.receipt import SUITE_P256
from piaolian_sdk.signing.certificates import P256_CURVE_OID, DocumentCertificate, point_of
from piaolian_sdk.signing.signature_der import signature_from_raw
from piaolian_sdk.token_key import SessionProvider, TokenKey, generate_key_pair, read_public_point

_RAW_SIGNATURE_BYTES: Final = 64


def generate_document_key(session: Session, key_label: str) -> ec.EllipticCurvePublicKey:
    """Make a P-256 key pair in the token: it signs, stays there and cannot be read.

    Args:
        session: Open for writing, user logged in.
        key_label: Label of both halves.

    Returns:
        The public key, for the certificate.

    Raises:
        SignerError: The token refused.
    """
    generate_key_pair(session, key_label, P256_CURVE_OID)
    return read_document_key(session, key_label)


def read_document_key(session: Session, key_label: str) -> ec.EllipticCurvePublicKey:
    """Return the public key of a P-256 pair in the token.

    Raises:
        SignerError: The token has no such key, or several, or one on another curve.
    """
    point = read_public_point(session, key_label)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as exc:
        raise SignerError(
            "hsm-signature-wrong",
            f"the key {key_label!r} is not on P-256",
            f"密钥 {key_label!r} 不在 P-256 曲线上",
            field="key_label",
            remedy="make a P-256 key under this label, or name another",
        ) from exc


class Pkcs11P256Signer:
    """Signs documents with a P-256 key in a token."""

    suite = SUITE_P256

    def __init__(self, session_provider: SessionProvider, key_label: str, certificate: DocumentCertificate) -> None:
        """Check that the token's key is the certificate's.

        Args:
            session_provider: Gives a session with the user logged in, for the time of one call.
            key_label: Label of the key pair; it must be the only one with this label.
            certificate: Certificate of the key.

        Raises:
            SignerError: The token does not answer or has no such key.
            InputError: The certificate is of another key.
        """
        self._key = TokenKey(session_provider, key_label)
        self.certificate = certificate
        with self._key.session() as session:
            public_key = read_document_key(session, key_label)
        if certificate.suite != SUITE_P256 or point_of(certificate.public_key) != point_of(public_key):
            raise InputError(
                "key-mismatch",
                f"the token's key {key_label!r} does not belong to the certificate",
                f"密码设备中的密钥 {key_label!r} 与证书不匹配",
                field="certificate",
                rule="the certificate certifies this key",
                remedy="give the certificate that was issued for this key",
            )

    def sign(self, message: bytes) -> bytes:
        """Return a DER ``SEQUENCE(r, s)`` over ``message`` (ECDSA with SHA-256).

        Raises:
            SignerError: The token did not sign.
        """
        raw = self._key.sign_digest(hashlib.sha256(message).digest())
        if len(raw) != _RAW_SIGNATURE_BYTES:
            raise SignerError(
                "hsm-signature-wrong",
                f"the key {self._key.label!r} gave {len(raw)} bytes, {_RAW_SIGNATURE_BYTES} were expected",
                f"密钥 {self._key.label!r} 的签名长度不正确",
                field="key_label",
                remedy="check that the key is on P-256",
            )
        return signature_from_raw(raw)

    def __repr__(self) -> str:
        """Show label and certificate."""
        return f"Pkcs11P256Signer({self._key.label!r}, {self.certificate!r})"
