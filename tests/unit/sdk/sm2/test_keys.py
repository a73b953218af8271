"""SM2 against the standard's own example (GB/T 32918.5, annexes A and C), with every backend that is here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from piaolian_sdk.errors import InputError, SignerError, VerificationError
from piaolian_sdk.sm2 import Sm2Backend, Sm2PrivateKey, Sm2PublicKey, backends, keys, libcrypto, sm3

backend_module = sys.modules["piaolian_sdk.sm2.backend"]

SCALAR = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
POINT = (
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SIGNATURE = (
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


@pytest.fixture(params=["gmssl", "libcrypto"])
def chosen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sm2Backend:
    """Run a test once with each backend; a backend that is missing here is a failure, not a skip."""
    found = {candidate.name: candidate for candidate in backends()}[request.param]
    monkeypatch.setattr(keys, "backend", lambda: found)
    return found


def test_public_key__standard_scalar__standard_point() -> None:
    assert Sm2PrivateKey(SCALAR).public_key.point.hex() == POINT


def test_identity_digest__standard_key__standard_value() -> None:
    assert Sm2PrivateKey(SCALAR).public_key.identity_digest.hex().startswith("b2e14c5c79c6df5b85f4fe7ed8db7a26")


def test_sm3__standard_example__standard_digest() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@pytest.mark.usefixtures("chosen")
def test_verify__standard_signature__holds() -> None:
    Sm2PrivateKey(SCALAR).public_key.verify(b"message digest", bytes.fromhex(SIGNATURE))


def test_c061_verify__digest_without_z__refused(chosen: Sm2Backend) -> None:
    key = Sm2PrivateKey(SCALAR)
    without_z = chosen.sign_digest(SCALAR, key.public_key.point, sm3(b"message digest"))
    with pytest.raises(VerificationError) as refusal:
        key.public_key.verify(b"message digest", without_z)
    assert refusal.value.code == "signature-wrong"


@pytest.mark.usefixtures("chosen")
def test_c063_sign__many_short_integers__all_verify() -> None:
    key = Sm2PrivateKey(SCALAR)
    for number in range(300):
        message = number.to_bytes(2, "big")
        key.public_key.verify(message, key.sign(message))


@pytest.mark.usefixtures("chosen")
def test_c064_verify__raw_form__names_the_other() -> None:
    with pytest.raises(VerificationError, match="raw r") as refusal:
        Sm2PrivateKey(SCALAR).public_key.verify(b"m", b"\x11" * 64)
    assert refusal.value.code == "signature-encoding-wrong"


@pytest.mark.usefixtures("chosen")
def test_encrypt__another_key__does_not_open() -> None:
    mine, other = Sm2PrivateKey.generate(os.urandom), Sm2PrivateKey.generate(os.urandom)
    sealed = mine.public_key.encrypt(b"k" * 16)
    assert mine.decrypt(sealed) == b"k" * 16
    with pytest.raises(VerificationError):
        other.decrypt(sealed)


# GB/T 32918.5, annex C.2: C1 (x, y), C3 and C2 of "encryption standard" under the same key.
C1_X = "04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
C1_Y = "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
C3 = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
C2 = "21886ca989ca9c7d58087307ca93092d651efa"


def standard_ciphertext(*, hash_first: bool = True) -> bytes:
    """Return the standard's ciphertext in the form of GM/T 0009: SEQUENCE(x, y, C3, C2)."""
    integers = f"0220{C1_X}022100{C1_Y}"
    strings = [f"0420{C3}", f"0413{C2}"]
    body = bytes.fromhex(integers + "".join(strings if hash_first else reversed(strings)))
    return b"\x30" + bytes([len(body)]) + body


@pytest.mark.usefixtures("chosen")
def test_decrypt__standard_ciphertext__standard_plaintext() -> None:
    assert Sm2PrivateKey(SCALAR).decrypt(standard_ciphertext()) == b"encryption standard"


@pytest.mark.usefixtures("chosen")
def test_decrypt__old_order_of_the_parts__refused() -> None:
    with pytest.raises(VerificationError):
        Sm2PrivateKey(SCALAR).decrypt(standard_ciphertext(hash_first=False))


@pytest.mark.usefixtures("chosen")
def test_decrypt__any_byte_changed__refused() -> None:
    sealed = standard_ciphertext()
    for position in range(len(sealed)):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(VerificationError):
            Sm2PrivateKey(SCALAR).decrypt(changed)


