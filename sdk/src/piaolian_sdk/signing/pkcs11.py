"""A P-256 document key that never leaves a PKCS#11 token.

Hashing is done here and the token signs the digest: tokens differ in which hashes they know, all know plain ECDSA. Keys
are looked up once for each session; a lookup costs a token more than a signature.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from asn1crypto.core import OctetString
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, Session
from pkcs11.exceptions import ObjectHandleInvalid, PKCS11Error
from pkcs11.util.ec import encode_named_curve_parameters

from piaolian_sdk.errors import InputError, SignerError
from piaolian_sdk.receipt import SUITE_P256
from piaolian_sdk.signing.certificates import P256_CURVE_OID, DocumentCertificate, point_of
from piaolian_sdk.signing.signature_der import signature_from_raw

SessionProvider = Callable[[], AbstractContextManager[Session]]

_RAW_SIGNATURE_BYTES: Final = 64
# Above any pool of sessions that a token allows; a provider that opens one for each signature must not fill memory.
_MAX_CACHED_SESSIONS: Final = 64


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
    try:
        parameters = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(P256_CURVE_OID)}, local=True
        )
        parameters.generate_keypair(
            label=key_label,
            store=True,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True},
        )
    except PKCS11Error as exc:
        raise _unavailable(key_label) from exc
    return read_document_key(session, key_label)


def read_document_key(session: Session, key_label: str) -> ec.EllipticCurvePublicKey:
    """Return the public key of a P-256 pair in the token.

    Raises:
        SignerError: The token has no such key, or several, or one on another curve.
    """
    try:
        key = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=key_label)
        encoded = bytes(key[Attribute.EC_POINT])
    except PKCS11Error as exc:
        raise _unavailable(key_label) from exc
    try:
        # The standard wraps the uncompressed point in a DER OCTET STRING.
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), OctetString.load(encoded).native)
    except (ValueError, TypeError) as exc:
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
        self._session_provider = session_provider
        self._key_label = key_label
        self._keys: dict[int, tuple[Session, Any]] = {}
        self.certificate = certificate
        with self._session() as session:
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
        digest = hashlib.sha256(message).digest()
        with self._session() as session:
            raw = self._sign_digest(session, digest)
        if len(raw) != _RAW_SIGNATURE_BYTES:
            raise SignerError(
                "hsm-signature-wrong",
                f"the key {self._key_label!r} gave {len(raw)} bytes, {_RAW_SIGNATURE_BYTES} were expected",
                f"密钥 {self._key_label!r} 的签名长度不正确",
                field="key_label",
                remedy="check that the key is on P-256",
            )
        return signature_from_raw(raw)

    def _session(self) -> AbstractContextManager[Session]:
        try:
            return self._session_provider()
        except PKCS11Error as exc:
            raise _unavailable(self._key_label) from exc

    def _sign_digest(self, session: Session, digest: bytes) -> bytes:
        try:
            try:
                return bytes(self._key(session).sign(digest, mechanism=Mechanism.ECDSA))
            except ObjectHandleInvalid:
                # The token was taken out or its objects were written anew: look once more.
                self._keys.pop(id(session), None)
                return bytes(self._key(session).sign(digest, mechanism=Mechanism.ECDSA))
        except PKCS11Error as exc:
            self._keys.pop(id(session), None)
            raise _unavailable(self._key_label) from exc

    def _key(self, session: Session) -> Any:  # noqa: ANN401 # The library's stubs give private keys no sign().
        # The session is kept beside the key, so that its id cannot come to mean another session.
        cached = self._keys.get(id(session))
        if cached is not None:
            return cached[1]
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._key_label)
        if len(self._keys) >= _MAX_CACHED_SESSIONS:
            self._keys.clear()
        self._keys[id(session)] = (session, key)
        return key

    def __repr__(self) -> str:
        """Show label and certificate."""
        return f"Pkcs11P256Signer({self._key_label!r}, {self.certificate!r})"


def _unavailable(key_label: str) -> SignerError:
    return SignerError(
        "hsm-unavailable",
        f"the token could not use the key {key_label!r}",
        f"密码设备无法使用密钥 {key_label!r}",
        field="key_label",
        remedy="check that the token is present, the user is logged in and the label is right",
        retry="after",
    )
