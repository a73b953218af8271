"""Which code does the curve arithmetic: one small protocol, the backends that this machine has, the one in use."""

from functools import cache
from typing import Protocol

from piaolian_sdk.errors import SignerError

# GB/T 32918.5, annex A.2: private key, digest e of the message "message digest" with the default signer id, and a
# signature of it. A backend that cannot verify this, or that verifies it with one bit changed, is not used.
_KNOWN_SCALAR = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
_KNOWN_POINT = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_KNOWN_DIGEST = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
_KNOWN_SIGNATURE = bytes.fromhex(
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


class Sm2Backend(Protocol):
    """The four operations on raw keys: 32-byte scalars and 64-byte points (X then Y)."""

    name: str

    def sign_digest(self, scalar: bytes, point: bytes, digest: bytes) -> bytes:
        """Return a DER signature over the 32-byte digest e."""

    def verify_digest(self, point: bytes, digest: bytes, signature: bytes) -> bool:
        """Say whether the DER signature is one of the digest by the point's key."""

    def encrypt(self, point: bytes, plaintext: bytes) -> bytes:
        """Return the DER ciphertext (C1C3C2, GM/T 0009) of 1 to 255 bytes."""

    def decrypt(self, scalar: bytes, point: bytes, ciphertext: bytes) -> bytes:
        """Return the plaintext, or raise ValueError."""


@cache
def backends() -> tuple[Sm2Backend, ...]:
    """Return every backend that this machine has and that passes the known answer, the preferred one first.

    The system's OpenSSL verifies and decrypts twice as fast as GmSSL, lets other threads run meanwhile, and writes
    nothing to standard error when a signature does not hold.
    """
    # Imported here, not above: a machine may lack the wheel or the library, and that is no error while one is there.
    found: list[Sm2Backend] = []
    try:
        from piaolian_sdk.sm2.libcrypto import LibcryptoBackend

        found.append(LibcryptoBackend())
    except OSError:
        pass
    try:
        from piaolian_sdk.sm2.gmssl import GmsslBackend

        found.append(GmsslBackend())
    except ImportError:
        pass
    return tuple(candidate for candidate in found if _knows_answer(candidate))


@cache
def backend() -> Sm2Backend:
    """Return the backend in use.

    Raises:
        SignerError: None is there, or none passes its known answer; nothing may be signed then.
    """
    if not backends():
        raise SignerError(
            "sm2-backend-missing",
            "no SM2 backend is installed that gives the standard's known answer",
            "本机没有可用的 SM2 算法实现（或自检未通过）",
            remedy="install the gmssl-pyx wheel, or OpenSSL 3 with SM2 (libcrypto.so.3)",
        )
    return backends()[0]


def _knows_answer(candidate: Sm2Backend) -> bool:
    """Verify the standard's example, refuse it with a changed digest, and undo an own signature and encryption."""
    changed = bytes([_KNOWN_DIGEST[0] ^ 1]) + _KNOWN_DIGEST[1:]
    own = candidate.sign_digest(_KNOWN_SCALAR, _KNOWN_POINT, _KNOWN_DIGEST)
    sealed = candidate.encrypt(_KNOWN_POINT, b"encryption standard")
    return (
        candidate.verify_digest(_KNOWN_POINT, _KNOWN_DIGEST, _KNOWN_SIGNATURE)
        and not candidate.verify_digest(_KNOWN_POINT, changed, _KNOWN_SIGNATURE)
        and candidate.verify_digest(_KNOWN_POINT, _KNOWN_DIGEST, own)
        and candidate.decrypt(_KNOWN_SCALAR, _KNOWN_POINT, sealed) == b"encryption standard"
    )
