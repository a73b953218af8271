"""Private keys in files, both curves, plain and under a password."""

import base64
import os

import pytest
from asn1crypto import pem
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_sdk.errors import InputError
from piaolian_sdk.signing import private_key_from_pem, private_key_to_pem
from piaolian_sdk.signing.keyfile import PrivateKey
from piaolian_sdk.sm2 import Sm2PrivateKey

SM2_KEY = Sm2PrivateKey((7).to_bytes(32, "big"))
P256_KEY = ec.derive_private_key(7, ec.SECP256R1())


def scalar(key: PrivateKey) -> int:
    if isinstance(key, Sm2PrivateKey):
        return int.from_bytes(key.scalar, "big")
    return key.private_numbers().private_value


@pytest.mark.parametrize("key", [SM2_KEY, P256_KEY], ids=["sm2", "p256"])
@pytest.mark.parametrize("password", [None, "口令".encode()], ids=["plain", "password"])
def test_key__written__read_back(key: PrivateKey, password: bytes | None) -> None:
    read = private_key_from_pem(private_key_to_pem(key, password, os.urandom), password)
    assert type(read) is type(key)
    assert scalar(read) == scalar(key)


@pytest.mark.parametrize("given", [None, b"wrong", b""])
def test_key__wrong_password__refused(given: bytes | None) -> None:
    text = private_key_to_pem(SM2_KEY, b"right", os.urandom)
    with pytest.raises(InputError) as refusal:
        private_key_from_pem(text, given)
    assert refusal.value.code == "key-password-wrong"


def armored(body: str) -> bytes:
    return bytes(pem.armor("PRIVATE KEY", base64.b64decode(body)))


@pytest.mark.parametrize(
    "text",
    [b"", b"no pem", armored("MAA="), armored("MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEA")],
    ids=["empty", "text", "empty sequence", "cut rsa"],
)
def test_key__unreadable__refused_without_its_bytes(text: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        private_key_from_pem(text)
    assert refusal.value.code == "key-malformed"


def test_key__secp384__refused() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text = ec.derive_private_key(7, ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(InputError) as refusal:
        private_key_from_pem(text)
    assert refusal.value.code == "key-malformed"


def test_key__sec1_form__read() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text = P256_KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert scalar(private_key_from_pem(text)) == 7


def test_key__pkcs8_of_another_library__read_and_the_other_way() -> None:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    text = P256_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    assert scalar(private_key_from_pem(text, b"secret")) == 7
    theirs = load_pem_private_key(private_key_to_pem(P256_KEY, b"secret", os.urandom), b"secret")
    assert isinstance(theirs, ec.EllipticCurvePrivateKey)
    assert theirs.private_numbers().private_value == 7


def test_key_to_pem__password_without_randomness__a_bug_of_the_caller() -> None:
    with pytest.raises(RuntimeError):
        private_key_to_pem(SM2_KEY, b"secret")
