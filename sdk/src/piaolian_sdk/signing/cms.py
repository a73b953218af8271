"""Detached SignedData around one signature: GB/T 35275 for SM2, CMS (RFC 5652) for P-256.

::

    ContentInfo { signedData, [0] SignedData {
        version 1, { digestAlgorithm }, { data },           no content: it stands in the document
        [0] { certificate of the signer },
        { SignerInfo { version 1, issuer and serial number, digestAlgorithm, signatureAlgorithm, signature } } } }

What real signing servers write differs in small things, so the object identifiers and what is hashed are settings of a
``CmsProfile``. Signed attributes are in none of the profiles and are refused: the time of signing is part of the
document and covered by the next signature over it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asn1crypto import core

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.receipt import SUITE_P256, SUITE_SM2
from piaolian_sdk.signing.certificates import DocumentCertificate, certificate_from_der
from piaolian_sdk.signing.cms_structures import Content, ContentInfo
from piaolian_sdk.signing.messages import verify_message
from piaolian_sdk.signing.signature_der import check_signature_der
from piaolian_sdk.sm2 import Sm2PublicKey, backend, sm3

MAX_CMS_BYTES: Final = 65_536
# With one certificate a structure has about 750 bytes; larger ones would let strangers fill the memory.
_REMEMBERED_BYTES: Final = 4096
# SEQUENCE(r, s) of 256-bit numbers; shorter ones are rare and read the slow way.
_SIGNATURE_SIZES: Final = range(66, 73)


@dataclass(frozen=True, slots=True)
class CmsProfile:
    """The settings of one dialect.

    Attributes:
        suite: Suite of the signer's key.
        signed_data_oid: Type of the whole.
        data_oid: Type of the content.
        digest_oid: Digest algorithm.
        signature_oids: Accepted signature algorithms; the first is written.
        hashes_content_info: Whether the signature is over SM3 of the DER ContentInfo with the content inside and
            without Z, as GmSSL 3.1.1's ``cmssign`` does. Such signatures are verified and never made.
    """

    suite: str
    signed_data_oid: str
    data_oid: str
    digest_oid: str
    signature_oids: tuple[str, ...]
    hashes_content_info: bool = False


GB_35275: Final = CmsProfile(
    suite=SUITE_SM2,
    signed_data_oid="1.2.156.10197.6.1.4.2.2",
    data_oid="1.2.156.10197.6.1.4.2.1",
    digest_oid="1.2.156.10197.1.401",
    # GM/T 0009 names the algorithm 301.1; some servers write the certificate's 501.
    signature_oids=("1.2.156.10197.1.301.1", "1.2.156.10197.1.501"),
)
GMSSL_CMSSIGN: Final = CmsProfile(
    suite=SUITE_SM2,
    signed_data_oid="1.2.156.10197.6.1.4.2.2",
    data_oid="1.2.156.10197.6.1.4.2.1",
    digest_oid="1.2.156.10197.1.401",
    signature_oids=("1.2.156.10197.1.501",),
    hashes_content_info=True,
)
RFC_5652_P256: Final = CmsProfile(
    suite=SUITE_P256,
    signed_data_oid="1.2.840.113549.1.7.2",
    data_oid="1.2.840.113549.1.7.1",
    digest_oid="2.16.840.1.101.3.4.2.1",
    signature_oids=("1.2.840.10045.4.3.2",),
)
PROFILES: Final = {SUITE_SM2: GB_35275, SUITE_P256: RFC_5652_P256}


@dataclass(frozen=True, slots=True)
class DetachedSignature:
    """What a SignedData holds, nothing verified yet.

    Attributes:
        certificate: The signer's.
        signature: DER ``SEQUENCE(r, s)``.
        profile: The dialect it is written in.
    """

    certificate: DocumentCertificate
    signature: bytes
    profile: CmsProfile


def write_detached(certificate: DocumentCertificate, signature: bytes) -> bytes:
    """Return the SignedData of one signature over content that stands elsewhere.

    Args:
        certificate: The signer's.
        signature: DER ``SEQUENCE(r, s)``.
    """
    before, signer_head, content_type = _templates(certificate)
    signer = _tlv(0x30, signer_head, _tlv(0x04, signature))
    return _tlv(0x30, content_type, _tlv(0xA0, _tlv(0x30, before, _tlv(0x31, signer))))


def read_detached(der: bytes, suite: str, profile: CmsProfile | None = None) -> DetachedSignature:
    """Read a SignedData without content, with one signer and the signer's certificate.

    Args:
        der: The structure.
        suite: Suite that the document names.
        profile: Dialect; the suite's usual one when None.

    Raises:
        VerificationError: ``signature-format-wrong``, ``signature-algorithm-mismatch`` or ``signer-mismatch``.
    """
    expected = profile or PROFILES[suite]
    if len(der) > MAX_CMS_BYTES:
        raise _format(f"more than {MAX_CMS_BYTES} bytes", f"超过 {MAX_CMS_BYTES} 字节")
    # All structures of one signer are the same up to the signature at their end: what was read once is remembered.
    size = _signature_size(der) if len(der) <= _REMEMBERED_BYTES else 0
    certificate = _certificate_before(der[:-size], size, expected) if size else None
    if certificate is not None:
        return DetachedSignature(certificate, der[-size:], expected)
    return _decode(der, expected)


def verify_detached(detached: DetachedSignature, content: bytes) -> None:
    """Check the signature over ``content``. Whether the certificate is trusted is not checked.

    Raises:
        VerificationError: ``signature-encoding-wrong`` or ``signature-wrong``.
    """
    key = detached.certificate.public_key
    if not detached.profile.hashes_content_info or not isinstance(key, Sm2PublicKey):
        verify_message(detached.certificate, content, detached.signature)
        return
    check_signature_der(detached.signature, SUITE_SM2)
    whole = Content({"content_type": detached.profile.data_oid, "content": content}).dump()
    if not backend().verify_digest(key.point, sm3(whole), detached.signature):
        raise VerificationError(
            "signature-wrong", "the SM2 signature does not verify", "SM2 签名验证不通过", step="signature"
        )


def _signature_size(der: bytes) -> int:
    """Return the size of the signature that seems to stand at the very end, or zero."""
    for size in _SIGNATURE_SIZES:
        if der[-size - 2 : -size + 2] == bytes([0x04, size, 0x30, size - 2]):
            return size
    return 0


@lru_cache(maxsize=4096)
def _certificate_before(before: bytes, size: int, profile: CmsProfile) -> DocumentCertificate | None:
    """Return the signer's certificate of a structure that ends with a signature of ``size`` bytes, or None."""
    blank = bytes(size)
    detached = _decode(before + blank, profile)
    return detached.certificate if detached.signature == blank else None


