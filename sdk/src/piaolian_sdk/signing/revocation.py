"""Revocation lists of X.509 (RFC 5280, section 5), in both suites.

A list says from which time on each certificate is not to be believed: the revocation date, or the invalidity date
(section 5.3.2) where the authority knows that the key was lost before. What was signed and stamped before stays valid.

Only complete lists of one authority are read: delta, partial and indirect ones carry critical extensions and are
refused by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import crl, pem

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.errors import InputError
from piaolian_sdk.signing.certificates import name_text

# About 200,000 entries; an authority with more splits its lists.
MAX_LIST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list that was read; whether it is trusted is ``CertificateTrust``'s to say.

    Attributes:
        issuer: The authority, as text for people.
        issuer_der: Its name as in its certificates.
        this_update: When the list was made.
        next_update: When the next one is due, or None.
        number: CRL number, or None.
        revoked: Serial numbers with the time from which they are revoked.
        signed_der: What the authority signed.
        signature: Its signature.
        signature_oid: Algorithm of it.
    """

    issuer: str
    issuer_der: bytes
    this_update: datetime
    next_update: datetime | None
    number: int | None
    revoked: Mapping[int, datetime]
    signed_der: bytes
    signature: bytes
    signature_oid: str

    def is_overdue(self, at: datetime) -> bool:
        """Return whether a newer list ought to exist at a time."""
        return self.next_update is not None and at > self.next_update


def read_revocation_list(data: bytes) -> RevocationList:
    """Read a list from PEM or DER. Its signature is not checked here.

    Raises:
        InputError: ``revocation-list-malformed``.
    """
    if len(data) > MAX_LIST_BYTES:
        raise _malformed(f"more than {MAX_LIST_BYTES} bytes")
    try:
        if pem.detect(data):
            _, _, data = pem.unarmor(data)
        decoded = crl.CertificateList.load(data, strict=True)
        return _decode(decoded)
    except InputError:
        raise
    except (ValueError, TypeError, KeyError) as exc:
        # asn1crypto decodes lazily and names its faults with these three.
        raise _malformed("the DER cannot be read") from exc


def _decode(decoded: crl.CertificateList) -> RevocationList:
    body = decoded["tbs_cert_list"]
    if decoded.critical_extensions:
        raise _malformed("delta, partial and indirect lists are not read")
    oid = decoded["signature_algorithm"]["algorithm"].dotted
    if body["signature"]["algorithm"].dotted != oid:
        raise _malformed("two different signature algorithms")
    next_update, number = body["next_update"].native, decoded.crl_number_value
    return RevocationList(
        issuer=name_text(body["issuer"]),
        issuer_der=body["issuer"].dump(),
        this_update=body["this_update"].native.astimezone(BEIJING),
        next_update=next_update.astimezone(BEIJING) if next_update is not None else None,
        number=number.native if number is not None else None,
        revoked=dict(_entry(entry) for entry in body["revoked_certificates"]),
        signed_der=body.dump(),
        signature=decoded["signature"].native,
        signature_oid=oid,
    )


def _entry(entry: crl.RevokedCertificate) -> tuple[int, datetime]:
    if entry.critical_extensions - {"crl_reason"}:
        raise _malformed("an entry has an unknown critical extension")
    since: datetime = entry["revocation_date"].native
    lost = entry.invalidity_date_value
    if lost is not None:
        since = min(since, lost.native)
    return entry["user_certificate"].native, since.astimezone(BEIJING)


def _malformed(what: str) -> InputError:
    return InputError(
        "revocation-list-malformed",
        f"the revocation list is malformed: {what}",
        "证书吊销列表格式有误，无法读取",
        field="revocations",
        rule="complete CRL of one authority, PEM or DER",
        remedy="use the list as the authority published it",
    )