@pytest.mark.usefixtures("chosen")
def test_verify__any_byte_of_the_standard_signature_changed__refused() -> None:
    signature = bytes.fromhex(SIGNATURE)
    for position in range(len(signature)):
        changed = signature[:position] + bytes([signature[position] ^ 1]) + signature[position + 1 :]
        with pytest.raises(VerificationError):
            Sm2PrivateKey(SCALAR).public_key.verify(b"message digest", changed)


def test_backends__this_machine__libcrypto_first_and_both_know_the_answer() -> None:
    # gmssl-pyx has wheels of x86_64 alone (the marker in pyproject.toml); elsewhere libcrypto is the one there is.
    assert [found.name for found in backends()] == ["libcrypto", "gmssl"]


def test_backends__no_wheel__libcrypto_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piaolian_sdk.sm2.gmssl", None)
    assert [found.name for found in backends.__wrapped__()] == ["libcrypto"]


def test_backends__no_library__gmssl_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OSError("libcrypto.so.3: cannot open shared object file")

    monkeypatch.setattr(libcrypto, "_load", missing)
    assert [found.name for found in backends.__wrapped__()] == ["gmssl"]


def test_backend__none_or_none_that_knows_the_answer__nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_module, "_knows_answer", lambda _candidate: False)
    assert backends.__wrapped__() == ()
    monkeypatch.setattr(backend_module, "backends", tuple)
    with pytest.raises(SignerError) as refusal:
        backend_module.backend.__wrapped__()
    assert refusal.value.code == "sm2-backend-missing"


def test_encrypt__between_backends__opens_both_ways() -> None:
    key = Sm2PrivateKey(SCALAR)
    point = key.public_key.point
    first, second = backends()
    assert second.decrypt(SCALAR, point, first.encrypt(point, b"one")) == b"one"
    assert first.decrypt(SCALAR, point, second.encrypt(point, b"two")) == b"two"


def test_key_of_x_04__both_backends__sign_and_verify() -> None:
    # d = 11: an implementation that strips a leading 04 from the coordinates damages this key.
    key = Sm2PrivateKey((11).to_bytes(32, "big"))
    key.public_key.verify(b"m", key.sign(b"m"))


def test_sign__openssl_command__verifies(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "SM2", "-out", str(tmp_path / "key.pem")], check=True, capture_output=True
    )
    text = subprocess.run(
        ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-noout", "-text"], check=True, capture_output=True
    ).stdout.decode()
    scalar = bytes.fromhex("".join(text.split("priv:")[1].split("pub:")[0].split()).replace(":", "")[-64:])
    key = Sm2PrivateKey(scalar)
    (tmp_path / "message").write_bytes(b"from us")
    (tmp_path / "signature").write_bytes(key.sign(b"from us"))
    verify = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]
    common = ["openssl", "pkeyutl", "-inkey", str(tmp_path / "key.pem"), "-in", str(tmp_path / "message"), *verify]
    subprocess.run([*common, "-verify", "-sigfile", str(tmp_path / "signature")], check=True, capture_output=True)
    theirs = subprocess.run([*common, "-sign"], check=True, capture_output=True).stdout
    key.public_key.verify(b"from us", theirs)


@pytest.mark.parametrize("point", [b"", b"\x00" * 64, b"\x01" * 64, b"\x01" * 63])
def test_public_key__off_the_curve__refused(point: bytes) -> None:
    with pytest.raises(InputError):
        Sm2PublicKey(point)


@pytest.mark.parametrize("scalar", [b"", b"\x00" * 32, b"\xff" * 32])
def test_private_key__out_of_range__refused_without_showing_it(scalar: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        Sm2PrivateKey(scalar)
    assert not scalar or scalar.hex() not in str(refusal.value)


def test_private_key__representation__hides_the_scalar() -> None:
    assert SCALAR.hex() not in repr(Sm2PrivateKey(SCALAR))
    assert repr(SCALAR) not in repr(Sm2PrivateKey(SCALAR))


@pytest.mark.parametrize("plaintext", [b"", b"x" * 256])
def test_encrypt__empty_or_long__refused(plaintext: bytes) -> None:
    with pytest.raises(InputError):
        Sm2PrivateKey(SCALAR).public_key.encrypt(plaintext)