def _decode(der: bytes, profile: CmsProfile) -> DetachedSignature:
    try:
        return _read(ContentInfo.load(der, strict=True), profile)
    except (ValueError, TypeError, KeyError) as exc:
        # asn1crypto decodes lazily and names its faults with these three.
        raise _format("it is no SignedData", "不是有效的 SignedData 结构") from exc
    except InputError as exc:
        raise VerificationError(exc.code, exc.message, exc.message_zh, step="signature format") from exc


def _read(outer: core.Sequence, profile: CmsProfile) -> DetachedSignature:
    signed = outer["content"]
    if outer["content_type"].native != profile.signed_data_oid:
        raise _format("the type is not SignedData of this suite", "类型不是该算法套件的 SignedData")
    if signed["content_info"]["content_type"].native != profile.data_oid:
        raise _format("the content type is not data of this suite", "内容类型不是该算法套件的 data")
    if signed["content_info"]["content"].native is not None:
        raise _format("it carries content, a detached signature has none", "包含了原文，应为分离式签名")
    signers, certificates = signed["signer_infos"], signed["certificates"]
    if len(signers) != 1:
        raise _format("there must be exactly one signer", "必须恰有一个签名者")
    signer = signers[0]
    if signer["signed_attributes"].native is not None:
        raise _format("signed attributes are not in this profile", "本规范不使用已签名属性")
    digest, algorithm = (
        signer["digest_algorithm"]["algorithm"].native,
        signer["signature_algorithm"]["algorithm"].native,
    )
    if digest != profile.digest_oid or algorithm not in profile.signature_oids:
        raise VerificationError(
            "signature-algorithm-mismatch",
            f"digest {digest} and signature {algorithm} are not those of {profile.suite}",
            f"摘要算法 {digest}、签名算法 {algorithm} 与 {profile.suite} 不符",
            step="signature format",
            field="SignatureValue",
            rule=f"{profile.digest_oid}, {' or '.join(profile.signature_oids)}",
            remedy="sign with the suite that the document names",
        )
    issuer, serial = signer["signer"]["issuer"].dump(), signer["signer"]["serial_number"].native
    for encoded in certificates if certificates.native is not None else ():
        certificate = certificate_from_der(encoded.dump())
        if certificate.issuer_der == issuer and certificate.serial == serial:
            return DetachedSignature(certificate, signer["signature"].native, profile)
    raise VerificationError(
        "signer-mismatch",
        "the signer's certificate is not among those enclosed",
        "签名中没有签名者的证书",
        step="signature format",
        field="SignatureValue",
        rule="the signer's certificate is enclosed",
        remedy="enclose the signer's certificate",
    )


@lru_cache(maxsize=1024)
def _templates(certificate: DocumentCertificate) -> tuple[bytes, bytes, bytes]:
    """Return everything before the signer, the signer before its signature, and the outer type: fixed for a key."""
    profile = PROFILES[certificate.suite]
    version = _tlv(0x02, b"\x01")
    digest = _tlv(0x30, core.ObjectIdentifier(profile.digest_oid).dump(), b"\x05\x00")
    content = _tlv(0x30, core.ObjectIdentifier(profile.data_oid).dump())
    before = version + _tlv(0x31, digest) + content + _tlv(0xA0, certificate.der)
    signer = _tlv(0x30, certificate.issuer_der, core.Integer(certificate.serial).dump())
    # RFC 5758 leaves the parameters of ecdsa-with-SHA256 out; GB/T 35275 examples write NULL.
    parameters = b"" if profile.suite == SUITE_P256 else b"\x05\x00"
    algorithm = _tlv(0x30, core.ObjectIdentifier(profile.signature_oids[0]).dump(), parameters)
    return before, version + signer + digest + algorithm, core.ObjectIdentifier(profile.signed_data_oid).dump()


def _tlv(tag: int, *parts: bytes) -> bytes:
    """Return one DER element with a definite length."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _format(what: str, what_zh: str) -> VerificationError:
    return VerificationError(
        "signature-format-wrong",
        f"SignatureValue is no detached SignedData: {what}",
        f"签名值不是分离式 SignedData：{what_zh}",
        step="signature format",
        field="SignatureValue",
        rule="detached SignedData with one signer and its certificate (GB/T 35275 or RFC 5652)",
        remedy="sign again with a supported signer",
    )
