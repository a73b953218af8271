"""Keys, certificates and signatures against the system's OpenSSL, both ways."""

import base64
import os
import subprocess
from pathlib import Path

import pytest

from piaolian_sdk.receipt import original_bytes, parse_receipt
from piaolian_sdk.signing import (
    SUITE_P256,
    SUITE_SM2,
    CertificateAuthority,
    DocumentCertificate,
    SoftwareSigner,
    private_key_from_pem,
    private_key_to_pem,
    public_key_to_pem,
    sign_receipt_as_unit,
    verify_message,
)
from piaolian_sdk.signing.cms import read_detached
from support.documents import NOW, OUTPATIENT, SUITES, signatory, unsigned_sample

SM2_OPTIONS = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
P256_OPTIONS = ("-rawin", "-digest", "sha256")


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def options(suite: str) -> tuple[str, ...]:
    return SM2_OPTIONS if suite == SUITE_SM2 else P256_OPTIONS


@pytest.mark.parametrize("suite", SUITES)
def test_openssl__our_chain__verifies(suite: str, tmp_path: Path) -> None:
    authority = CertificateAuthority.create("测试 CA", suite)
    _, certificate = authority.issue("测试单位", suite)
    (tmp_path / "root.pem").write_bytes(authority.certificate_pem)
    (tmp_path / "unit.pem").write_bytes(certificate)
    identity = ["-vfyopt", "distid:1234567812345678"] if suite == SUITE_SM2 else []
    shown = openssl("verify", *identity, "-x509_strict", "-CAfile", tmp_path / "root.pem", tmp_path / "unit.pem")
    assert shown.strip().endswith("OK")


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("password", [None, b"secret"], ids=["plain", "password"])
def test_openssl__our_key_file__opened_and_used(suite: str, password: bytes | None, tmp_path: Path) -> None:
    key, certificate = signatory(suite).authority.issue("单位", suite)
    (tmp_path / "key.pem").write_bytes(private_key_to_pem(private_key_from_pem(key), password, os.urandom))
    (tmp_path / "message").write_bytes(b"message")
    openssl(
        "pkeyutl", "-sign", "-inkey", tmp_path / "key.pem", "-passin", "pass:secret", *options(suite),
        "-in", tmp_path / "message", "-out", tmp_path / "signature",
    )  # fmt: skip
    verify_message(DocumentCertificate.from_pem(certificate), b"message", (tmp_path / "signature").read_bytes())


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("cipher", ["-aes-256-cbc", "-sm4-cbc"])
def test_openssl__its_encrypted_key__read_and_used(suite: str, cipher: str, tmp_path: Path) -> None:
    curve = "sm2" if suite == SUITE_SM2 else "P-256"
    openssl(
        "genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", cipher,
        "-pass", "pass:secret", "-out", tmp_path / "key.pem",
    )  # fmt: skip
    openssl("pkey", "-in", tmp_path / "key.pem", "-passin", "pass:secret", "-pubout", "-out", tmp_path / "public.pem")
    _, certificate = signatory(suite).authority.issue("单位", (tmp_path / "public.pem").read_bytes())
    signer = SoftwareSigner.from_pem((tmp_path / "key.pem").read_bytes(), certificate, b"secret")
    (tmp_path / "message").write_bytes(b"message")
    (tmp_path / "signature").write_bytes(signer.sign(b"message"))
    shown = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "public.pem", *options(suite),
        "-in", tmp_path / "message", "-sigfile", tmp_path / "signature",
    )  # fmt: skip
    assert "Verified Successfully" in shown


@pytest.mark.parametrize("suite", SUITES)
def test_openssl__unit_signature_of_a_receipt__verifies_over_the_original(suite: str, tmp_path: Path) -> None:
    signer = signatory(suite).unit
    parsed = parse_receipt(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), signer, NOW))
    der = base64.b64decode(parsed.model.signatures[0].signature_value)
    (tmp_path / "public.pem").write_bytes(public_key_to_pem(signer.certificate.public_key))
    (tmp_path / "original").write_bytes(original_bytes(parsed))
    (tmp_path / "signature").write_bytes(read_detached(der, suite).signature)
    shown = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "public.pem", *options(suite),
        "-in", tmp_path / "original", "-sigfile", tmp_path / "signature",
    )  # fmt: skip
    assert "Verified Successfully" in shown


def test_openssl__p256_cms__verifies_as_detached_signed_data(tmp_path: Path) -> None:
    authority = CertificateAuthority.create("测试 CA", SUITE_P256)
    signer = SoftwareSigner.from_pem(*authority.issue("单位", SUITE_P256))
    parsed = parse_receipt(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), signer, NOW))
    (tmp_path / "cms.der").write_bytes(base64.b64decode(parsed.model.signatures[0].signature_value))
    (tmp_path / "original").write_bytes(original_bytes(parsed))
    (tmp_path / "root.pem").write_bytes(authority.certificate_pem)
    openssl(
        "cms", "-verify", "-inform", "DER", "-in", tmp_path / "cms.der", "-content", tmp_path / "original",
        "-binary", "-CAfile", tmp_path / "root.pem", "-purpose", "any", "-out", tmp_path / "out",
    )  # fmt: skip
    assert (tmp_path / "out").read_bytes() == original_bytes(parsed)


def test_openssl__sm2_cms__is_readable_asn1(tmp_path: Path) -> None:
    parsed = parse_receipt(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), signatory(SUITE_SM2).unit, NOW))
    der = base64.b64decode(parsed.model.signatures[0].signature_value)
    assert len(der) < 900
    (tmp_path / "cms.der").write_bytes(der)
    shown = openssl("asn1parse", "-inform", "DER", "-in", tmp_path / "cms.der")
    assert "1.2.156.10197.6.1.4.2.2" in shown
