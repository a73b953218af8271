"""A document key in the memory of this process: for small units, demonstrations and tests."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_sdk.errors import InputError
from piaolian_sdk.signing.certificates import DocumentCertificate, point_of
from piaolian_sdk.signing.keyfile import PrivateKey, private_key_from_pem
from piaolian_sdk.sm2 import Sm2PrivateKey

_ECDSA = ec.ECDSA(hashes.SHA256())


def sign_with_key(key: PrivateKey, message: bytes) -> bytes:
    """Return a DER signature over ``message``: SM3 with Z for an SM2 key, SHA-256 for P-256."""
    if isinstance(key, Sm2PrivateKey):
        return key.sign(message)
    return key.sign(message, _ECDSA)


class SoftwareSigner:
    """Signs with a key from a file."""

    def __init__(self, key: PrivateKey, certificate: DocumentCertificate) -> None:
        """Take a key and its certificate.

        Raises:
            InputError: They do not belong together.
        """
        public_key = key.public_key if isinstance(key, Sm2PrivateKey) else key.public_key()
        if type(public_key) is not type(certificate.public_key) or point_of(public_key) != point_of(
            certificate.public_key
        ):
            raise InputError(
                "key-mismatch",
                "the private key does not belong to the certificate",
                "私钥与证书不匹配",
                field="key",
                rule="the certificate certifies this key",
                remedy="give the key that the certificate was issued for",
            )
        self._key = key
        self.certificate = certificate

    @classmethod
    def from_pem(cls, key_pem: bytes, certificate_pem: bytes, password: bytes | None = None) -> "SoftwareSigner":
        """Read key and certificate from PEM.

        Raises:
            InputError: One cannot be read, or they do not belong together.
        """
        return cls(private_key_from_pem(key_pem, password), DocumentCertificate.from_pem(certificate_pem))

    @property
    def suite(self) -> str:
        """Suite of the certificate."""
        return self.certificate.suite

    def sign(self, message: bytes) -> bytes:
        """Return a DER ``SEQUENCE(r, s)``."""
        return sign_with_key(self._key, message)

    def __repr__(self) -> str:
        """Show the certificate; never the key."""
        return f"SoftwareSigner({self.certificate!r})"
