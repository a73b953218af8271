"""Certificates of both suites: reading, issuing, trusting."""

import pickle
from datetime import UTC, timedelta
from typing import Any

import pytest
from asn1crypto import keys, x509
from cryptography import x509 as other_x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from piaolian_sdk.errors import InputError, SignerError, VerificationError
from piaolian_sdk.signing import (
    SUITE_P256,
    SUITE_SM2,
    CertificateAuthority,
    CertificateTrust,
    DocumentCertificate,
    SoftwareSigner,
    certificates_from_pem,
    known_answer,
    point_of,
    private_key_from_pem,
    public_key_from_pem,
    public_key_to_pem,
    verify_message,
)
from piaolian_sdk.sm2 import Sm2PublicKey
from support.documents import NOW, SUITES, signatory


@pytest.mark.parametrize("suite", SUITES)
def test_certificate__issued__read_back(suite: str) -> None:
    certificate = signatory(suite).unit.certificate
    assert certificate.suite == suite
    assert certificate.subject == "CN=测试单位,C=CN"
    assert certificate.issuer == "CN=测试 CA,C=CN"
    assert certificate.key_usage == {"digital_signature", "non_repudiation"}
    assert not certificate.is_authority
    assert certificate.not_before <= NOW < certificate.not_after
    assert len(certificate.digest) == 32
    assert int(certificate.serial_text, 16) == certificate.serial
    assert DocumentCertificate.from_pem(certificate.pem) == certificate
    assert isinstance(certificate.public_key, Sm2PublicKey) is (suite == SUITE_SM2)


def test_certificate__p256__another_library_reads_the_same() -> None:
    ours = signatory(SUITE_P256).unit.certificate
    theirs = other_x509.load_der_x509_certificate(ours.der)
    theirs.verify_directly_issued_by(
        other_x509.load_der_x509_certificate(signatory(SUITE_P256).authority.certificate.der)
    )
    assert theirs.serial_number == ours.serial
    assert theirs.not_valid_after_utc == ours.not_after.astimezone(UTC)
    assert theirs.extensions.get_extension_for_class(other_x509.KeyUsage).value.content_commitment
    assert theirs.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == point_of(ours.public_key)


