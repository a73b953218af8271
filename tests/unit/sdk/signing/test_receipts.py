"""The two signatures of a receipt: what they cover, and everything that must not verify."""

import base64
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from asn1crypto import cms as other_cms

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.errors import InputError, SignerError, VerificationError
from piaolian_sdk.receipt import (
    ParsedReceipt,
    document_digest,
    original_bytes,
    parse_receipt,
    supervision_message,
)
from piaolian_sdk.signing import (
    SUITE_P256,
    SUITE_SM2,
    CertificateTrust,
    DocumentCertificate,
    sign_receipt_as_supervisor,
    sign_receipt_as_unit,
    verify_supervision_signature,
    verify_unit_signature,
)
from piaolian_sdk.signing.cms import GMSSL_CMSSIGN, read_detached, verify_detached, write_detached
from piaolian_sdk.signing.cms_structures import ContentInfo
from piaolian_sdk.sm2 import Sm2PrivateKey, backend, sm3
from support.documents import NOW, OUTPATIENT, SUITES, sample_bytes, signatory, unsigned_sample

UNSIGNED = unsigned_sample(OUTPATIENT)


def signed(unit: str = SUITE_SM2, finance: str = SUITE_P256, at: datetime = NOW) -> bytes:
    once = sign_receipt_as_unit(UNSIGNED, signatory(unit).unit, at)
    return sign_receipt_as_supervisor(once, signatory(finance).finance, at)


SIGNED = signed()
TRUST = CertificateTrust([signatory(suite).authority.certificate for suite in SUITES])


def refusal(data: bytes, *, supervision: bool = False, at: datetime = NOW, trust: CertificateTrust = TRUST) -> str:
    verify = verify_supervision_signature if supervision else verify_unit_signature
    with pytest.raises(VerificationError) as caught:
        verify(parse_receipt(data), trust, at)
    assert caught.value.step
    assert caught.value.message_zh
    return caught.value.code


def swap_first(pattern: bytes, replacement: bytes, data: bytes = SIGNED) -> bytes:
    changed, count = re.subn(pattern, replacement.replace(b"\\", b"\\\\"), data, count=1)
    assert count == 1
    return changed


def first_cms(data: bytes = SIGNED) -> bytes:
    found = re.search(rb"<SignatureValue>(.*?)</SignatureValue>", data)
    assert found is not None
    return base64.b64decode(found[1])


def with_first_cms(der: bytes) -> bytes:
    value = b"<SignatureValue>" + base64.b64encode(der) + b"</SignatureValue>"
    return swap_first(rb"<SignatureValue>.*?</SignatureValue>", value)


@pytest.mark.parametrize("unit", SUITES)
@pytest.mark.parametrize("finance", SUITES)
def test_receipt__signed_twice__both_verify(unit: str, finance: str) -> None:
    parsed = parse_receipt(signed(unit, finance))
    by_unit = verify_unit_signature(parsed, TRUST, NOW)
    by_finance = verify_supervision_signature(parsed, TRUST, NOW)
    assert by_unit.certificate == signatory(unit).unit.certificate
    assert by_finance.certificate == signatory(finance).finance.certificate
    assert (by_unit.suite, by_finance.suite) == (unit, finance)
    assert by_unit.signed_at == NOW


def test_receipt__signed__only_inserted() -> None:
    once = sign_receipt_as_unit(UNSIGNED, signatory(SUITE_SM2).unit, NOW)
    assert once.startswith(UNSIGNED[: -len(b"</EInvoice>")])
    unit, both = parse_receipt(once), parse_receipt(SIGNED)
    assert original_bytes(unit) == original_bytes(parse_receipt(UNSIGNED)) == original_bytes(both)
    countersigned = sign_receipt_as_supervisor(once, signatory(SUITE_P256).finance, NOW)
    assert document_digest(parse_receipt(countersigned)) == document_digest(unit)


def test_receipt__signature_element__as_the_specification_says() -> None:
    unit, finance = parse_receipt(SIGNED).model.signatures
    assert unit.signed_info.reference == "Header|EInvoiceData"
    assert finance.signed_info.reference == "DigestValue|Signature[1]"
    assert unit.signed_info.signature_algorithm == "SM2"
    assert unit.signed_info.signature_format == "DETACH"
    assert unit.signature_time == "20260302101500"
    assert unit.key_info.x509_issuer_name == "CN=测试 CA,C=CN"


