"""Backups of the records: made, kept for so many days, and restored into an empty database."""

import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database import Database
from piaolian_node.database.migrate import RESTORED
from piaolian_node.database.records import leases, replica_marks
from piaolian_node.errors import ConfigError
from piaolian_node.preservation.records import read_records, split_lines, write_records
from piaolian_node.preservation.strongbox import BoxWriter, Key, Lock, read_box

_NAME = re.compile(r"^piaolian-([0-9]{8}T[0-9]{6}Z)\.backup$")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made.

    Attributes:
        sha256: Of the file, hex.
        ended: Older backups that were deleted, since their days are over.
    """

    file: Path
    sha256: str
    ended: list[Path]


async def make_backup(
    database: Database, chain_id: int, folder: Path, lock: Lock, keep: timedelta, now: datetime
) -> Backup:
    """Write a backup into a folder, then delete those whose time is over.

    What was erased is in no backup made later, and after ``keep`` in none at all.

    Args:
        database: The records; the node may run.
        chain_id: Of the chain that it serves.
        folder: Where backups are kept; best on another machine's disk.
        lock: Who can open it.
        keep: How long a backup is kept.
        now: Time, with zone.

    Raises:
        ConfigError: The folder is not there, or nobody could open the backup.
    """
    file = folder / f"piaolian-{now.astimezone(UTC).strftime(_TIME)}.backup"
    partly = file.with_suffix(".part")
    packer = zlib.compressobj()
    try:
        with partly.open("xb") as output:
            partly.chmod(0o600)
            box = BoxWriter(output, lock, os.urandom)
            async for line in write_records(database, chain_id, int(now.timestamp() * 1000)):
                box.write(packer.compress(line))
            box.write(packer.flush())
            digest = box.finish()
            output.flush()
            os.fsync(output.fileno())
    except OSError as exc:
        raise ConfigError(
            f"the backup cannot be written: {type(exc).__name__}",
            "备份无法写入",
            field="folder",
            remedy="check that the folder is there, is yours, and has room",
        ) from exc
    except ConfigError:
        partly.unlink(missing_ok=True)
        raise
    partly.rename(file)
    return Backup(file, digest, _end_old(folder, now - keep))


async def restore_backup(database: Database, chain_id: int, file: Path, key: Key) -> int:
    """Write a backup's records into an empty database, and return how many rows.

    All of it is checked before any of it is committed. Open leases end: their numbers may have gone to others since.
    The database may be used when it was compared with the chain.

    Raises:
        ConfigError: The database has records, the file does not open, or it is not whole.
    """
    try:
        with file.open("rb") as source:
            async with database.write() as connection:
                rows = await read_records(connection, split_lines(_decompressed(read_box(source, key))), chain_id)
                await connection.execute(update(leases).where(leases.c.state == "open").values(state="expired"))
                await mark_restored(connection, file.name)
    except OSError as exc:
        raise ConfigError(
            "the backup cannot be read", "备份文件无法读取", field="file", remedy="check path and permissions"
        ) from exc
    return rows


async def mark_restored(connection: AsyncConnection, source: str) -> None:
    """Note that the records came from somewhere else and are to be compared with the chain first."""
    await connection.execute(insert(replica_marks).values(name=RESTORED, token=source))


def _decompressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    try:
        for piece in pieces:
            yield unpacker.decompress(piece)
        yield unpacker.flush()
    except zlib.error as exc:
        raise ConfigError("the backup holds something else", "备份内容无法识别", field="file") from exc


def _end_old(folder: Path, earliest: datetime) -> list[Path]:
    """Delete backups made before a moment, and no other file."""
    ended = [old for old in sorted(folder.iterdir()) if _is_over(old.name, earliest)]
    for old in ended:
        old.unlink()
    return ended


def _is_over(name: str, earliest: datetime) -> bool:
    found = _NAME.match(name)
    return found is not None and datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) < earliest
