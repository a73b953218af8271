"""A small certificate authority for tests, demonstrations and pilots.

It issues certificates for document keys in both suites. It keeps no register and makes no promises; a province uses its
licensed authority.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from asn1crypto import core, crl, keys, pem, x509
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import SUITE_P256, SUITE_SM2, algorithm_of
from piaolian_sdk.signing.certificates import (
    SIGNATURE_OIDS,
    DocumentCertificate,
    PublicKey,
    certificate_from_der,
    point_of,
    public_key_from_pem,
    spki_of,
)
from piaolian_sdk.signing.keyfile import PrivateKey, private_key_from_pem, private_key_to_pem
from piaolian_sdk.signing.software import sign_with_key
from piaolian_sdk.sm2 import Sm2PrivateKey

Usage = Literal["sign", "encrypt", "authority"]
_SERIAL_BYTES = 12
_KEY_USAGES: dict[Usage, set[str]] = {
    "sign": {"digital_signature", "non_repudiation"},
    "encrypt": {"key_encipherment", "data_encipherment", "key_agreement"},
    "authority": {"key_cert_sign", "crl_sign"},
}
_CRITICAL = True


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CertificateAuthority:
    """Issues certificates with one key."""

    def __init__(
        self,
        key: PrivateKey,
        certificate: DocumentCertificate,
        *,
        now: Callable[[], datetime] = _utc_now,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Take the authority's key and certificate.

        Args:
            key: Private key.
            certificate: Its certificate.
            now: Gives the time, with zone.
            random: Gives that many random bytes.
        """
        self._key = key
        self._now = now
        self._random = random
        self.certificate = certificate

    @classmethod
    def create(
        cls,
        name: str,
        suite: str,
        *,
        days: int = 3650,
        now: Callable[[], datetime] = _utc_now,
        random: Callable[[int], bytes] = os.urandom,
    ) -> "CertificateAuthority":
        """Make a new authority with a self-signed certificate.

        Args:
            name: Common name.
            suite: ``SUITE_SM2`` or ``SUITE_P256``.
            days: Validity of its certificate.
            now: Gives the time, with zone.
            random: Gives that many random bytes.

        Raises:
            InputError: There is no such suite.
        """
        key = _new_key(suite, random)
        subject = _name(name)
        der = _certificate(
            subject, subject, _public_key(key), key, usage="authority", days=days, now=now(), random=random
        )
        return cls(key, certificate_from_der(der), now=now, random=random)

    @classmethod
    def from_pem(cls, key_pem: bytes, certificate_pem: bytes, password: bytes | None = None) -> "CertificateAuthority":
        """Take up an authority again.

        Raises:
            InputError: Key or certificate cannot be read.
        """
        return cls(private_key_from_pem(key_pem, password), DocumentCertificate.from_pem(certificate_pem))

    @property
    def certificate_pem(self) -> bytes:
        """The authority's certificate."""
        return self.certificate.pem

    def key_pem(self, password: bytes | None = None) -> bytes:
        """Return the authority's private key, encrypted when there is a password."""
        return private_key_to_pem(self._key, password, self._random)

    def issue(
        self, subject: str, key: str | bytes | PublicKey, *, usage: Usage = "sign", days: int = 365
    ) -> tuple[bytes, bytes]:
        """Issue a certificate.

        Args:
            subject: Common name.
            key: A suite, to make a new key pair; or the public key of one that is elsewhere (in an HSM, for instance),
                as an object or as PEM.
            usage: ``sign`` for documents and requests, ``encrypt`` for the other certificate of a pair.
            days: Validity from now.

        Returns:
            Private key and certificate as PEM; the key is empty when a public key was given.

        Raises:
            InputError: There is no such suite, or the public key cannot be read.
        """
        if isinstance(key, bytes):
            _, key = public_key_from_pem(key)
        if not isinstance(key, str):
            return b"", self.certify(subject, key, usage=usage, days=days)
        own = _new_key(key, self._random)
        return private_key_to_pem(own), self.certify(subject, _public_key(own), usage=usage, days=days)

    def certify(self, subject: str, public_key: PublicKey, *, usage: Usage = "sign", days: int = 365) -> bytes:
        """Return a PEM certificate for a public key.

        Raises:
            InputError: The days are not positive.
        """
        if days < 1:
            raise InputError(
                "value-out-of-range",
                "a certificate must be valid for at least a day",
                "证书有效期至少为一天",
                field="days",
                rule="1 or more",
                remedy="give the number of days",
            )
        issuer = x509.Name.load(self.certificate.subject_der)
        der = _certificate(
            _name(subject), issuer, public_key, self._key, usage=usage, days=days, now=self._now(), random=self._random
        )
        return bytes(pem.armor("CERTIFICATE", der))

    def revocation_list(self, revoked: Mapping[int, datetime], *, number: int, days: int = 7) -> bytes:
        """Return a complete revocation list as PEM (RFC 5280, section 5).

        Args:
            revoked: Every revoked serial number with the time from which it is revoked.
            number: Number of the list; each new one is greater.
            days: When the next one is due.
        """
        suite = SUITE_SM2 if isinstance(self._key, Sm2PrivateKey) else SUITE_P256
        algorithm = x509.SignedDigestAlgorithm({"algorithm": SIGNATURE_OIDS[suite]})
        now = self._now().astimezone(UTC).replace(microsecond=0)
        members: dict[str, object] = {
            "version": "v2",
            "signature": algorithm,
            "issuer": x509.Name.load(self.certificate.subject_der),
            "this_update": _time(now),
            "next_update": _time(now + timedelta(days=days)),
            "crl_extensions": [
                {
                    "extn_id": "authority_key_identifier",
                    "extn_value": x509.AuthorityKeyIdentifier(
                        {"key_identifier": _key_identifier(_public_key(self._key))}
                    ),
                },
                {"extn_id": "crl_number", "extn_value": core.Integer(number)},
            ],
        }
        if revoked:
            # An empty sequence must be left out (section 5.1.2.6).
            members["revoked_certificates"] = [
                {"user_certificate": serial, "revocation_date": _time(moment.astimezone(UTC).replace(microsecond=0))}
                for serial, moment in sorted(revoked.items())
            ]
        body = crl.TbsCertList(members)
        signature = core.OctetBitString(sign_with_key(self._key, body.dump()))
        signed = crl.CertificateList({"tbs_cert_list": body, "signature_algorithm": algorithm, "signature": signature})
        return bytes(pem.armor("X509 CRL", signed.dump()))


