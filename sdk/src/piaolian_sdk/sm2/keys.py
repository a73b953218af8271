"""SM2 key pairs. The digest that is signed is SM3(Z || M), with Z over the signer's identity and key, once a key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.sm2 import curve
from piaolian_sdk.sm2.backend import backend
from piaolian_sdk.sm2.digest import sm3

SIGNER_ID = b"1234567812345678"  # GM/T 0009, section 10: the identity where none is agreed.
MAX_PLAINTEXT_BYTES = 255
_SCALAR_BYTES = 32
_POINT_BYTES = 64
_DRAWS = 8  # A draw misses the valid scalars with a chance of 2**-32.


def _malformed(what: str, rule: str) -> InputError:
    return InputError("key-malformed", f"this is no SM2 {what}", "SM2 密钥格式有误", field=what, rule=rule)


@dataclass(frozen=True)
class Sm2PublicKey:
    """A point of the SM2 curve.

    Attributes:
        point: 64 bytes, X then Y.
    """

    point: bytes

    def __post_init__(self) -> None:
        x, y = int.from_bytes(self.point[:32], "big"), int.from_bytes(self.point[32:], "big")
        if len(self.point) != _POINT_BYTES or not curve.is_on_curve(x, y):
            raise _malformed("public key", "64 bytes X||Y of a point on sm2p256v1")

    @classmethod
    def from_uncompressed(cls, encoded: bytes) -> "Sm2PublicKey":
        """Return the key of the 65-byte form 04||X||Y.

        Raises:
            InputError: It is no such form, or the point is not on the curve.
        """
        if len(encoded) != _POINT_BYTES + 1 or encoded[0] != 4:
            raise _malformed("public key", "65 bytes 04||X||Y")
        return cls(encoded[1:])

    @cached_property
    def identity_digest(self) -> bytes:
        """Z of GB/T 32918.2, 5.5: the digest of identity, curve and key; it never changes for a key."""
        parameters = (curve.A, curve.B, curve.GX, curve.GY)
        bits = (len(SIGNER_ID) * 8).to_bytes(2, "big")
        return sm3(bits + SIGNER_ID + b"".join(value.to_bytes(32, "big") for value in parameters) + self.point)

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check a DER signature over ``message``.

        Raises:
            VerificationError: ``signature-encoding-wrong`` for raw r||s, ``signature-wrong`` for everything else.
        """
        if len(signature) == _POINT_BYTES and signature[:1] != b"\x30":
            raise VerificationError(
                "signature-encoding-wrong",
                "the signature is raw r||s of 64 bytes; DER SEQUENCE(r, s) is expected",
                "签名为 64 字节裸格式（r||s），应为 DER 编码",
                step="sm2-signature",
            )
        if not backend().verify_digest(self.point, sm3(self.identity_digest + message), signature):
            raise VerificationError(
                "signature-wrong", "the SM2 signature does not verify", "SM2 签名验证不通过", step="sm2-signature"
            )

    def encrypt(self, plaintext: bytes) -> bytes:
        """Return the DER ciphertext (C1C3C2) of 1 to 255 bytes.

        Raises:
            InputError: The plaintext is empty or longer; content is sealed by ``piaolian_sdk.sealing``.
        """
        if not 1 <= len(plaintext) <= MAX_PLAINTEXT_BYTES:
            raise InputError(
                "plaintext-too-long",
                f"SM2 encrypts 1 to {MAX_PLAINTEXT_BYTES} bytes, not {len(plaintext)}",
                f"SM2 只能直接加密 1 至 {MAX_PLAINTEXT_BYTES} 字节",
                field="plaintext",
            )
        return backend().encrypt(self.point, plaintext)


@dataclass(frozen=True)
class Sm2PrivateKey:
    """A private scalar. It never shows itself in a representation or an error.

    Attributes:
        scalar: 32 bytes, big endian, from 1 to n - 2.
    """

    scalar: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.scalar) != _SCALAR_BYTES or not 0 < int.from_bytes(self.scalar, "big") < curve.N - 1:
            raise _malformed("private key", "32 bytes, from 1 to n - 2")

    @classmethod
    def generate(cls, random: Callable[[int], bytes]) -> "Sm2PrivateKey":
        """Return a new key.

        Args:
            random: Gives that many random bytes, such as ``os.urandom``.
        """
        for _ in range(_DRAWS):
            drawn = random(_SCALAR_BYTES)
            if 0 < int.from_bytes(drawn, "big") < curve.N - 1:
                return cls(drawn)
        raise RuntimeError("the source of randomness gives no valid SM2 scalar")

    @cached_property
    def public_key(self) -> Sm2PublicKey:
        """The point of this scalar."""
        x, y = curve.public_point(int.from_bytes(self.scalar, "big"))
        return Sm2PublicKey(x.to_bytes(32, "big") + y.to_bytes(32, "big"))

    def sign(self, message: bytes) -> bytes:
        """Return a DER signature over ``message`` (e = SM3(Z || M), default identity)."""
        public = self.public_key
        return backend().sign_digest(self.scalar, public.point, sm3(public.identity_digest + message))

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return the plaintext of a DER ciphertext.

        Raises:
            VerificationError: It was not made for this key, or was altered.
        """
        try:
            return backend().decrypt(self.scalar, self.public_key.point, ciphertext)
        except ValueError as exc:
            raise VerificationError(
                "envelope-not-openable",
                "the SM2 ciphertext does not open with this key",
                "该密钥无法解开此密文",
                step="sm2-decrypt",
            ) from exc
