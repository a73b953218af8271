"""Certificates that may ask, with their roles."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, insert, select, update

from piaolian_node.database import Database
from piaolian_node.database.records import parties
from piaolian_node.errors import ConfigError
from piaolian_node.registry.revocations import RevocationFolder
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.signing import CertificateTrust, DocumentCertificate
from piaolian_sdk.sm2 import Sm2PublicKey

Role = Literal["unit", "booker", "auditor"]

# A caller with one of these is told which, once it has proved that the key is its own; any other certificate that does
# not lead to a root is as unknown as one that was never registered.
_TOLD = frozenset({"certificate-expired", "certificate-not-yet-valid", "certificate-revoked"})
# How long what was read counts: a party that was added or ended is seen after this time.
_FRESH_MS = 2_000


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who may ask.

    Attributes:
        key_id: SHA-256 of the certificate, hex.
        unit: Number in the Registry, for role ``unit``.
        encryption_key: Opens bodies, or None.
        fault: Why the certificate counts no more: expired, revoked, not yet valid; or None.
    """

    key_id: str
    role: Role
    unit: int | None
    name: str
    certificate: DocumentCertificate
    encryption_key: Sm2PublicKey | None
    fault: VerificationError | None = None

    @property
    def recipient(self) -> str:
        """Name under which batch keys are wrapped for this party."""
        return f"unit:{self.unit}" if self.role == "unit" else f"{self.role}:{self.key_id[:16]}"


class PartyDirectory:
    """The parties, read again when they are not fresh.

    Args:
        database: Records.
        trust: Roots that certify parties.
        now_ms: Clock, Unix milliseconds.
        revocations: Lists that the trust takes, or None.
    """

    def __init__(
        self,
        database: Database,
        trust: CertificateTrust,
        now_ms: Callable[[], int],
        revocations: RevocationFolder | None = None,
    ) -> None:
        self._database = database
        self._trust = trust
        self._revocations = revocations
        self._now_ms = now_ms
        self._by_key: dict[str, Party] = {}
        self._read_at = -_FRESH_MS

    async def refresh(self) -> None:
        """Read the parties unless what is known is fresh."""
        if self._now_ms() - self._read_at < _FRESH_MS:
            return
        if self._revocations is not None:
            await asyncio.to_thread(self._revocations.refresh)
        async with self._database.read() as connection:
            rows = (await connection.execute(select(parties).where(parties.c.ended_at.is_(None)))).all()
        known = self._by_key
        found = {}
        for row in rows:
            party = known.get(row.key_id) or _party(row)
            fault = self._fault_of(party)
            if fault is None or fault.code in _TOLD:
                found[row.key_id] = party if fault is party.fault else replace(party, fault=fault)
        self._by_key = found
        self._read_at = self._now_ms()

    def _fault_of(self, party: Party) -> VerificationError | None:
        """Return why the certificate does not count now, or None."""
        at = datetime.fromtimestamp(self._now_ms() / 1000, tz=BEIJING)
        try:
            self._trust.check(party.certificate, at)
        except VerificationError as exc:
            return exc
        return None

    def get(self, key_id: str) -> Party | None:
        """Return the party with this key, as of the last ``refresh``."""
        return self._by_key.get(key_id)

    def of_unit(self, unit: int) -> list[Party]:
        """Return the parties of a unit."""
        return [party for party in self._valid() if party.unit == unit and party.role == "unit"]

    def certificate(self, key_id: str) -> DocumentCertificate | None:
        """Return a certificate for ``requests.verify_request``."""
        party = self._by_key.get(key_id)
        return party.certificate if party else None

    def auditors(self) -> list[Party]:
        """Return the auditors that bodies are sealed for."""
        return [party for party in self._valid() if party.role == "auditor" and party.encryption_key]

    def _valid(self) -> list[Party]:
        return [party for party in self._by_key.values() if party.fault is None]


async def add_party(
    database: Database,
    *,
    role: Role,
    name: str,
    unit: int | None,
    certificate: DocumentCertificate,
    encryption_point: str | None,
    now_ms: int,
) -> str:
    """Register a certificate, or register it again with other facts. Returns its key id.

    Raises:
        ConfigError: Role and unit do not fit.
        InputError: The encryption key is none.
    """
    if (role == "unit") != (unit is not None):
        raise ConfigError(
            "a unit needs its number, and nobody else has one",
            "单位须指定编号，其他角色不得指定",
            field="unit",
            remedy="give --unit with --role unit only",
        )
    if encryption_point is not None:
        Sm2PublicKey.from_uncompressed(bytes.fromhex(encryption_point))
    key_id = certificate.digest.hex()
    values = {
        "role": role,
        "unit": unit,
        "name": name,
        "certificate": certificate.der,
        "encryption_point": encryption_point,
        "ended_at": None,
    }
    async with database.write() as connection:
        changed = await connection.execute(update(parties).where(parties.c.key_id == key_id).values(**values))
        if changed.rowcount == 0:
            await connection.execute(insert(parties).values(key_id=key_id, added_at=now_ms, **values))
    return key_id


def _party(row: Row[Any]) -> Party:
    point = row.encryption_point
    return Party(
        key_id=row.key_id,
        role=row.role,
        unit=row.unit,
        name=row.name,
        certificate=DocumentCertificate(row.certificate),
        encryption_key=Sm2PublicKey.from_uncompressed(bytes.fromhex(point)) if point else None,
    )
