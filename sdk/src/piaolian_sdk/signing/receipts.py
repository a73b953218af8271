"""The two signatures of a receipt: the unit's over header and data, the finance department's over both and the first.

::

    unit:        CMS over  <Header>..</Header><EInvoiceData>..</EInvoiceData>
    supervision: CMS over  hash(the same bytes) || <Signature>..</Signature> of the unit
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta

from piaolian_sdk.beijing import compact_from_moment, moment_from_compact
from piaolian_sdk.errors import InputError, SignerError, VerificationError
from piaolian_sdk.receipt import (
    KeyInfo,
    ParsedReceipt,
    Signature,
    SignedInfo,
    algorithm_of,
    append_supervision_signature,
    append_unit_signature,
    original_bytes,
    parse_receipt,
    suite_of,
    supervision_message,
    write_signature,
)
from piaolian_sdk.signing.base import DocumentSigner
from piaolian_sdk.signing.certificates import DocumentCertificate
from piaolian_sdk.signing.cms import DetachedSignature, read_detached, verify_detached, write_detached
from piaolian_sdk.signing.signature_der import check_signature_der
from piaolian_sdk.signing.trust import CLOCK_TOLERANCE, CertificateTrust, VerifiedSigner

UNIT_REFERENCE = "Header|EInvoiceData"
SUPERVISION_REFERENCE = "DigestValue|Signature[1]"


def sign_receipt_as_unit(unsigned: bytes, signer: DocumentSigner, at: datetime) -> bytes:
    """Return the document with the unit's signature.

    Args:
        unsigned: The document as written; it is read once, so that nothing unreadable is signed.
        signer: The unit's key.
        at: Time of signing, with zone.

    Raises:
        InputError: The document cannot be read, or is signed already.
        SignerError: The key could not sign.
    """
    parsed = parse_receipt(unsigned)
    signature = _signature_element(original_bytes(parsed), signer, at, UNIT_REFERENCE)
    return append_unit_signature(unsigned, signature)


def sign_receipt_as_supervisor(document: bytes | ParsedReceipt, signer: DocumentSigner, at: datetime) -> bytes:
    """Return the document with the finance department's signature after the unit's.

    The unit's signature is not verified here; call ``verify_unit_signature`` first.

    Args:
        document: The document with one signature, or the same as already read.
        signer: The finance department's key.
        at: Time of signing, with zone.

    Raises:
        InputError: The document cannot be read, or has not exactly one signature.
        SignerError: The key could not sign.
    """
    parsed = document if isinstance(document, ParsedReceipt) else parse_receipt(document)
    signature = _signature_element(supervision_message(parsed, signer.suite), signer, at, SUPERVISION_REFERENCE)
    return append_supervision_signature(parsed.bytes, signature)


def verify_unit_signature(parsed: ParsedReceipt, trust: CertificateTrust, at: datetime) -> VerifiedSigner:
    """Check the unit's signature.

    Not checked: that the certificate is the one registered for the unit; compare ``certificate.digest``.

    Args:
        parsed: The document.
        trust: Roots and revocations.
        at: Time of the block that holds the receipt, or of acceptance.

    Raises:
        VerificationError: Which check failed is in ``step`` and ``code``.
    """
    if parsed.unit_signature_bytes is None:
        raise _missing("the unit's", "单位签名")
    return _verify(parsed.model.signatures[0], original_bytes(parsed), trust, at)


def verify_supervision_signature(
    parsed: ParsedReceipt,
    trust: CertificateTrust,
    at: datetime,
    admit: Callable[[DocumentCertificate], None] | None = None,
) -> VerifiedSigner:
    """Check the finance department's signature, which covers the unit's.

    Args:
        parsed: The document.
        trust: Roots and revocations.
        at: Time of the block that holds the receipt, or of acceptance.
        admit: Raises ``VerificationError`` for a signer that is no finance department; roots certify units as well.

    Raises:
        VerificationError: Which check failed is in ``step`` and ``code``.
    """
    if parsed.supervision_signature_bytes is None:
        raise _missing("the supervision", "财政部门监制签名")
    signature = parsed.model.signatures[1]
    message = supervision_message(parsed, _suite_of(signature))
    return _verify(signature, message, trust, at, admit)


def _verify(
    signature: Signature,
    content: bytes,
    trust: CertificateTrust,
    at: datetime,
    admit: Callable[[DocumentCertificate], None] | None = None,
) -> VerifiedSigner:
    # 1. The document names a suite, and the structure around the signature is of that suite.
    suite = _suite_of(signature)
    detached = read_detached(_decode(signature.signature_value), suite)
    # 2. Structure and document speak of one certificate, with a key of that suite.
    _check_key_info(signature, detached, suite)
    if admit is not None:
        admit(detached.certificate)
    # 3. The time of signing lies close before the time of the check.
    signed_at = _check_time(signature, trust.window, at)
    # 4. The certificate was trusted at the time of the check: a time that the signer writes proves nothing.
    trust.check(detached.certificate, at)
    # 5. The signature is of that key over exactly these bytes.
    verify_detached(detached, content)
    return VerifiedSigner(detached.certificate, signed_at)


def _signature_element(content: bytes, signer: DocumentSigner, at: datetime, reference: str) -> bytes:
    certificate = signer.certificate
    value = signer.sign(content)
    try:
        check_signature_der(value, signer.suite)
    except VerificationError as exc:
        raise SignerError(
            "signing-failed",
            f"the signer gave no signature: {exc.message}",
            "签名设备没有返回有效签名，未提交任何内容",
            field="signer",
            remedy="check the device; the document stays unsigned and is not sent",
        ) from exc
    return write_signature(
        Signature(
            signed_info=SignedInfo(
                reference=reference, signature_algorithm=algorithm_of(signer.suite), signature_format="DETACH"
            ),
            signature_time=compact_from_moment(at),
            signature_value=base64.b64encode(write_detached(certificate, value)).decode("ascii"),
            key_info=KeyInfo(serial_number=certificate.serial_text, x509_issuer_name=certificate.issuer),
        )
    )


def _suite_of(signature: Signature) -> str:
    try:
        return suite_of(signature.signed_info.signature_algorithm)
    except InputError as exc:
        raise VerificationError(
            exc.code, exc.message, exc.message_zh, step="signature format", field=exc.field, remedy=exc.remedy
        ) from exc


def _decode(value: str) -> bytes:
    try:
        # Line breaks are allowed in the XML type; everything else must be base64.
        return base64.b64decode("".join(value.split()), validate=True)
    except binascii.Error as exc:
        raise VerificationError(
            "signature-format-wrong",
            "SignatureValue is no base64",
            "签名值不是有效的 Base64",
            step="signature format",
            field="SignatureValue",
        ) from exc


def _check_key_info(signature: Signature, detached: DetachedSignature, suite: str) -> None:
    certificate = detached.certificate
    if certificate.suite != suite:
        raise VerificationError(
            "signature-algorithm-mismatch",
            f"the document says {suite}, the certificate's key is {certificate.suite}",
            f"票据声明的算法为 {suite}，证书密钥为 {certificate.suite}",
            step="signature format",
            field="SignatureAlgorithm",
        )
    # Producers write the number in hexadecimal or decimal; how the issuer is written is published nowhere.
    written = signature.key_info.serial_number.strip().upper()
    if written.lstrip("0") not in (f"{certificate.serial:X}", str(certificate.serial)):
        raise VerificationError(
            "signer-mismatch",
            "KeyInfo names another certificate than the signature encloses",
            "KeyInfo 中的证书序列号与签名所附证书不一致",
            step="signature format",
            field="KeyInfo/SerialNumber",
        )


def _check_time(signature: Signature, window: timedelta, at: datetime) -> datetime:
    try:
        signed_at = moment_from_compact(signature.signature_time)
    except InputError as exc:
        raise VerificationError(exc.code, exc.message, exc.message_zh, step="signature time", field=exc.field) from exc
    if not at - window <= signed_at <= at + CLOCK_TOLERANCE:
        raise VerificationError(
            "signature-time-out-of-window",
            f"SignatureTime is {signed_at.isoformat()}, the time of the check {at.isoformat()}: "
            f"at most {window} before and {CLOCK_TOLERANCE} after are accepted",
            f"签名时间 {signed_at:%Y-%m-%d %H:%M:%S} 与校验时间 {at:%Y-%m-%d %H:%M:%S} 相差过大",
            step="signature time",
            field="SignatureTime",
            remedy="set the signer's clock by a time server and sign again",
        )
    return signed_at


def _missing(whose: str, whose_zh: str) -> VerificationError:
    return VerificationError(
        "signature-missing",
        f"{whose} signature is missing",
        f"票据缺少{whose_zh}",
        step="signature",
        field="EInvoiceSignature",
        remedy="a receipt is complete with both signatures alone",
    )
