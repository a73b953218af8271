"""The short form: five elements and one compact signature, so that a phone without network can check them.

::

    https://<verify host>/v?c=code&n=number&k=check code&a=amount&d=yyyyMMdd&s=signature
    signature = base64url(r || s) of the finance department's key over
                "piaolian-qr-1|code|number|check code|amount|yyyyMMdd"

It says that the department countersigned a receipt with these elements. It says nothing about the chain: whether the
receipt was reversed since, the page behind the address or the proof bundle says.
"""

import base64
from collections.abc import Iterable
from datetime import date, datetime, time

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from piaolian_sdk.beijing import BEIJING, text_from_date
from piaolian_sdk.codes import CheckCode, ReceiptCode, ReceiptNumber
from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.qr.record import QRReading
from piaolian_sdk.qr.texts import MAX_SHORT_CHARACTERS, SIGNATURE_BYTES
from piaolian_sdk.signing import CertificateTrust, DocumentCertificate, DocumentSigner
from piaolian_sdk.signing.messages import verify_message
from piaolian_sdk.signing.signature_der import signature_from_raw

# Parts the message from everything else that the key signs, and names the version of the form.
MESSAGE_PREFIX = "piaolian-qr-1"
_END_OF_DAY = time(23, 59, 59)


def short_qr_message(code: str, number: str, check_code: str, amount_fen: int, issue_date: date) -> bytes:
    """Return the bytes that the compact signature is over."""
    elements = (MESSAGE_PREFIX, code, number, check_code, text_from_fen(amount_fen), text_from_date(issue_date))
    return "|".join(elements).encode("ascii")


def write_short_qr(
    verify_url: str,
    signer: DocumentSigner,
    *,
    code: str,
    number: str,
    check_code: str,
    amount_fen: int,
    issue_date: date,
) -> str:
    """Return the text of a receipt's QR code.

    Args:
        verify_url: Address of the node's pages, without ``/v``.
        signer: The finance department's key.
        code: Receipt code.
        number: Receipt number.
        check_code: Check code.
        amount_fen: Amount in fen, negative for a red receipt.
        issue_date: Beijing day of issue.

    Raises:
        InputError: An element is malformed, or the text would be longer than 300 characters.
        SignerError: The key did not sign.
    """
    elements = (ReceiptCode(code), ReceiptNumber(number), CheckCode(check_code))
    r, s = decode_dss_signature(signer.sign(short_qr_message(*elements, amount_fen, issue_date)))
    half = SIGNATURE_BYTES // 2
    compact = base64.urlsafe_b64encode(r.to_bytes(half, "big") + s.to_bytes(half, "big")).decode("ascii").rstrip("=")
    values = (*elements, text_from_fen(amount_fen), text_from_date(issue_date), compact)
    query = "&".join(f"{name}={value}" for name, value in zip("cnkads", values, strict=True))
    text = f"{verify_url.rstrip('/')}/v?{query}"
    if len(text) > MAX_SHORT_CHARACTERS:
        raise InputError(
            "qr-too-long",
            f"the short form would have {len(text)} characters, at most {MAX_SHORT_CHARACTERS} are printed",
            f"短码将有 {len(text)} 个字符，至多 {MAX_SHORT_CHARACTERS} 个",
            field="verify_url",
            rule=f"at most {MAX_SHORT_CHARACTERS} characters in all",
            remedy="use a shorter address for the verification pages",
        )
    return text


def verify_short_qr(
    reading: QRReading, certificates: Iterable[DocumentCertificate], trust: CertificateTrust, at: datetime
) -> DocumentCertificate:
    """Check that a finance department countersigned the elements of a short form; no network is asked.

    The certificate is judged at the end of the day of issue; one that was revoked by now counts no more, because
    nothing but the signer's own word dates this signature. The bundle proves older receipts.

    Args:
        reading: As read.
        certificates: Certificates of the finance departments that may have signed.
        trust: Roots and revocations.
        at: Now, with zone.

    Returns:
        The certificate whose key signed.

    Raises:
        InputError: The code lacks an element.
        VerificationError: ``signature-missing``, ``signature-wrong`` when no given certificate's key made it, or what
            is wrong with the certificate.
    """
    reading.require_complete()
    if reading.signature is None:
        raise _wrong("signature-missing", "the code holds no compact signature", "此二维码不含监制签名，不能离线查验")
    # ``require_complete`` has seen to it; the checker cannot know.
    code, number, check_code = str(reading.code), str(reading.number), str(reading.check_code)
    amount_fen, issue_date = reading.amount_fen or 0, reading.issue_date or date.min
    message = short_qr_message(code, number, check_code, amount_fen, issue_date)
    signature = signature_from_raw(reading.signature)
    for certificate in certificates:
        try:
            verify_message(certificate, message, signature)
        except VerificationError:
            continue
        trust.check(certificate, min(at, datetime.combine(issue_date, _END_OF_DAY, BEIJING)))
        revoked_at = trust.revoked_since(certificate)
        if revoked_at is not None and revoked_at <= at:
            raise _wrong(
                "certificate-revoked",
                f"the certificate is revoked since {revoked_at.isoformat()}: the code alone proves nothing any more",
                f"监制证书已于 {revoked_at:%Y-%m-%d %H:%M} 被吊销，单凭二维码不能证明；请用证明文件查验",
            )
        return certificate
    raise _wrong(
        "signature-wrong",
        "no given finance department made this signature",
        "监制签名与受信任的财政部门均不符，内容可能被改动",
    )


def _wrong(code: str, message: str, message_zh: str) -> VerificationError:
    return VerificationError(
        code,
        message,
        message_zh,
        step="qr signature",
        field="s",
        rule="compact signature of a trusted finance department over the five elements",
        remedy="verify with the proof bundle or on the finance department's page; do not reimburse on this code alone",
    )
