"""X.509 certificates of document keys, in both suites.

The cryptography library reads an SM2 certificate but not its key; asn1crypto reads everything. Each certificate is
decoded once and kept: a node sees the same few thousand of them in millions of receipts.
"""

import hashlib
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from asn1crypto import keys, pem, x509
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import SUITE_P256, SUITE_SM2
from piaolian_sdk.sm2 import Sm2PublicKey

PublicKey: TypeAlias = Sm2PublicKey | ec.EllipticCurvePublicKey

SM2_CURVE_OID = "1.2.156.10197.1.301"
P256_CURVE_OID = "1.2.840.10045.3.1.7"
# asn1crypto wants to know the length of a curve's scalars, 32 bytes, before it handles keys on it.
keys.NamedCurve.register("sm2p256v1", SM2_CURVE_OID, 32)
# Signature algorithms of certificates: SM2 with SM3 (GM/T 0006), ECDSA with SHA-256 (RFC 5758).
SIGNATURE_OIDS = {SUITE_SM2: "1.2.156.10197.1.501", SUITE_P256: "1.2.840.10045.4.3.2"}
# A certificate with names in Chinese has about 700 bytes; nobody needs more than this.
MAX_CERTIFICATE_BYTES = 8_192
_KNOWN_EXTENSIONS = {
    "basic_constraints",
    "key_usage",
    "extended_key_usage",
    "key_identifier",
    "authority_key_identifier",
}
_SHORT_NAMES = {
    "common_name": "CN",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "country_name": "C",
    "state_or_province_name": "ST",
    "locality_name": "L",
    "serial_number": "SERIALNUMBER",
}


class DocumentCertificate:
    """A certificate. It is decoded when made; whether it is trusted is ``CertificateTrust``'s to say.

    Attributes:
        der: The certificate as it came.
        digest: SHA-256 of it, 32 bytes; names the certificate on chain and in signed requests.
        serial: Serial number.
        subject: Subject as text, most specific part first, for people.
        issuer: Issuer likewise.
        not_before: Start of validity.
        not_after: End of validity.
        public_key: The key.
        suite: ``SUITE_SM2`` or ``SUITE_P256``, by the key's curve.
        key_usage: Names of RFC 5280, section 4.2.1.3, in snake case; empty when the extension is absent.
        is_authority: Whether basic constraints say CA.
        path_length: How many authorities may follow, or None without a limit.
    """

    serial: int
    subject: str
    issuer: str
    subject_der: bytes
    issuer_der: bytes
    not_before: datetime
    not_after: datetime
    suite: str
    public_key: PublicKey
    signed_der: bytes
    signature: bytes
    signature_oid: str
    key_usage: frozenset[str]
    is_authority: bool
    path_length: int | None
    has_unknown_critical_extension: bool

    def __init__(self, der: bytes) -> None:
        """Decode a certificate.

        Raises:
            InputError: ``certificate-malformed`` or ``certificate-suite-unsupported``.
        """
        if len(der) > MAX_CERTIFICATE_BYTES:
            raise _malformed(f"more than {MAX_CERTIFICATE_BYTES} bytes")
        self.der = der
        self.digest = hashlib.sha256(der).digest()
        try:
            self._decode(x509.Certificate.load(der, strict=True))
        except InputError:
            raise
        except (ValueError, TypeError, KeyError) as exc:
            # asn1crypto decodes lazily and names its faults with these three.
            raise _malformed("the DER cannot be read") from exc

    def _decode(self, decoded: x509.Certificate) -> None:
        body = decoded["tbs_certificate"]
        self.serial = body["serial_number"].native
        self.subject = name_text(body["subject"])
        self.issuer = name_text(body["issuer"])
        self.subject_der = body["subject"].dump()
        self.issuer_der = body["issuer"].dump()
        self.not_before = body["validity"]["not_before"].native.astimezone(BEIJING)
        self.not_after = body["validity"]["not_after"].native.astimezone(BEIJING)
        self.suite, self.public_key = _key_of(body["subject_public_key_info"])
        self.signed_der = body.dump()
        self.signature = decoded["signature_value"].native
        self.signature_oid = decoded["signature_algorithm"]["algorithm"].dotted
        if body["signature"]["algorithm"].dotted != self.signature_oid:
            raise _malformed("two different signature algorithms")
        usage = decoded.key_usage_value
        self.key_usage = frozenset(usage.native) if usage is not None else frozenset()
        constraints = decoded.basic_constraints_value
        self.is_authority = bool(constraints is not None and constraints["ca"].native)
        self.path_length = constraints["path_len_constraint"].native if constraints is not None else None
        self.has_unknown_critical_extension = not decoded.critical_extensions <= _KNOWN_EXTENSIONS

    @classmethod
    def from_pem(cls, text: bytes) -> "DocumentCertificate":
        """Decode a PEM certificate; the same certificate is decoded once.

        Raises:
            InputError: It is no PEM certificate.
        """
        try:
            _, _, der = pem.unarmor(text)
        except ValueError as exc:
            raise _malformed("no PEM") from exc
        return certificate_from_der(der)

    @cached_property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return bytes(pem.armor("CERTIFICATE", self.der))

    @property
    def serial_text(self) -> str:
        """The serial number as ``KeyInfo`` writes it: hexadecimal, upper case, at least 16 digits."""
        return f"{self.serial:016X}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as DER: keys of the cryptography library cannot."""
        return certificate_from_der, (self.der,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DocumentCertificate) and other.der == self.der

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        """Show serial and suite; the subject may be a person."""
        return f"DocumentCertificate(serial={self.serial_text}, suite={self.suite})"