def test_supervisor__parsed_document__same_as_bytes() -> None:
    once = sign_receipt_as_unit(UNSIGNED, signatory(SUITE_SM2).unit, NOW)
    parsed = parse_receipt(once)
    verify_supervision_signature(
        parse_receipt(sign_receipt_as_supervisor(parsed, signatory(SUITE_SM2).finance, NOW)), TRUST, NOW
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<TotalAmount>993.54<", "<TotalAmount>993.55<"),
        ("测试丙", "测试丁"),
        ("<PayMode></PayMode>", "<PayMode/>"),
        ("<EInvoiceTag>CZ-EI-32<", "<EInvoiceTag>CZ-EI-33<"),
    ],
)
def test_unit_signature__altered_body__refused(old: str, new: str) -> None:
    altered = swap_first(re.escape(old.encode()), new.encode())
    assert refusal(altered) == "signature-wrong"
    assert refusal(altered, supervision=True) == "signature-wrong"


def test_unit_signature__white_space_added__refused() -> None:
    assert refusal(SIGNED.replace(b"</Main><Details>", b"</Main> <Details>")) == "signature-wrong"


def test_supervision_signature__other_unit_signature__refused() -> None:
    other = sign_receipt_as_unit(UNSIGNED, signatory(SUITE_SM2).unit, NOW + timedelta(seconds=1))
    first = parse_receipt(other).unit_signature_bytes
    original = parse_receipt(SIGNED).unit_signature_bytes
    assert first is not None
    assert original is not None
    moved = SIGNED.replace(original, first)
    verify_unit_signature(parse_receipt(moved), TRUST, NOW)
    assert refusal(moved, supervision=True) == "signature-wrong"


def test_signatures__exchanged_places__refused() -> None:
    parsed = parse_receipt(signed(SUITE_SM2, SUITE_SM2))
    first, second = parsed.unit_signature_bytes, parsed.supervision_signature_bytes
    assert first is not None
    assert second is not None
    exchanged = parsed.bytes.replace(first + second, second + first)
    assert refusal(exchanged) == "signature-wrong"
    assert refusal(exchanged, supervision=True) == "signature-wrong"


def test_signatures__missing__refused() -> None:
    once = sign_receipt_as_unit(UNSIGNED, signatory(SUITE_SM2).unit, NOW)
    assert refusal(UNSIGNED) == "signature-missing"
    assert refusal(once, supervision=True) == "signature-missing"


def test_signatures__placeholders_of_the_sample__refused() -> None:
    assert refusal(sample_bytes(OUTPATIENT)) == "signature-format-wrong"


@pytest.mark.parametrize(
    ("pattern", "replacement", "code"),
    [
        (rb"<SignatureAlgorithm>SM2<", b"<SignatureAlgorithm>ECDSA<", "signature-format-wrong"),
        (rb"<SignatureAlgorithm>SM2<", b"<SignatureAlgorithm>RSA<", "signature-algorithm-mismatch"),
        (rb"<SerialNumber>\w+<", b"<SerialNumber>0000000000000001<", "signer-mismatch"),
        (rb"<SignatureTime>\d+<", b"<SignatureTime>20260302102001<", "signature-time-out-of-window"),
        (rb"<SignatureTime>\d+<", b"<SignatureTime>20260227101459<", "signature-time-out-of-window"),
        (rb"<SignatureTime>\d+<", b"<SignatureTime>20260232101459<", "date-malformed"),
        (rb"<SignatureValue>.*?<", b"<SignatureValue>AAAA<", "signature-format-wrong"),
        (rb"<SignatureValue>.", b"<SignatureValue>", "signature-format-wrong"),
    ],
)
def test_signature_element__changed__refused(pattern: bytes, replacement: bytes, code: str) -> None:
    assert refusal(swap_first(pattern, replacement)) == code


def test_signature_value__line_breaks__accepted() -> None:
    value = base64.encodebytes(first_cms()).strip()
    broken = swap_first(rb"<SignatureValue>.*?<", b"<SignatureValue>" + value + b"<")
    verify_unit_signature(parse_receipt(broken), TRUST, NOW)


def test_key_info__decimal_serial__accepted() -> None:
    decimal = str(signatory(SUITE_SM2).unit.certificate.serial).encode()
    data = swap_first(rb"<SerialNumber>\w+<", b"<SerialNumber>" + decimal + b"<")
    verify_unit_signature(parse_receipt(data), TRUST, NOW)


def test_c071_signature_time__a_clock_two_minutes_ahead__accepted() -> None:
    verify_unit_signature(parse_receipt(signed(at=NOW + timedelta(minutes=2))), TRUST, NOW)


def test_c071_signature_time__beyond_the_tolerance__refused_with_both_times() -> None:
    late = parse_receipt(signed(at=NOW + timedelta(minutes=6)))
    with pytest.raises(VerificationError) as caught:
        verify_unit_signature(late, TRUST, NOW)
    assert caught.value.code == "signature-time-out-of-window"
    assert "2026-03-02T10:21:00+08:00" in caught.value.message
    assert "2026-03-02T10:15:00+08:00" in caught.value.message


