"""Private keys in PEM files: PKCS#8 (RFC 5958), plain or encrypted with a password (PBES2, RFC 8018).

The cryptography library knows no SM2 keys and OpenSSL's reading of them is not in Python, so the few structures are
read and written here for both curves.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

from asn1crypto import algos, core, keys, pem
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from piaolian_sdk.errors import InputError
from piaolian_sdk.signing.certificates import P256_CURVE_OID, SM2_CURVE_OID, point_of
from piaolian_sdk.sm2 import Sm2PrivateKey

PrivateKey: TypeAlias = Sm2PrivateKey | ec.EllipticCurvePrivateKey

# OWASP's figure for PBKDF2-HMAC-SHA256; about a quarter of a second.
_ITERATIONS = 600_000
_MAX_ITERATIONS = 10_000_000
_SCALAR_BYTES = 32
_BLOCK_BYTES = 16
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "1.2.840.113549.2.7": hashes.SHA1,
    "1.2.840.113549.2.9": hashes.SHA256,
    "1.2.156.10197.1.401.2": hashes.SM3,
}
_CIPHERS: dict[str, tuple[int, Callable[[bytes], algorithms.AES | algorithms.SM4]]] = {
    "2.16.840.1.101.3.4.1.2": (16, algorithms.AES),
    "2.16.840.1.101.3.4.1.42": (32, algorithms.AES),
    "1.2.156.10197.1.104.2": (16, algorithms.SM4),
}
_AES_256_CBC, _HMAC_SHA256, _PBKDF2, _PBES2 = (
    "2.16.840.1.101.3.4.1.42",
    "1.2.840.113549.2.9",
    "1.2.840.113549.1.5.12",
    "1.2.840.113549.1.5.13",
)


def private_key_from_pem(text: bytes, password: bytes | None = None) -> PrivateKey:
    """Read a private key.

    Args:
        text: PEM with ``PRIVATE KEY``, ``ENCRYPTED PRIVATE KEY`` or ``EC PRIVATE KEY``.
        password: For an encrypted one.

    Raises:
        InputError: ``key-malformed`` or ``key-password-wrong``.
    """
    try:
        kind, headers, der = pem.unarmor(text)
        if headers:
            raise _malformed("keys encrypted in the PEM itself are not read; convert to PKCS#8")
        if kind == "ENCRYPTED PRIVATE KEY":
            der = _decrypt(der, password)
        elif kind == "EC PRIVATE KEY":
            return _from_ec(keys.ECPrivateKey.load(der, strict=True), None)
        info = keys.PrivateKeyInfo.load(der, strict=True)
        if info["private_key_algorithm"]["algorithm"].native != "ec":
            raise _malformed("the key is of another kind than elliptic curve")
        curve = info["private_key_algorithm"]["parameters"].chosen.dotted
        return _from_ec(info["private_key"].parsed, curve)
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        # asn1crypto names its faults with these.
        raise _malformed("the PEM cannot be read") from exc


def private_key_to_pem(
    key: PrivateKey, password: bytes | None = None, random: Callable[[int], bytes] | None = None
) -> bytes:
    """Write a private key as PKCS#8, encrypted when there is a password (PBKDF2-HMAC-SHA256, AES-256-CBC).

    Args:
        key: The key.
        password: To encrypt with; None writes the key in clear.
        random: Gives salt and initial vector; needed with a password.
    """
    scalar, curve, point = _numbers(key)
    inner = keys.ECPrivateKey(
        {"version": "ecPrivkeyVer1", "private_key": int.from_bytes(scalar, "big"), "public_key": point}
    )
    inner["private_key"].set_encoded_width(_SCALAR_BYTES)
    info = keys.PrivateKeyInfo(
        {
            "version": 0,
            "private_key_algorithm": {"algorithm": "ec", "parameters": keys.ECDomainParameters("named", curve)},
            "private_key": inner,
        }
    )
    if password is None:
        return bytes(pem.armor("PRIVATE KEY", info.dump()))
    if random is None:
        raise RuntimeError("an encrypted key needs a source of randomness")
    return bytes(pem.armor("ENCRYPTED PRIVATE KEY", _encrypt(info.dump(), password, random)))


def _from_ec(inner: keys.ECPrivateKey, curve: str | None) -> PrivateKey:
    curve = curve or inner["parameters"].chosen.dotted
    scalar = inner["private_key"].native
    if curve == SM2_CURVE_OID:
        return Sm2PrivateKey(scalar.to_bytes(_SCALAR_BYTES, "big"))
    if curve == P256_CURVE_OID:
        return ec.derive_private_key(scalar, ec.SECP256R1())
    raise _malformed("the key is neither SM2 nor P-256")


def _numbers(key: PrivateKey) -> tuple[bytes, str, bytes]:
    if isinstance(key, Sm2PrivateKey):
        return key.scalar, SM2_CURVE_OID, point_of(key.public_key)
    scalar = key.private_numbers().private_value.to_bytes(_SCALAR_BYTES, "big")
    return scalar, P256_CURVE_OID, point_of(key.public_key())


class _Pbkdf2(core.Sequence):  # type: ignore[misc] # The library ships no types.
    _fields: ClassVar[list[Any]] = [
        ("salt", core.OctetString),
        ("iterations", core.Integer),
        ("key_length", core.Integer, {"optional": True}),
        ("prf", algos.AlgorithmIdentifier, {"optional": True}),
    ]


class _Encrypted(core.Sequence):  # type: ignore[misc] # The library ships no types.
    _fields: ClassVar[list[Any]] = [("algorithm", algos.AlgorithmIdentifier), ("data", core.OctetString)]


class _Pbes2(core.Sequence):  # type: ignore[misc] # The library ships no types.
    _fields: ClassVar[list[Any]] = [("kdf", algos.AlgorithmIdentifier), ("cipher", algos.AlgorithmIdentifier)]


def _decrypt(der: bytes, password: bytes | None) -> bytes:
    if password is None:
        raise _password("the key is encrypted and no password was given", "私钥已加密，但没有提供口令")
    outer = _Encrypted.load(der, strict=True)
    if outer["algorithm"]["algorithm"].dotted != _PBES2:
        raise _malformed("only PBES2 is read")
    scheme = _Pbes2.load(outer["algorithm"]["parameters"].dump(), strict=True)
    derivation = _Pbkdf2.load(scheme["kdf"]["parameters"].dump(), strict=True)
    prf = derivation["prf"]["algorithm"].dotted if derivation["prf"].contents is not None else "1.2.840.113549.2.7"
    cipher_oid = scheme["cipher"]["algorithm"].dotted
    iterations = derivation["iterations"].native
    if prf not in _HASHES or cipher_oid not in _CIPHERS or not 1 <= iterations <= _MAX_ITERATIONS:
        raise _malformed("the encryption of the key is not supported; use PBKDF2 with AES or SM4 in CBC mode")
    length, cipher = _CIPHERS[cipher_oid]
    key = PBKDF2HMAC(_HASHES[prf](), length, derivation["salt"].native, iterations).derive(password)
    vector = core.OctetString.load(scheme["cipher"]["parameters"].dump(), strict=True).native
    decryptor = Cipher(cipher(key), modes.CBC(vector)).decryptor()
    padded = decryptor.update(outer["data"].native) + decryptor.finalize()
    unpadder = padding.PKCS7(_BLOCK_BYTES * 8).unpadder()
    try:
        plain = unpadder.update(padded) + unpadder.finalize()
        keys.PrivateKeyInfo.load(plain, strict=True)["private_key_algorithm"]["algorithm"]  # Decodes.
    except (ValueError, TypeError) as exc:
        raise _password("the password does not open the key", "口令不正确，无法打开私钥") from exc
    return plain


def _encrypt(der: bytes, password: bytes, random: Callable[[int], bytes]) -> bytes:
    salt, vector = random(_BLOCK_BYTES), random(_BLOCK_BYTES)
    key = PBKDF2HMAC(hashes.SHA256(), 32, salt, _ITERATIONS).derive(password)
    padder = padding.PKCS7(_BLOCK_BYTES * 8).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    data = encryptor.update(padder.update(der) + padder.finalize()) + encryptor.finalize()
    derivation = _Pbkdf2(
        {"salt": salt, "iterations": _ITERATIONS, "prf": {"algorithm": _HMAC_SHA256, "parameters": core.Null()}}
    )
    scheme = _Pbes2(
        {
            "kdf": {"algorithm": _PBKDF2, "parameters": derivation},
            "cipher": {"algorithm": _AES_256_CBC, "parameters": core.OctetString(vector)},
        }
    )
    return bytes(_Encrypted({"algorithm": {"algorithm": _PBES2, "parameters": scheme}, "data": data}).dump())


def _malformed(what: str) -> InputError:
    return InputError(
        "key-malformed",
        f"the private key is malformed: {what}",
        "私钥格式有误，无法读取",
        field="key",
        rule="PKCS#8 PEM of an SM2 or P-256 key",
        remedy="export the key as PKCS#8 PEM",
    )


def _password(message: str, message_zh: str) -> InputError:
    return InputError(
        "key-password-wrong", message, message_zh, field="password", rule="password of the key", remedy="enter it again"
    )