@lru_cache(maxsize=4096)
def certificate_from_der(der: bytes) -> DocumentCertificate:
    """Return the certificate, decoded once.

    Raises:
        InputError: It cannot be read.
    """
    return DocumentCertificate(der)


def certificates_from_pem(bundle: bytes) -> list[DocumentCertificate]:
    """Return every certificate of a PEM bundle.

    Raises:
        InputError: There is none, or one cannot be read.
    """
    try:
        found = [
            certificate_from_der(der) for kind, _, der in pem.unarmor(bundle, multiple=True) if kind == "CERTIFICATE"
        ]
    except ValueError as exc:
        raise _malformed("no PEM") from exc
    if not found:
        raise _malformed("the bundle holds no certificate")
    return found


def public_key_from_pem(text: bytes) -> tuple[str, PublicKey]:
    """Return suite and key of a PEM ``PUBLIC KEY`` (RFC 5480).

    Raises:
        InputError: It cannot be read, or is of another curve.
    """
    try:
        _, _, der = pem.unarmor(text)
        return _key_of(keys.PublicKeyInfo.load(der, strict=True))
    except InputError:
        raise
    except (ValueError, TypeError, KeyError) as exc:
        raise _malformed("the public key cannot be read") from exc


def public_key_to_pem(public_key: PublicKey) -> bytes:
    """Return a key as PEM ``PUBLIC KEY``."""
    return bytes(pem.armor("PUBLIC KEY", spki_of(public_key)))


def spki_of(public_key: PublicKey) -> bytes:
    """Return a key as DER ``SubjectPublicKeyInfo``."""
    curve = SM2_CURVE_OID if isinstance(public_key, Sm2PublicKey) else P256_CURVE_OID
    info = {
        "algorithm": {"algorithm": "ec", "parameters": keys.ECDomainParameters("named", curve)},
        "public_key": keys.ECPointBitString(point_of(public_key)),
    }
    return bytes(keys.PublicKeyInfo(info).dump())


def point_of(public_key: PublicKey) -> bytes:
    """Return the uncompressed point, 65 bytes ``04 || X || Y``."""
    if isinstance(public_key, Sm2PublicKey):
        return b"\x04" + public_key.point
    numbers = public_key.public_numbers()
    return b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def name_text(name: x509.Name) -> str:
    """Return a distinguished name as text, most specific part first."""
    parts = []
    for relative in reversed(list(name.chosen)):
        for attribute in relative:
            kind = attribute["type"].native
            parts.append(f"{_SHORT_NAMES.get(kind, kind)}={attribute['value'].native}")
    return ",".join(parts)


def _key_of(info: keys.PublicKeyInfo) -> tuple[str, PublicKey]:
    curve = info["algorithm"]["parameters"]
    oid = curve.chosen.dotted if info["algorithm"]["algorithm"].native == "ec" and curve.name == "named" else ""
    point = bytes(info["public_key"])
    if oid == SM2_CURVE_OID:
        return SUITE_SM2, Sm2PublicKey.from_uncompressed(point)
    if oid == P256_CURVE_OID:
        return SUITE_P256, ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    raise InputError(
        "certificate-suite-unsupported",
        "the certificate's key is neither SM2 nor P-256",
        "证书密钥既非 SM2 也非 P-256，不受支持",
        field="certificate",
        rule="sm2p256v1 or prime256v1",
        remedy="apply for a certificate with an SM2 key",
    )


def _malformed(what: str) -> InputError:
    return InputError(
        "certificate-malformed",
        f"the certificate is malformed: {what}",
        f"证书格式有误：{what}",
        field="certificate",
        rule="X.509 version 3, DER or PEM",
        remedy="export the certificate again",
    )
