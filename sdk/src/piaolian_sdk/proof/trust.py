"""The trust file: what a verifier takes for granted about one network; its form is in ``docs/proof-bundle.md``."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import Field, StringConstraints, ValidationError

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.proof.bundle import AccountBytes, ChainId, MemberName, Part, UnixTime, Word, fault_place
from piaolian_sdk.proof.checkpoint import public_key_from_point
from piaolian_sdk.proof.reasons import REASONS
from piaolian_sdk.proof.slots import LAYOUTS
from piaolian_sdk.signing import CertificateTrust, DocumentCertificate

TRUST_FORMAT: Final = "piaolian-trust"
MAX_TRUST_BYTES: Final = 16 << 20
_MAX_DEPTH: Final = 8
_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')

PemText = Annotated[
    str,
    StringConstraints(
        max_length=16_384,
        pattern=r"^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n?$",
    ),
]


class AllowedImplementation(Part):
    """Code that a proxy may point to, and where that code keeps its values."""

    code_hash: Word
    layout: Annotated[int, Field(ge=1, le=65_535)]


class TrustedContract(Part):
    """One proxy with all code it may have had."""

    address: AccountBytes
    proxy_code_hashes: Annotated[list[Word], Field(min_length=1, max_length=100)]
    implementations: Annotated[list[AllowedImplementation], Field(min_length=1, max_length=1_000)]


class TrustedContracts(Part):
    """The contracts that a proof reads."""

    Registry: TrustedContract
    ReceiptLedger: TrustedContract


class TrustedMember(Part):
    """A member's checkpoint key and when it counts; ``valid_until`` is 0 while it is open."""

    name: MemberName
    address: AccountBytes
    public_key: Annotated[str, StringConstraints(pattern=r"^0x04[0-9a-f]{128}$")]
    valid_from: UnixTime
    valid_until: UnixTime


class Quorum(Part):
    """How many members must sign, from a time on."""

    valid_from: UnixTime
    quorum: Annotated[int, Field(ge=1, le=32)]


class Revocation(Part):
    """A certificate that is revoked since a time."""

    serial: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{1,64}$")]
    revoked_at: UnixTime


class TrustFile(Part):
    """The file as it is written."""

    format: Literal["piaolian-trust"] = TRUST_FORMAT
    version: Literal[1] = 1
    network_name: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    sandbox: bool
    made_at: UnixTime
    chain_id: ChainId
    genesis_hash: Word
    contracts: TrustedContracts
    checkpoint_members: Annotated[list[TrustedMember], Field(max_length=1_000)]
    checkpoint_quorums: Annotated[list[Quorum], Field(max_length=1_000)]
    certificate_roots: Annotated[list[PemText], Field(min_length=1, max_length=1_000)]
    certificate_intermediates: Annotated[list[PemText], Field(max_length=1_000)]
    supervisors: Annotated[list[PemText], Field(min_length=1, max_length=1_000)]
    revocations: Annotated[list[Revocation], Field(max_length=100_000)]
    suites: Annotated[list[Literal["SM2-SM3", "ECDSA-P256-SHA256"]], Field(min_length=1, max_length=2)]

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class MemberKey:
    """A key that counts from ``valid_from`` to ``valid_until`` (Unix seconds, 0 open)."""

    public_key: ec.EllipticCurvePublicKey
    valid_from: int
    valid_until: int

    def is_valid(self, at: int) -> bool:
        """Return whether the key counts at a time."""
        return self.valid_from <= at and (self.valid_until == 0 or at < self.valid_until)


