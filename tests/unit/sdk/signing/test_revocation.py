"""Revocation lists: reading, trusting, and what was signed before and after (C072 to C074)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import core, crl, pem
from cryptography import x509 as other_x509

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.signing import (
    SUITE_P256,
    SUITE_SM2,
    CertificateAuthority,
    CertificateTrust,
    SoftwareSigner,
    read_revocation_list,
    sign_receipt_as_unit,
    verify_unit_signature,
)
from support.documents import NOW, OUTPATIENT, SUITES, signatory, unsigned_sample

REVOKED_AT = NOW + timedelta(hours=2)


def list_of(suite: str, revoked: Mapping[int, datetime], number: int = 1) -> bytes:
    return signatory(suite).authority.revocation_list(revoked, number=number)


def fresh_trust(suite: str) -> CertificateTrust:
    return CertificateTrust([signatory(suite).authority.certificate])


@pytest.mark.parametrize("suite", SUITES)
def test_list__written__read_back(suite: str) -> None:
    serial = signatory(suite).unit.certificate.serial

    read = read_revocation_list(list_of(suite, {serial: REVOKED_AT, 7: NOW}, number=12))

    assert read.revoked == {serial: REVOKED_AT, 7: NOW}
    assert read.number == 12
    assert read.issuer_der == signatory(suite).authority.certificate.subject_der
    assert read.next_update == read.this_update + timedelta(days=7)
    assert not read.is_overdue(read.this_update)
    assert read.is_overdue(read.this_update + timedelta(days=8))


def test_list__p256__another_library_reads_and_verifies_it() -> None:
    ours = list_of(SUITE_P256, {7: NOW}, number=3)
    theirs = other_x509.load_pem_x509_crl(ours)
    issuer = other_x509.load_der_x509_certificate(signatory(SUITE_P256).authority.certificate.der)

    assert theirs.is_signature_valid(issuer.public_key())  # type: ignore[arg-type] # Elliptic, as issued above.
    assert [(entry.serial_number, entry.revocation_date_utc) for entry in theirs] == [(7, NOW.astimezone(UTC))]


@pytest.mark.parametrize("suite", SUITES)
def test_list__nobody_revoked__is_read_as_empty(suite: str) -> None:
    assert read_revocation_list(list_of(suite, {})).revoked == {}


@pytest.mark.parametrize("suite", SUITES)
def test_c073_c074_receipts__before_and_after_the_revocation__accepted_and_refused(suite: str) -> None:
    keys, trust = signatory(suite), fresh_trust(suite)
    before = parse_receipt(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), keys.unit, NOW))
    later = REVOKED_AT + timedelta(minutes=1)
    after = parse_receipt(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), keys.unit, later))

    trust.use_revocation_list(read_revocation_list(list_of(suite, {keys.unit.certificate.serial: REVOKED_AT})))

    assert verify_unit_signature(before, trust, NOW).certificate == keys.unit.certificate
    with pytest.raises(VerificationError) as caught:
        verify_unit_signature(after, trust, later)
    assert caught.value.code == "certificate-revoked"


@pytest.mark.parametrize("suite", SUITES)
def test_c073_rotation__old_and_new_key__each_verifies_what_it_signed(suite: str) -> None:
    keys, trust = signatory(suite), fresh_trust(suite)
    renewed = SoftwareSigner.from_pem(*keys.authority.issue("测试单位", suite))
    old = parse_receipt(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), keys.unit, NOW))
    trust.use_revocation_list(read_revocation_list(list_of(suite, {keys.unit.certificate.serial: REVOKED_AT})))
    later = REVOKED_AT + timedelta(days=1)
    new = parse_receipt(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), renewed, later))

    assert verify_unit_signature(old, trust, NOW).certificate == keys.unit.certificate
    assert verify_unit_signature(new, trust, later).certificate == renewed.certificate


def test_c073_receipt__backdated_by_a_revoked_key__is_refused_at_the_time_of_the_block() -> None:
    keys, trust = signatory(SUITE_SM2), fresh_trust(SUITE_SM2)
    trust.use_revocation_list(read_revocation_list(list_of(SUITE_SM2, {keys.unit.certificate.serial: REVOKED_AT})))
    backdated = parse_receipt(sign_receipt_as_unit(unsigned_sample(OUTPATIENT), keys.unit, NOW))

    with pytest.raises(VerificationError) as caught:
        verify_unit_signature(backdated, trust, REVOKED_AT + timedelta(hours=1))

    assert caught.value.code == "certificate-revoked"


def test_list__invalidity_date_before_the_revocation__counts() -> None:
    _, _, der = pem.unarmor(list_of(SUITE_P256, {7: REVOKED_AT}))
    decoded = crl.CertificateList.load(der)
    entry = decoded["tbs_cert_list"]["revoked_certificates"][0]
    entry["crl_entry_extensions"] = [
        {"extn_id": "invalidity_date", "extn_value": core.GeneralizedTime(NOW.astimezone(UTC))}
    ]

    assert read_revocation_list(decoded.dump(force=True)).revoked == {7: NOW}


@pytest.mark.parametrize("suite", SUITES)
def test_trust__list_of_another_authority_of_the_same_name__is_refused(suite: str) -> None:
    other = CertificateAuthority.create("测试 CA", suite)
    stranger = read_revocation_list(other.revocation_list({7: NOW}, number=1))

    with pytest.raises(VerificationError) as caught:
        fresh_trust(suite).use_revocation_list(stranger)

    assert caught.value.code == "revocation-list-not-trusted"


def test_trust__entry_taken_off_a_signed_list__is_refused() -> None:
    _, _, der = pem.unarmor(list_of(SUITE_SM2, {7: NOW, 8: NOW}))
    decoded = crl.CertificateList.load(der)
    decoded["tbs_cert_list"]["revoked_certificates"] = list(decoded["tbs_cert_list"]["revoked_certificates"])[:1]

    with pytest.raises(VerificationError) as caught:
        fresh_trust(SUITE_SM2).use_revocation_list(read_revocation_list(decoded.dump(force=True)))

    assert caught.value.code == "revocation-list-not-trusted"


def test_trust__older_list__does_not_bring_a_revoked_certificate_back() -> None:
    authority = CertificateAuthority.create("测试 CA", SUITE_P256, now=lambda: NOW)
    trust = CertificateTrust([authority.certificate])
    old = read_revocation_list(authority.revocation_list({}, number=1))
    later = CertificateAuthority(authority._key, authority.certificate, now=lambda: NOW + timedelta(days=1))
    trust.use_revocation_list(read_revocation_list(later.revocation_list({7: NOW}, number=2)))

    with pytest.raises(VerificationError) as caught:
        trust.use_revocation_list(old)

    assert caught.value.code == "revocation-list-outdated"


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"-----BEGIN X509 CRL-----\n", b"\xff" * 40])
def test_list__unreadable__is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_revocation_list(data)

    assert caught.value.code == "revocation-list-malformed"


def test_list__critical_extension__is_refused_as_partial() -> None:
    _, _, der = pem.unarmor(list_of(SUITE_P256, {7: NOW}))
    decoded = crl.CertificateList.load(der)
    decoded["tbs_cert_list"]["crl_extensions"] = [
        {"extn_id": "delta_crl_indicator", "critical": True, "extn_value": core.Integer(1)}
    ]

    with pytest.raises(InputError) as caught:
        read_revocation_list(decoded.dump(force=True))

    assert caught.value.code == "revocation-list-malformed"
