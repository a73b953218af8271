"""Public vectors, as the package cryptography-vectors ships them, through the SDK's own functions.

SM3: OSCCA; SM4-GCM: RFC 8998, A.2; ECDSA P-256 with SHA-256: NIST FIPS 186-3 SigVer and SigGen.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.sealing import BodyToSeal, envelope, seal_batch
from piaolian_sdk.signing import SUITE_P256, DocumentCertificate, verify_message
from piaolian_sdk.sm2 import sm3
from support.documents import signatory

ROOT = Path(cryptography_vectors.__file__).parent


def records(path: str, section: str = "") -> Iterator[dict[str, str]]:
    """Read a file in the form of NIST: ``NAME = value`` lines, records apart by blank lines, sections in brackets."""
    record: dict[str, str] = {}
    inside = not section
    for line in [*(ROOT / path).read_text(encoding="ascii").splitlines(), ""]:
        if line.startswith("["):
            inside = not section or line == f"[{section}]"
        elif inside and " = " in line:
            name, _, value = line.partition(" = ")
            record[name] = value.strip()
        elif record and not line.strip():
            yield record
            record = {}


def digests() -> list[dict[str, str]]:
    return [record for record in records("hashes/SM3/oscca.txt") if "MD" in record]


@pytest.mark.parametrize("record", digests(), ids=lambda record: f"{record['Len']}-bits")
def test_sm3__oscca_vector__gives_the_digest(record: dict[str, str]) -> None:
    message = bytes.fromhex(record["Msg"])[: int(record["Len"]) // 8]

    assert sm3(message).hex() == record["MD"]


def blocks() -> list[dict[str, str]]:
    return [record for record in records("ciphers/SM4/draft-ribose-cfrg-sm4-10-ecb.txt") if "PLAINTEXT" in record]


@pytest.mark.parametrize("record", blocks(), ids=lambda record: record["KEY"][:8])
def test_sm4__published_blocks__encrypt_and_decrypt(record: dict[str, str]) -> None:
    cipher = Cipher(algorithms.SM4(bytes.fromhex(record["KEY"])), modes.ECB())  # The block itself.

    assert cipher.encryptor().update(bytes.fromhex(record["PLAINTEXT"])).hex() == record["CIPHERTEXT"].lower()
    assert cipher.decryptor().update(bytes.fromhex(record["CIPHERTEXT"])).hex() == record["PLAINTEXT"].lower()


def test_sm4_gcm__rfc_8998__seals_and_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    (vector,) = (
        {k: bytes.fromhex(v) for k, v in r.items() if k != "COUNT"} for r in records("ciphers/SM4/rfc8998.txt")
    )
    monkeypatch.setattr(envelope, "_associated", lambda _purpose, _key: vector["AAD"])

    sealed = envelope._seal(vector["KEY"], vector["PLAINTEXT"], "body", "", lambda _size: vector["IV"])

    assert sealed == b"\x01\x01" + vector["IV"] + vector["CIPHERTEXT"] + vector["TAG"]
    assert envelope._open(vector["KEY"], sealed, "body", "") == vector["PLAINTEXT"]


def test_sm4_gcm__rfc_8998_key__seals_whole_bodies_with_it() -> None:
    # The key of the vector, given as the random key of a body, is the key that the body is sealed with.
    (vector,) = records("ciphers/SM4/rfc8998.txt")
    key = bytes.fromhex(vector["KEY"])
    sealed = seal_batch([BodyToSeal("320601260000010003", b"x")], {}, lambda size: key if size == 16 else bytes(size))

    assert envelope._open(key, sealed.bodies[0].ciphertext, "body", "320601260000010003") == b"x"


@cache
def certified(x: str, y: str) -> DocumentCertificate:
    key = ec.EllipticCurvePublicNumbers(int(x, 16), int(y, 16), ec.SECP256R1()).public_key()
    return DocumentCertificate.from_pem(signatory(SUITE_P256).authority.certify("NIST", key))


def signatures() -> list[dict[str, str]]:
    return [record for record in records("asymmetric/ECDSA/FIPS_186-3/SigVer.rsp", "P-256,SHA-256") if "R" in record]


def test_p256__nist_vectors__are_all_read() -> None:
    results = [record["Result"][0] for record in signatures()]

    assert len(results) == 15
    assert set(results) == {"P", "F"}


@pytest.mark.parametrize("record", signatures(), ids=lambda record: record["R"][:8])
def test_p256__nist_vector__verifies_or_is_refused_as_published(record: dict[str, str]) -> None:
    message, signature = bytes.fromhex(record["Msg"]), encode_dss_signature(int(record["R"], 16), int(record["S"], 16))

    if record["Result"].startswith("P"):
        verify_message(certified(record["Qx"], record["Qy"]), message, signature)
        return
    with pytest.raises(VerificationError):
        verify_message(certified(record["Qx"], record["Qy"]), message, signature)
