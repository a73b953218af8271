"""Small secrets at rest: booking keys that wait for their payer.

SM4-GCM under a key derived (HKDF-SM3, RFC 5869) from the department's private encryption key::

    nonce (12 bytes) | ciphertext | tag (16 bytes)

The receipt's key is bound as associated data, so a secret cannot be moved to another receipt.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from piaolian_node.errors import RecordError

_NONCE_BYTES = 12
_TAG_BYTES = 16
_INFORMATION = b"piaolian booking secrets v1"


class Vault:
    """Seals and opens small secrets.

    Args:
        private_key: Private encryption key of the department, 32 bytes.
        random: Gives that many random bytes.
    """

    def __init__(self, private_key: bytes, random: Callable[[int], bytes]) -> None:
        self._key = HKDF(algorithm=hashes.SM3(), length=16, salt=None, info=_INFORMATION).derive(private_key)
        self._random = random

    def seal(self, secret: bytes, receipt_key: str) -> bytes:
        """Return the sealed secret."""
        nonce = self._random(_NONCE_BYTES)
        encryptor = Cipher(algorithms.SM4(self._key), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(receipt_key.encode())
        return nonce + encryptor.update(secret) + encryptor.finalize() + encryptor.tag

    def open(self, sealed: bytes, receipt_key: str) -> bytes:
        """Return the secret.

        Raises:
            RecordError: It was altered, or belongs to another receipt or department.
        """
        nonce, body, tag = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:-_TAG_BYTES], sealed[-_TAG_BYTES:]
        try:
            decryptor = Cipher(algorithms.SM4(self._key), modes.GCM(nonce, tag)).decryptor()
            decryptor.authenticate_additional_data(receipt_key.encode())
            return decryptor.update(body) + decryptor.finalize()
        except (InvalidTag, ValueError) as exc:
            raise RecordError("a sealed secret does not open", "密存数据无法解开") from exc