def test_c067_signature_time__signer_in_another_zone__written_in_beijing_time() -> None:
    signature = parse_receipt(signed(at=NOW.astimezone(tz=None))).model.signatures[0]
    assert signature.signature_time == NOW.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def test_c073_revocation__old_receipt__still_verifies_at_its_block_time() -> None:
    revoked_at = NOW + timedelta(hours=1)
    trust = CertificateTrust(TRUST.roots, {signatory(SUITE_SM2).unit.certificate.serial: revoked_at})
    verify_unit_signature(parse_receipt(SIGNED), trust, NOW)


def test_revocation__backdated_signature_of_a_stolen_key__refused() -> None:
    # The thief writes a time before the revocation; the block says when it really came.
    trust = CertificateTrust(TRUST.roots, {signatory(SUITE_SM2).unit.certificate.serial: NOW + timedelta(hours=1)})
    assert refusal(SIGNED, at=NOW + timedelta(hours=2), trust=trust) == "certificate-revoked"


def test_certificate__of_a_stranger__refused() -> None:
    stranger = CertificateTrust([signatory(SUITE_P256).authority.certificate])
    assert refusal(SIGNED, trust=stranger) == "certificate-not-trusted"


def test_profile__sm2_alone__p256_refused() -> None:
    trust = CertificateTrust(TRUST.roots, suites=[SUITE_SM2])
    verify_unit_signature(parse_receipt(SIGNED), trust, NOW)
    assert refusal(SIGNED, supervision=True, trust=trust) == "certificate-suite-unsupported"


def test_sign__already_signed__refused() -> None:
    with pytest.raises(InputError) as caught:
        sign_receipt_as_unit(SIGNED, signatory(SUITE_SM2).unit, NOW)
    assert caught.value.code == "receipt-signature-present"
    with pytest.raises(InputError):
        sign_receipt_as_supervisor(SIGNED, signatory(SUITE_SM2).finance, NOW)
    with pytest.raises(InputError):
        sign_receipt_as_supervisor(UNSIGNED, signatory(SUITE_SM2).finance, NOW)


def test_sign__unreadable_document__nothing_signed() -> None:
    with pytest.raises(InputError):
        sign_receipt_as_unit(UNSIGNED.replace(b"<Details>", b"<Detail>"), _Device(b""), NOW)


def test_sign__time_without_zone__refused() -> None:
    with pytest.raises(InputError):
        sign_receipt_as_unit(UNSIGNED, signatory(SUITE_SM2).unit, datetime(2026, 3, 2))  # noqa: DTZ001


class _Device:
    """A signing device that gives what it is told, or fails."""

    suite = SUITE_SM2

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer
        self.certificate = signatory(SUITE_SM2).unit.certificate

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [b"", b"\x00" * 64, b"\x30\x00"])
def test_c024_sign__device_gives_no_signature__no_document(answer: bytes) -> None:
    with pytest.raises(SignerError) as caught:
        sign_receipt_as_unit(UNSIGNED, _Device(answer), NOW)
    assert caught.value.code == "signing-failed"


def test_c024_sign__device_down__no_document() -> None:
    down = SignerError("hsm-unavailable", "the device is down", "签名设备不可用", retry="after")
    with pytest.raises(SignerError) as caught:
        sign_receipt_as_unit(UNSIGNED, _Device(down), NOW)
    assert caught.value is down


# --- the structure around the signature


def test_cms__p256__another_library_reads_the_same() -> None:
    content = other_cms.ContentInfo.load(first_cms(signed(SUITE_P256, SUITE_P256)), strict=True)
    data = content["content"]
    assert content["content_type"].native == "signed_data"
    assert data["encap_content_info"]["content"].native is None
    assert data["certificates"][0].chosen.dump() == signatory(SUITE_P256).unit.certificate.der
    assert data["signer_infos"][0]["signature_algorithm"]["algorithm"].native == "sha256_ecdsa"


def test_cms__sm2__identifiers_of_gb_35275() -> None:
    der = first_cms()
    detached = read_detached(der, SUITE_SM2)
    for oid in ("2a811ccf550601040202", "2a811ccf550601040201", "2a811ccf55018311", "2a811ccf5501822d01"):
        assert bytes.fromhex(oid) in der
    verify_detached(detached, original_bytes(parse_receipt(SIGNED)))


def rebuilt(der: bytes | None = None, **changes: Any) -> bytes:
    """Return a CMS, the unit's by default, with parts exchanged."""
    content = ContentInfo.load(der or first_cms())
    for path, value in changes.items():
        node = content["content"]
        *steps, last = path.split("__")
        for step in steps:
            node = node[int(step) if step.isdigit() else step]
        node[last] = value
    return bytes(content.dump(force=True))