def _new_key(suite: str, random: Callable[[int], bytes]) -> PrivateKey:
    algorithm_of(suite)
    if suite == SUITE_SM2:
        return Sm2PrivateKey.generate(random)
    return ec.generate_private_key(ec.SECP256R1())


def _public_key(key: PrivateKey) -> PublicKey:
    return key.public_key if isinstance(key, Sm2PrivateKey) else key.public_key()


def _name(common_name: str) -> x509.Name:
    return x509.Name.build({"country_name": "CN", "common_name": common_name})


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: PublicKey,
    issuer_key: PrivateKey,
    *,
    usage: Usage,
    days: int,
    now: datetime,
    random: Callable[[int], bytes],
) -> bytes:
    """Build and sign a certificate of version 3 (RFC 5280); DER."""
    suite = SUITE_SM2 if isinstance(issuer_key, Sm2PrivateKey) else SUITE_P256
    algorithm = x509.SignedDigestAlgorithm({"algorithm": SIGNATURE_OIDS[suite]})
    # A minute back: the clocks of those who check it run a little apart.
    start = now.astimezone(UTC).replace(microsecond=0) - timedelta(minutes=1)
    body = x509.TbsCertificate(
        {
            "version": "v3",
            # RFC 5280 wants a positive number of at most 20 bytes; random, so that nobody can guess the next.
            "serial_number": int.from_bytes(b"\x01" + random(_SERIAL_BYTES - 1), "big"),
            "signature": algorithm,
            "issuer": issuer,
            "validity": {"not_before": _time(start), "not_after": _time(start + timedelta(days=days))},
            "subject": subject,
            "subject_public_key_info": keys.PublicKeyInfo.load(spki_of(public_key)),
            "extensions": _extensions(usage, public_key, issuer_key),
        }
    )
    return bytes(
        x509.Certificate(
            {
                "tbs_certificate": body,
                "signature_algorithm": algorithm,
                "signature_value": core.OctetBitString(sign_with_key(issuer_key, body.dump())),
            }
        ).dump()
    )


def _extensions(usage: Usage, public_key: PublicKey, issuer_key: PrivateKey) -> list[dict[str, object]]:
    return [
        {
            "extn_id": "basic_constraints",
            "critical": _CRITICAL,
            "extn_value": x509.BasicConstraints({"ca": usage == "authority"}),
        },
        {"extn_id": "key_usage", "critical": _CRITICAL, "extn_value": x509.KeyUsage(_KEY_USAGES[usage])},
        {"extn_id": "key_identifier", "extn_value": core.OctetString(_key_identifier(public_key))},
        {
            "extn_id": "authority_key_identifier",
            "extn_value": x509.AuthorityKeyIdentifier({"key_identifier": _key_identifier(_public_key(issuer_key))}),
        },
    ]


def _key_identifier(public_key: PublicKey) -> bytes:
    # The leftmost 160 bits of the SHA-256 digest of the key (RFC 7093, method 1).
    return hashlib.sha256(point_of(public_key)).digest()[:20]


def _time(moment: datetime) -> x509.Time:
    # RFC 5280, 4.1.2.5: two-digit years until 2049.
    if moment.year < 2050:
        return x509.Time("utc_time", core.UTCTime(moment))
    return x509.Time("general_time", core.GeneralizedTime(moment))