@pytest.mark.parametrize("suite", SUITES)
def test_certificate__through_a_process_boundary__unchanged(suite: str) -> None:
    certificate = signatory(suite).unit.certificate
    assert pickle.loads(pickle.dumps(certificate)) == certificate


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"no certificate", b"\x30\x82\x40\x01" + b"\x00" * 20_000])
def test_certificate__unreadable__refused(data: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        DocumentCertificate(data)
    assert refusal.value.code == "certificate-malformed"


def test_certificate__trailing_byte__refused() -> None:
    with pytest.raises(InputError):
        DocumentCertificate(signatory(SUITE_SM2).unit.certificate.der + b"\x00")


def test_certificate__every_cut__refused() -> None:
    der = signatory(SUITE_SM2).unit.certificate.der
    for length in range(0, len(der), 7):
        with pytest.raises(InputError):
            DocumentCertificate(der[:length])


def test_certificate__other_curve__refused() -> None:
    body = x509.Certificate.load(signatory(SUITE_P256).unit.certificate.der)
    body["tbs_certificate"]["subject_public_key_info"]["algorithm"]["parameters"] = keys.ECDomainParameters(
        "named", "1.3.132.0.10"
    )
    with pytest.raises(InputError) as refusal:
        DocumentCertificate(body.dump(force=True))
    assert refusal.value.code == "certificate-suite-unsupported"


@pytest.mark.parametrize("suite", SUITES)
def test_public_key__pem__round_trip(suite: str) -> None:
    key = signatory(suite).unit.certificate.public_key
    read_suite, read = public_key_from_pem(public_key_to_pem(key))
    assert (read_suite, point_of(read)) == (suite, point_of(key))


def test_public_key__no_pem__refused() -> None:
    with pytest.raises(InputError):
        public_key_from_pem(b"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n")


def test_certificates_from_pem__bundle__all_of_them() -> None:
    bundle = b"".join(signatory(suite).authority.certificate_pem for suite in SUITES)
    assert [certificate.suite for certificate in certificates_from_pem(bundle)] == list(SUITES)
    with pytest.raises(InputError):
        certificates_from_pem(b"")


@pytest.mark.parametrize("suite", SUITES)
def test_authority__public_key_as_pem__certified_without_a_private_key(suite: str) -> None:
    key = signatory(suite).unit.certificate.public_key
    private, certificate = signatory(suite).authority.issue("测试财政局", public_key_to_pem(key))
    assert private == b""
    assert point_of(DocumentCertificate.from_pem(certificate).public_key) == point_of(key)


@pytest.mark.parametrize("suite", SUITES)
def test_authority__taken_up_again__issues_under_the_same_root(suite: str) -> None:
    first = CertificateAuthority.create("甲", suite)
    again = CertificateAuthority.from_pem(first.key_pem(b"secret"), first.certificate_pem, b"secret")
    _, certificate = again.issue("单位", suite)
    CertificateTrust([first.certificate]).check(
        DocumentCertificate.from_pem(certificate), DocumentCertificate.from_pem(certificate).not_before
    )


def test_authority__two_certificates__different_serials() -> None:
    authority = signatory(SUITE_SM2).authority
    serials = {DocumentCertificate.from_pem(authority.issue("x", SUITE_SM2)[1]).serial for _ in range(20)}
    assert len(serials) == 20


def test_authority__no_days__refused() -> None:
    with pytest.raises(InputError):
        signatory(SUITE_SM2).authority.issue("x", SUITE_SM2, days=0)
    with pytest.raises(InputError):
        CertificateAuthority.create("x", "RSA")


def refusal(trust: CertificateTrust, certificate: DocumentCertificate, at: Any = NOW) -> str:
    with pytest.raises(VerificationError) as caught:
        trust.check(certificate, at)
    assert caught.value.step == "certificate"
    assert caught.value.remedy
    return caught.value.code


@pytest.mark.parametrize("suite", SUITES)
def test_trust__issued_by_the_root__accepted(suite: str) -> None:
    signatory(suite).trust.check(signatory(suite).unit.certificate, NOW)


@pytest.mark.parametrize("suite", SUITES)
def test_trust__same_name_other_key__refused(suite: str) -> None:
    stranger = CertificateAuthority.create("测试 CA", suite, now=lambda: NOW - timedelta(days=1))
    _, certificate = stranger.issue("测试单位", suite)
    assert refusal(signatory(suite).trust, DocumentCertificate.from_pem(certificate)) == "certificate-not-trusted"


@pytest.mark.parametrize("suite", SUITES)
def test_trust__one_bit_of_the_certificate__refused(suite: str) -> None:
    der = bytearray(signatory(suite).unit.certificate.der)
    at = bytes(der).index("测试单位".encode()) + 5
    der[at] ^= 1
    assert refusal(signatory(suite).trust, DocumentCertificate(bytes(der))) == "certificate-not-trusted"


def test_trust__root_renewed_under_the_same_name__both_accepted() -> None:
    old, new = (CertificateAuthority.create("CA", SUITE_SM2, now=lambda: NOW) for _ in range(2))
    trust = CertificateTrust([old.certificate, new.certificate])
    for authority in (old, new):
        trust.check(DocumentCertificate.from_pem(authority.issue("单位", SUITE_SM2)[1]), NOW)


@pytest.mark.parametrize(
    ("offset", "code"),
    [(timedelta(days=-2), "certificate-not-yet-valid"), (timedelta(days=366), "certificate-expired")],
)
def test_c106_trust__outside_validity__the_certificate_named(offset: timedelta, code: str) -> None:
    certificate = signatory(SUITE_SM2).unit.certificate
    assert refusal(signatory(SUITE_SM2).trust, certificate, NOW + offset) == code


def test_c073_c074_trust__revoked__refused_from_that_time_on() -> None:
    signer = signatory(SUITE_SM2)
    trust = CertificateTrust([signer.authority.certificate], {signer.unit.certificate.serial: NOW})
    trust.check(signer.unit.certificate, NOW - timedelta(seconds=1))
    assert refusal(trust, signer.unit.certificate, NOW) == "certificate-revoked"
    trust.check(signer.finance.certificate, NOW)


def test_c072_trust__renewed_certificate__used_at_once() -> None:
    renewed = signatory(SUITE_SM2).signer()
    assert renewed.certificate != signatory(SUITE_SM2).unit.certificate
    signatory(SUITE_SM2).trust.check(renewed.certificate, NOW)


def test_trust__encryption_certificate__refused() -> None:
    signer = signatory(SUITE_SM2)
    assert refusal(signer.trust, signer.signer(usage="encrypt").certificate) == "certificate-not-for-signing"


def test_trust__an_authority_as_signer__refused() -> None:
    signer = signatory(SUITE_SM2)
    assert refusal(signer.trust, signer.authority.certificate) == "certificate-not-for-signing"


def test_trust__suite_not_allowed__refused() -> None:
    signer = signatory(SUITE_P256)
    trust = CertificateTrust([signer.authority.certificate], suites=[SUITE_SM2])
    assert refusal(trust, signer.unit.certificate) == "certificate-suite-unsupported"


def intermediate(suite: str, usage: Any = "authority") -> tuple[CertificateAuthority, DocumentCertificate]:
    """Return an authority under the root, and a unit's certificate under it."""
    root = signatory(suite).authority
    key, certificate = root.issue("中间 CA", suite, usage=usage)
    middle = CertificateAuthority(private_key_from_pem(key), DocumentCertificate.from_pem(certificate), now=lambda: NOW)
    return middle, DocumentCertificate.from_pem(middle.issue("测试单位", suite)[1])


@pytest.mark.parametrize("suite", SUITES)
def test_trust__chain_over_an_intermediate__accepted(suite: str) -> None:
    middle, certificate = intermediate(suite)
    root = signatory(suite).authority.certificate
    CertificateTrust([root], intermediates=[middle.certificate]).check(certificate, NOW)
    assert refusal(CertificateTrust([root]), certificate) == "certificate-not-trusted"


def test_trust__revoked_intermediate__refused() -> None:
    middle, certificate = intermediate(SUITE_SM2)
    root = signatory(SUITE_SM2).authority.certificate
    trust = CertificateTrust([root], {middle.certificate.serial: NOW}, intermediates=[middle.certificate])
    assert refusal(trust, certificate) == "certificate-revoked"


def test_trust__a_units_key_issues_certificates__refused() -> None:
    middle, certificate = intermediate(SUITE_SM2, usage="sign")
    root = signatory(SUITE_SM2).authority.certificate
    trust = CertificateTrust([root], intermediates=[middle.certificate])
    assert refusal(trust, certificate) == "certificate-not-trusted"


def test_trust__no_root__refused() -> None:
    with pytest.raises(InputError):
        CertificateTrust([])


@pytest.mark.parametrize("suite", SUITES)
def test_c065_known_answer__good_signer__passes(suite: str) -> None:
    known_answer(signatory(suite).unit)


class _Broken:
    """A device that signs something else, as a faulty driver does."""

    def __init__(self, suite: str) -> None:
        self.suite = suite
        self.certificate = signatory(suite).unit.certificate

    def sign(self, message: bytes) -> bytes:
        return signatory(self.suite).unit.sign(message + b"?")


@pytest.mark.parametrize("suite", SUITES)
def test_c065_known_answer__wrong_signature__refused(suite: str) -> None:
    with pytest.raises(SignerError) as refused:
        known_answer(_Broken(suite))
    assert refused.value.code == "signer-self-test-failed"


def test_software_signer__key_of_another_certificate__refused() -> None:
    key, _ = signatory(SUITE_SM2).authority.issue("甲", SUITE_SM2)
    for suite in SUITES:
        with pytest.raises(InputError) as refused:
            SoftwareSigner.from_pem(key, signatory(suite).unit.certificate.pem)
        assert refused.value.code == "key-mismatch"


@pytest.mark.parametrize("suite", SUITES)
def test_verify_message__other_message_or_key__refused(suite: str) -> None:
    signer = signatory(suite)
    signature = signer.unit.sign(b"message")
    verify_message(signer.unit.certificate, b"message", signature)
    for certificate, message in ((signer.unit.certificate, b"massage"), (signer.finance.certificate, b"message")):
        with pytest.raises(VerificationError) as refused:
            verify_message(certificate, message, signature)
        assert refused.value.code == "signature-wrong"


def test_signer__representation__no_key() -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    _, certificate = signatory(SUITE_P256).authority.issue("x", key.public_key())
    shown = repr(SoftwareSigner(key, DocumentCertificate.from_pem(certificate)))
    assert shown.startswith("SoftwareSigner(DocumentCertificate(serial=")