def test_cms__unchanged_rebuild__the_same_bytes() -> None:
    assert rebuilt() == first_cms()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content_info__content": b"enclosed"}, "signature-format-wrong"),
        ({"signer_infos": []}, "signature-format-wrong"),
        ({"certificates": []}, "signer-mismatch"),
        ({"signer_infos__0__signer__serial_number": 5}, "signer-mismatch"),
        ({"signer_infos__0__digest_algorithm__algorithm": "2.16.840.1.101.3.4.2.1"}, "signature-algorithm-mismatch"),
        ({"signer_infos__0__signature_algorithm__algorithm": "1.2.840.10045.4.3.2"}, "signature-algorithm-mismatch"),
        ({"signer_infos__0__signature": b"\x11" * 64}, "signature-encoding-wrong"),
        ({"content_info__content_type": "1.2.840.113549.1.7.1"}, "signature-format-wrong"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_cms__part_exchanged__refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(with_first_cms(rebuilt(**changes))) == code


def test_cms__signature_oid_of_certificates__accepted() -> None:
    data = with_first_cms(rebuilt(signer_infos__0__signature_algorithm__algorithm="1.2.156.10197.1.501"))
    verify_unit_signature(parse_receipt(data), TRUST, NOW)


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_cms__cut_or_lengthened__refused(cut: int) -> None:
    assert refusal(with_first_cms(first_cms()[:-cut])) == "signature-format-wrong"
    assert refusal(with_first_cms(first_cms() + b"\x00" * cut)) == "signature-format-wrong"


def test_cms__too_large__refused_before_it_is_read() -> None:
    with pytest.raises(VerificationError) as caught:
        read_detached(b"\x30" * 70_000, SUITE_SM2)
    assert caught.value.code == "signature-format-wrong"


def test_cms__each_bit_of_it__never_another_exception() -> None:
    der = first_cms()
    parsed: ParsedReceipt = parse_receipt(SIGNED)
    for position in range(len(der)):
        damaged = der[:position] + bytes([der[position] ^ 0x10]) + der[position + 1 :]
        try:
            detached = read_detached(damaged, SUITE_SM2)
            TRUST.check(detached.certificate, NOW)
            if detached.signature == read_detached(der, SUITE_SM2).signature:
                continue  # The bit lies in what nobody signed, such as NULL parameters.
            verify_detached(detached, original_bytes(parsed))
        except VerificationError:
            continue
        pytest.fail(f"byte {position} may be changed")


def test_cms__signature_of_another_length__read_as_its_own() -> None:
    certificate = signatory(SUITE_SM2).unit.certificate
    for size in (8, 40, 66, 68, 70, 71, 72):
        signature = bytes([0x30, size - 2]) + bytes(range(size - 2))
        detached = read_detached(write_detached(certificate, signature), SUITE_SM2)
        assert (detached.signature, detached.certificate) == (signature, certificate)


def test_cms__looks_as_if_a_signature_stood_at_the_end__read_the_slow_way() -> None:
    # The last bytes have the form of a signature, but they stand inside a longer one.
    signature = b"\x30\x7e" + bytes(54) + b"\x04\x46\x30\x44" + bytes(68)
    detached = read_detached(write_detached(signatory(SUITE_SM2).unit.certificate, signature), SUITE_SM2)
    assert detached.signature == signature


def test_cms__gmssl_cmssign_dialect__verified_when_asked_for() -> None:
    key = Sm2PrivateKey((9).to_bytes(32, "big"))
    _, pem = signatory(SUITE_SM2).authority.issue("GmSSL", key.public_key)
    content = b"content"
    # SEQUENCE { data of GM/T 0010, [0] { OCTET STRING content } }, hashed without Z.
    inner = bytes.fromhex("060a2a811ccf550601040201") + bytes([0xA0, 9, 4, 7]) + content
    digest = sm3(bytes([0x30, len(inner)]) + inner)
    signature = backend().sign_digest(key.scalar, key.public_key.point, digest)
    ours = write_detached(DocumentCertificate.from_pem(pem), signature)
    # It names the signature algorithm of certificates, which is the one other difference.
    der = rebuilt(ours, signer_infos__0__signature_algorithm__algorithm="1.2.156.10197.1.501")
    with pytest.raises(VerificationError):
        verify_detached(read_detached(der, SUITE_SM2), content)
    verify_detached(read_detached(der, SUITE_SM2, GMSSL_CMSSIGN), content)


def test_supervision_message__sm2_and_p256__differ_in_the_digest_alone() -> None:
    parsed = parse_receipt(SIGNED)
    by_sm2, by_p256 = supervision_message(parsed, SUITE_SM2), supervision_message(parsed, SUITE_P256)
    assert by_sm2[32:] == by_p256[32:] == parsed.unit_signature_bytes
    assert by_sm2[:32] != by_p256[:32]
