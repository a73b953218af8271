"""Backups hold every record and no other, are checked before anything is written, and end when their days are over."""

import os
import shutil
import sqlite3
import zlib
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from piaolian_node.config import ReplicaSetting
from piaolian_node.database import Database
from piaolian_node.database.migrate import require_current
from piaolian_node.database.records import item_names, leases, receipt_keys
from piaolian_node.database.replica import make_replica
from piaolian_node.errors import ConfigError, RecordError
from piaolian_node.preservation.backup import make_backup, restore_backup
from piaolian_node.preservation.records import kept_tables, read_records, split_lines, write_records
from piaolian_node.preservation.strongbox import BoxWriter, Key, Lock, read_box
from piaolian_sdk.sm2 import Sm2PrivateKey
from support.node_fakes import KEY_ID, accept, issue_payload

_CHAIN = 7
KEY = Sm2PrivateKey.generate(os.urandom)
NOW = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
async def database(template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """Records of two batches, with bytes, nothings and Chinese."""
    made = Database(f"sqlite+aiosqlite:///{shutil.copyfile(template, tmp_path / 'node.sqlite')}")
    await accept(made, "a", issue_payload(1, 2))
    await accept(made, "b", issue_payload(3, 1))
    async with made.write() as connection:
        await connection.execute(insert(item_names).values(code="060101", name="检查费 0x", is_rounding=0))
        keys = {"wrapped_content_key": bytes(range(256)), "payer_wrapped_key": None, "sealed_booking_secret": b""}
        await connection.execute(insert(receipt_keys), [{"range": 5, "number": n, **keys} for n in range(1, 1200)])
        times = {"expires_at": 1, "created_at": 1, "content": "{}", "unit": 1, "range": 5, "key_id": KEY_ID}
        for state in ("open", "submitted"):
            await connection.execute(
                insert(leases).values(lease=state, kind="issue", first=4, size=1, state=state, **times)
            )
    yield made
    await made.close()


@pytest.fixture
async def empty(template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{shutil.copyfile(template, tmp_path / 'empty.sqlite')}")
    yield made
    await made.close()


def contents(file: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(file)) as connection:
        return {
            table.name: connection.execute(f'SELECT * FROM "{table.name}" ORDER BY 1, 2').fetchall()
            for table in kept_tables()
        }


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm")))


async def backup(database: Database, folder: Path, *, days: int = 35, now: datetime = NOW) -> Path:
    made = await make_backup(database, _CHAIN, folder, Lock([KEY.public_key]), timedelta(days=days), now)
    return made.file


async def test_c105_backup__restored_into_empty__every_record_and_open_leases_ended(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    file = await backup(database, tmp_path)
    rows = await restore_backup(empty, _CHAIN, file, Key(private_key=KEY))
    before, after = contents(tmp_path / "node.sqlite"), contents(tmp_path / "empty.sqlite")
    assert [row[7] for row in before.pop("leases")] == ["open", "submitted"]
    assert [row[7] for row in after.pop("leases")] == ["expired", "submitted"]
    assert after == before
    assert rows == 2 + 1 + 1199 + 2
    sealed = file.read_bytes()
    assert b"outbox" not in sealed
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigError) as refused:
        await require_current(empty)
    assert "rebuild" in (refused.value.remedy or "")


async def test_restore__database_has_records__refused_and_untouched(database: Database, tmp_path: Path) -> None:
    file, before = await backup(database, tmp_path), contents(tmp_path / "node.sqlite")
    with pytest.raises(ConfigError) as refused:
        await restore_backup(database, _CHAIN, file, Key(private_key=KEY))
    assert "非空" in refused.value.message_zh
    assert contents(tmp_path / "node.sqlite") == before


def changed_inside(file: Path, old: bytes, new: bytes) -> Path:
    """Open a backup, change it, and seal it again: its seal is right, its content is not."""
    with file.open("rb") as source:
        plain = zlib.decompress(b"".join(read_box(source, Key(private_key=KEY))))
    assert old in plain
    other = file.with_name("changed.backup")
    with other.open("wb") as output:
        box = BoxWriter(output, Lock([KEY.public_key]), os.urandom)
        box.write(zlib.compress(plain.replace(old, new, 1)))
        box.finish()
    return other


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("检查费".encode(), "检查非".encode()),
        (b'"chain_id":7', b'"chain_id":8'),
        (b'"format":"piaolian-records-1"', b'"format":"piaolian-records-9"'),
        (b'"item_names":["code"', b'"item_names":["other"'),
        (b'{"rows":', b'{"rows":1'),
        (b'["item_names",["060101"', b'["item_names",["060101","x"'),
        (b'["item_names"', b'["users"'),
        (b'["item_names"', b"["),
    ],
)
async def test_restore__content_is_not_what_was_backed_up__refused_and_nothing_written(
    database: Database, empty: Database, tmp_path: Path, old: bytes, new: bytes
) -> None:
    file = changed_inside(await backup(database, tmp_path), old, new)
    with pytest.raises(ConfigError):
        await restore_backup(empty, _CHAIN, file, Key(private_key=KEY))
    assert not any(contents(tmp_path / "empty.sqlite").values())
    await require_current(empty)


async def test_backup__days_are_over__older_ones_deleted_and_nothing_else(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "piaolian-notes.backup").touch()
    old = await backup(database, folder, now=NOW - timedelta(days=36))
    young = await backup(database, folder, now=NOW - timedelta(days=34))
    new = await backup(database, folder)
    assert names_in(folder) == sorted([young.name, new.name, "piaolian-notes.backup"])
    assert not old.exists()


async def test_backup__no_folder_or_nobody_to_open_it__named(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        await backup(database, tmp_path / "absent")
    with pytest.raises(ConfigError):
        await make_backup(database, _CHAIN, tmp_path, Lock(), timedelta(days=1), NOW)
    assert names_in(tmp_path) == ["node.sqlite"]


async def test_restore__replica_has_newer_records__refused_and_replica_untouched(
    database: Database, template: Path, tmp_path: Path
) -> None:
    file = await backup(database, tmp_path)
    place = tmp_path / "replica.sqlite"
    make_replica(place)
    setting = ReplicaSetting(str(place))
    lost = Database(str(database.engine.url), setting)
    await accept(lost, "newer", issue_payload(4, 1))
    await lost.close()
    kept = place.read_bytes()
    new = shutil.copyfile(template, tmp_path / "new.sqlite")
    restored = Database(f"sqlite+aiosqlite:///{new}", setting)
    with pytest.raises(RecordError):
        await restore_backup(restored, _CHAIN, file, Key(private_key=KEY))
    await restored.close()
    assert place.read_bytes() == kept
    assert not any(contents(new).values())


async def test_records__written_and_read__same_lines(database: Database, empty: Database) -> None:
    lines = [line async for line in write_records(database, _CHAIN, 1)]
    async with empty.write() as connection:
        await read_records(connection, split_lines([b"".join(lines)]), _CHAIN)
    assert [line async for line in write_records(empty, _CHAIN, 1)] == lines