class Trust:
    """A trust file, ready for use.

    Attributes:
        file: As written.
        certificates: Roots, intermediates and revocations.
        supervisors: Certificates that finance departments countersign with.
    """

    def __init__(self, file: TrustFile) -> None:
        """Take a file.

        Raises:
            InputError: ``trust-malformed``, ``key-malformed`` or ``certificate-malformed``.
        """
        self.file = file
        self._members = _members(file)
        self._quorums = sorted((entry.valid_from, entry.quorum) for entry in file.checkpoint_quorums)
        self._implementations: dict[str, set[bytes]] = {}
        for name, contract in (("Registry", file.contracts.Registry), ("ReceiptLedger", file.contracts.ReceiptLedger)):
            if any(entry.layout not in LAYOUTS for entry in contract.implementations):
                raise trust_malformed(f"contracts.{name}.implementations.layout")
            self._implementations[name] = {entry.code_hash for entry in contract.implementations}
        self.certificates = CertificateTrust(
            [DocumentCertificate.from_pem(pem.encode("ascii")) for pem in file.certificate_roots],
            {int(entry.serial, 16): datetime.fromtimestamp(entry.revoked_at, tz=BEIJING) for entry in file.revocations},
            intermediates=[DocumentCertificate.from_pem(pem.encode("ascii")) for pem in file.certificate_intermediates],
            suites=file.suites,
        )

        self.supervisors = tuple(DocumentCertificate.from_pem(pem.encode("ascii")) for pem in file.supervisors)
        self._supervisors = {certificate.digest for certificate in self.supervisors}

    @classmethod
    def from_json(cls, data: bytes) -> "Trust":
        """Read a trust file.

        Raises:
            InputError: ``trust-malformed``: it is none, or breaks a rule of the form.
        """
        try:
            if len(data) > MAX_TRUST_BYTES:
                raise trust_malformed("file")
            require_shallow(data)
            members: Any = json.loads(data.decode("utf-8"), object_pairs_hook=_each_once)
            return cls(TrustFile.model_validate(members))
        except ValidationError as exc:
            raise trust_malformed(fault_place(exc)) from None
        except (ValueError, RecursionError):
            raise trust_malformed("file") from None

    @classmethod
    def from_file(cls, path: Path) -> "Trust":
        """Read the file at ``path``.

        Raises:
            InputError: It is no trust file.
            OSError: It cannot be read.
        """
        return cls.from_json(path.read_bytes())

    def is_member(self, name: str) -> bool:
        """Return whether the file knows a member of this name, now or formerly."""
        return name in self._members

    def key_of(self, member: str, at: int) -> MemberKey | None:
        """Return the member's key that counts at a time, or None."""
        return next((key for key in self._members.get(member, ()) if key.is_valid(at)), None)

    def quorum_at(self, at: int) -> int | None:
        """Return how many members must sign at a time, or None when nothing was agreed yet."""
        known = [quorum for valid_from, quorum in self._quorums if valid_from <= at]
        return known[-1] if known else None

    def admit_supervisor(self, certificate: DocumentCertificate) -> None:
        """Refuse a signer that is no finance department of this network: roots certify units as well.

        Raises:
            VerificationError: ``supervisor-unknown``.
        """
        if certificate.digest not in self._supervisors:
            reason = REASONS["supervisor-unknown"]
            raise VerificationError(
                "supervisor-unknown", reason.message, reason.message_zh, step="supervision-signature"
            )

    def contract(self, name: Literal["Registry", "ReceiptLedger"]) -> TrustedContract:
        """Return what is known of a contract."""
        return self.file.contracts.Registry if name == "Registry" else self.file.contracts.ReceiptLedger

    def allows(self, name: Literal["Registry", "ReceiptLedger"], code_hash: bytes) -> bool:
        """Return whether a contract may point to this code."""
        return code_hash in self._implementations[name]


def trust_malformed(place: str) -> InputError:
    """Return the error for a file that is no trust file of this version."""
    return InputError(
        "trust-malformed",
        f"the trust file is malformed at {place}",
        f"信任文件格式有误：{place}",
        field=place,
        rule="trust file, version 1",
        remedy="use the file that piaolian-network trust wrote, and a program that is not older than it",
    )


def require_shallow(data: bytes) -> None:
    """Refuse nesting that no file of ours has, before a parser is led deeper than its stack.

    Raises:
        ValueError: Lists and objects stand deeper than eight.
    """
    depth = 0
    for mark in re.findall(rb"[\[\]{}]", _STRINGS.sub(b"", data)):
        depth += 1 if mark in b"[{" else -1
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")


def _members(file: TrustFile) -> dict[str, list[MemberKey]]:
    found: dict[str, list[MemberKey]] = {}
    for entry in sorted(file.checkpoint_members, key=lambda entry: entry.valid_from):
        if entry.valid_until and entry.valid_until <= entry.valid_from:
            raise trust_malformed("checkpoint_members.valid_until")
        public_key = public_key_from_point(bytes.fromhex(entry.public_key[2:]))
        found.setdefault(entry.name, []).append(MemberKey(public_key, entry.valid_from, entry.valid_until))
    for keys in found.values():
        # One key at a time: otherwise one member could count by two.
        if any(one.valid_until == 0 or one.valid_until > other.valid_from for one, other in pairwise(keys)):
            raise trust_malformed("checkpoint_members.valid_until")
    points = [entry.public_key for entry in file.checkpoint_members]
    if len(set(points)) != len(points):
        raise trust_malformed("checkpoint_members.public_key")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members
