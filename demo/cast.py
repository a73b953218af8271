"""Who acts in the story: four units, two employers, payers, and the areas they live in.

Two units sign with SM2 and two with P-256; one of each is under list control and one of each under code control. Names
and credit codes are those of the sample documents, invented and well-formed. Every key is made at start and lives in
the run's own folder.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from demo.samples import Issuer
from piaolian_sdk.acts import SoftwareChainSigner
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2, CertificateAuthority, SoftwareSigner
from piaolian_sdk.sm2 import Sm2PrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from piaolian_sdk.signing import DocumentSigner

PROVINCE: Final = "32"
HOSPITAL_CITY: Final = "320600"
REGISTRY_CITY: Final = "320900"

UnitName = Literal["hospital", "second_hospital", "land_registry", "patent_office"]


@dataclass(frozen=True, slots=True)
class Role:
    """What a unit is before it has keys.

    Attributes:
        issuer: what its documents say.
        suite: suite of its document signatures.
        control: ``code`` or ``list``.
    """

    issuer: Issuer
    suite: str
    control: Literal["code", "list"]


ROLES: Final[dict[UnitName, Role]] = {
    "hospital": Role(Issuer("12320600E000000029", "测试市第一人民医院", HOSPITAL_CITY), SUITE_SM2, "list"),
    "second_hospital": Role(Issuer("12320600E00000003C", "测试市第二人民医院", HOSPITAL_CITY), SUITE_P256, "list"),
    "land_registry": Role(Issuer("12320900E00000001M", "测试市不动产登记中心", REGISTRY_CITY), SUITE_P256, "code"),
    "patent_office": Role(Issuer("12320900E00000004Y", "测试中央单位驻苏代办处", REGISTRY_CITY), SUITE_SM2, "code"),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit with its keys.

    Attributes:
        name: its name in the story.
        role: what it is.
        document_signer: signs documents and requests.
        certificate_pem: certificate of that key.
        chain_signer: signs acts.
        encryption: opens the bodies of its receipts.
    """

    name: UnitName
    role: Role
    document_signer: DocumentSigner
    certificate_pem: bytes
    chain_signer: SoftwareChainSigner
    encryption: Sm2PrivateKey

    @property
    def issuer(self) -> Issuer:
        """What its documents say."""
        return self.role.issuer


@dataclass(frozen=True, slots=True)
class Officer:
    """An official of a finance department, who reads what the department may read."""

    document_signer: DocumentSigner
    certificate_pem: bytes


@dataclass(frozen=True, slots=True)
class Booker:
    """An employer that books receipts into its ledger."""

    name: str
    document_signer: DocumentSigner
    certificate_pem: bytes
    chain_signer: SoftwareChainSigner


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who holds a key outside the finance departments.

    Attributes:
        units: the units by name.
        bookers: the employers by name.
        officers: one official of each city's department.
        roots_pem: root certificates of the authorities that issued all certificates.
        authorities: those authorities by suite; they also certify the nodes' supervision keys.
    """

    units: dict[UnitName, Unit]
    bookers: dict[str, Booker]
    officers: dict[str, Officer]
    roots_pem: tuple[bytes, ...]
    authorities: dict[str, CertificateAuthority]


def point_of(key: Sm2PrivateKey) -> str:
    """Write a public key as messages carry it: hex of the uncompressed point, 65 bytes."""
    return "04" + key.public_key.point.hex()


def new_chain_signer() -> SoftwareChainSigner:
    """Make a chain key of 32 random bytes."""
    return SoftwareChainSigner(secrets.token_bytes(32))


def assemble(names: Iterable[UnitName] = tuple(ROLES)) -> Cast:
    """Make authorities, certificates and keys of everybody."""
    authorities = {
        suite: CertificateAuthority.create(f"票链演示 CA {suite}", suite) for suite in (SUITE_SM2, SUITE_P256)
    }
    units = {name: _unit(name, authorities) for name in names}
    bookers = {name: _booker(name, authorities[SUITE_P256]) for name in ("测试用人单位甲", "测试用人单位乙")}
    return Cast(
        units=units,
        bookers=bookers,
        officers={city: _officer(city, authorities[SUITE_P256]) for city in (HOSPITAL_CITY, REGISTRY_CITY)},
        roots_pem=tuple(authority.certificate_pem for authority in authorities.values()),
        authorities=authorities,
    )


def _unit(name: UnitName, authorities: dict[str, CertificateAuthority]) -> Unit:
    role = ROLES[name]
    key_pem, certificate_pem = authorities[role.suite].issue(role.issuer.name, role.suite, usage="sign", days=365)
    return Unit(
        name=name,
        role=role,
        document_signer=SoftwareSigner.from_pem(key_pem, certificate_pem),
        certificate_pem=certificate_pem,
        chain_signer=new_chain_signer(),
        encryption=Sm2PrivateKey.generate(secrets.token_bytes),
    )


def _officer(city: str, authority: CertificateAuthority) -> Officer:
    key_pem, certificate_pem = authority.issue(f"财政经办 {city}", SUITE_P256, usage="sign", days=365)
    return Officer(SoftwareSigner.from_pem(key_pem, certificate_pem), certificate_pem)


def _booker(name: str, authority: CertificateAuthority) -> Booker:
    key_pem, certificate_pem = authority.issue(name, SUITE_P256, usage="sign", days=365)
    return Booker(
        name=name,
        document_signer=SoftwareSigner.from_pem(key_pem, certificate_pem),
        certificate_pem=certificate_pem,
        chain_signer=new_chain_signer(),
    )
