"""Which certificates are trusted, when: roots, chain, validity, key usage, revocation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from piaolian_sdk.errors import ErrorCode, InputError, VerificationError
from piaolian_sdk.receipt import SUITE_P256, SUITE_SM2
from piaolian_sdk.signing.certificates import SIGNATURE_OIDS, DocumentCertificate, certificates_from_pem
from piaolian_sdk.signing.messages import verify_message
from piaolian_sdk.signing.revocation import RevocationList

# A receipt of an unconnected till is stamped when the network is back; longer than this, a signature's time is not
# believed any more. A revoked key cannot sign back into the past beyond it.
DEFAULT_WINDOW = timedelta(hours=72)
# How far a signer's clock may run ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)
_MAX_DEPTH = 4
_SIGNING_USAGES = frozenset({"digital_signature", "non_repudiation"})


@dataclass(frozen=True, slots=True)
class VerifiedSigner:
    """Who signed, as the certificate says, and when, as the document says.

    Attributes:
        certificate: The trusted certificate.
        signed_at: ``SignatureTime``, Beijing; within the window around the time of the check.
    """

    certificate: DocumentCertificate
    signed_at: datetime

    @property
    def suite(self) -> str:
        """Suite of the signature."""
        return self.certificate.suite


class CertificateTrust:
    """Roots and revocations. Chains are checked once for each certificate, times at each use."""

    def __init__(
        self,
        roots: Iterable[DocumentCertificate],
        revocations: Mapping[int, datetime] | None = None,
        *,
        intermediates: Iterable[DocumentCertificate] = (),
        suites: Iterable[str] = (SUITE_SM2, SUITE_P256),
        window: timedelta = DEFAULT_WINDOW,
    ) -> None:
        """Take what to trust.

        Args:
            roots: Trusted authorities.
            revocations: Serial numbers with the time from which they are revoked.
            intermediates: Authorities that are not trusted by themselves.
            suites: Allowed suites; the production profile allows SM2 alone.
            window: How far ``SignatureTime`` may lie before the time of the check.

        Raises:
            InputError: There is no root.
        """
        self.roots = tuple(roots)
        self.revocations = dict(revocations or {})
        self.suites = frozenset(suites)
        self.window = window
        if not self.roots:
            raise InputError(
                "certificate-not-trusted",
                "at least one root certificate is needed",
                "至少需要一个根证书",
                field="roots",
                rule="1 or more roots",
                remedy="configure the root certificates of the network's authorities",
            )
        self._authorities: dict[bytes, list[DocumentCertificate]] = {}
        for authority in (*self.roots, *intermediates):
            self._authorities.setdefault(authority.subject_der, []).append(authority)
        self._chains: dict[bytes, tuple[DocumentCertificate, ...]] = {}
        self._lists: dict[bytes, RevocationList] = {}

    @classmethod
    def from_pem(cls, *bundles: bytes, revocations: Mapping[int, datetime] | None = None) -> "CertificateTrust":
        """Trust the roots of PEM bundles.

        Raises:
            InputError: There is none, or one cannot be read.
        """
        return cls([root for bundle in bundles for root in certificates_from_pem(bundle)], revocations)

    def use_revocation_list(self, revocations: RevocationList) -> None:
        """Take an authority's list in place of its older one, from now on. Whether it is overdue is not checked.

        Args:
            revocations: The list, as read.

        Raises:
            VerificationError: ``revocation-list-not-trusted`` when no known authority signed it, and
                ``revocation-list-outdated`` when a newer one of the same authority is in use.
        """
        authorities = self._authorities.get(revocations.issuer_der, ())
        if not any(_signed_list(authority, revocations) for authority in authorities):
            raise _list_refused(
                revocations,
                "revocation-list-not-trusted",
                "no configured authority signed it",
                "没有受信任的发证机构对其签名",
            )
        used = self._lists.get(revocations.issuer_der)
        # An older list would bring revoked certificates back.
        if used is not None and revocations.this_update < used.this_update:
            raise _list_refused(
                revocations,
                "revocation-list-outdated",
                f"a list of {used.this_update.isoformat()} is in use",
                f"已在使用 {used.this_update:%Y-%m-%d %H:%M} 的较新列表",
            )
        self._lists[revocations.issuer_der] = revocations

    def check(self, certificate: DocumentCertificate, at: datetime) -> None:
        """Check that a certificate may sign documents at a time.

        Args:
            certificate: The signer's.
            at: Time of the block or of acceptance, with zone.

        Raises:
            VerificationError: ``certificate-not-trusted``, ``certificate-not-yet-valid``, ``certificate-expired``,
                ``certificate-revoked``, ``certificate-not-for-signing`` or ``certificate-suite-unsupported``.
        """
        # 1. The suite is one that this profile allows.
        if certificate.suite not in self.suites:
            raise _refused(
                certificate,
                "certificate-suite-unsupported",
                f"{certificate.suite} is not allowed here",
                f"本环境不允许 {certificate.suite} 算法",
                "apply for an SM2 certificate",
            )
        # 2. It is a signing certificate and no authority. Without the extension any use is allowed (RFC 5280).
        if certificate.is_authority or (certificate.key_usage and not certificate.key_usage & _SIGNING_USAGES):
            raise _refused(
                certificate,
                "certificate-not-for-signing",
                "it is not for signing documents",
                "该证书不能用于签名（密钥用途不符）",
                "sign with the signing certificate of the pair",
            )
        # 3. A chain of signatures leads to a root.
        for link in (certificate, *self._chain(certificate)):
            # 4. Every link is valid, and not revoked, at the time.
            self._check_time(link, at)

    def _check_time(self, link: DocumentCertificate, at: datetime) -> None:
        if at < link.not_before:
            raise _refused(
                link,
                "certificate-not-yet-valid",
                f"it is valid from {link.not_before.isoformat()}, not at {at.isoformat()}",
                f"证书自 {link.not_before:%Y-%m-%d %H:%M} 起有效，尚未生效",
                "check the clock, or wait",
            )
        if at > link.not_after:
            raise _refused(
                link,
                "certificate-expired",
                f"it expired at {link.not_after.isoformat()}",
                f"证书已于 {link.not_after:%Y-%m-%d %H:%M} 过期",
                "renew the certificate and register the new one",
            )
        revoked_at = self.revoked_since(link)
        if revoked_at is not None and at >= revoked_at:
            raise _refused(
                link,
                "certificate-revoked",
                f"it is revoked since {revoked_at.isoformat()}",
                f"证书已于 {revoked_at:%Y-%m-%d %H:%M} 被吊销",
                "use a certificate that is not revoked",
            )

    def revoked_since(self, link: DocumentCertificate) -> datetime | None:
        """Return the time from which a certificate is revoked, or None. Its authorities are not looked at."""
        published = self._lists.get(link.issuer_der)
        known = (self.revocations.get(link.serial), published.revoked.get(link.serial) if published else None)
        return min((moment for moment in known if moment is not None), default=None)

    def _chain(self, certificate: DocumentCertificate) -> tuple[DocumentCertificate, ...]:
        known = self._chains.get(certificate.digest)
        if known is None:
            known = self._find_chain(certificate, 0)
            if known is None:
                raise _refused(
                    certificate,
                    "certificate-not-trusted",
                    "no chain of valid signatures leads to a configured root",
                    "证书链不能追溯到受信任的根证书",
                    "use a certificate of an authority that the network trusts",
                )
            self._chains[certificate.digest] = known
        return known

    def _find_chain(self, certificate: DocumentCertificate, depth: int) -> tuple[DocumentCertificate, ...] | None:
        """Return the authorities from the issuer up to a root, or None."""
        if certificate.has_unknown_critical_extension or depth >= _MAX_DEPTH:
            return None
        for issuer in self._authorities.get(certificate.issuer_der, ()):
            if not _may_issue(issuer, depth) or not _issued(issuer, certificate):
                continue
            if issuer in self.roots:
                return (issuer,)
            above = self._find_chain(issuer, depth + 1)
            if above is not None:
                return (issuer, *above)
        return None


def _may_issue(authority: DocumentCertificate, authorities_below: int) -> bool:
    usage_allows = not authority.key_usage or "key_cert_sign" in authority.key_usage
    length_allows = authority.path_length is None or authorities_below <= authority.path_length
    return authority.is_authority and usage_allows and length_allows and not authority.has_unknown_critical_extension


def _signed_list(authority: DocumentCertificate, revocations: RevocationList) -> bool:
    may_sign = authority.is_authority and (not authority.key_usage or "crl_sign" in authority.key_usage)
    if not may_sign or revocations.signature_oid != SIGNATURE_OIDS[authority.suite]:
        return False
    try:
        verify_message(authority, revocations.signed_der, revocations.signature)
    except VerificationError:
        return False
    return True


def _list_refused(revocations: RevocationList, code: ErrorCode, why: str, why_zh: str) -> VerificationError:
    return VerificationError(
        code,
        f"revocation list of {revocations.issuer}, {revocations.this_update.isoformat()}: {why}",
        f"吊销列表（{revocations.issuer}，{revocations.this_update:%Y-%m-%d %H:%M}）：{why_zh}",
        step="revocation list",
        field="revocations",
        rule="signed by a configured authority, never older than the one in use",
        remedy="fetch the current list from the authority",
    )


def _issued(issuer: DocumentCertificate, certificate: DocumentCertificate) -> bool:
    if certificate.signature_oid != SIGNATURE_OIDS[issuer.suite]:
        return False
    try:
        verify_message(issuer, certificate.signed_der, certificate.signature)
    except VerificationError:
        # Another authority may have the same name, after its key was renewed.
        return False
    return True


def _refused(
    certificate: DocumentCertificate, code: ErrorCode, why: str, why_zh: str, remedy: str
) -> VerificationError:
    return VerificationError(
        code,
        f"certificate {certificate.serial_text}: {why}",
        f"证书 {certificate.serial_text}：{why_zh}",
        step="certificate",
        field="certificate",
        rule="valid at the time, for signing, issued by a trusted authority",
        remedy=remedy,
    )
