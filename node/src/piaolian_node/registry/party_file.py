"""Many callers at once: the file that ``piaolian-node party import`` reads.

A JSON list; each entry names a certificate file, as the options of ``party add`` do::

    [{"role": "unit", "unit": 1, "certificate": "hospital.pem", "encryption_key": "04...", "name": "..."}]

Paths are relative to the file. Everything is read and judged before anything is written.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from piaolian_node.config import read_file
from piaolian_node.errors import ConfigError
from piaolian_node.registry.parties import Role
from piaolian_sdk.signing import DocumentCertificate


class PartyEntry(BaseModel):
    """One caller, as the file has it.

    Attributes:
        certificate: Path of its PEM certificate.
        unit: Number in the Registry, for role ``unit`` alone.
        encryption_key: SM2 point, ``04`` and 128 hex digits.
        name: Organisation; the certificate's when None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    certificate: Path
    unit: int | None = None
    encryption_key: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class PartyToAdd:
    """One caller with its certificate read."""

    entry: PartyEntry
    certificate: DocumentCertificate


_ENTRIES = TypeAdapter(list[PartyEntry])


def read_party_file(path: Path) -> list[PartyToAdd]:
    """Read the file and every certificate that it names.

    Raises:
        ConfigError: The file or a certificate cannot be read, or an entry breaks a rule; the message names it.
        InputError: A certificate is none.
    """
    try:
        entries = _ENTRIES.validate_python(json.loads(read_file(path, "file")))
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigError(
            f"{where}: {first['msg']}",
            f"调用方文件第 {where} 项有误：{first['msg']}",
            field=where,
            remedy="correct the entry; nothing was registered",
        ) from exc
    except ValueError as exc:
        raise ConfigError(
            "the file of callers is no JSON",
            "调用方文件不是 JSON",
            field="file",
            remedy='write a list as [{"role": "unit", "unit": 1, "certificate": "unit.pem"}]',
        ) from exc
    return [
        PartyToAdd(entry, DocumentCertificate.from_pem(read_file(path.parent / entry.certificate, "certificate")))
        for entry in entries
    ]
