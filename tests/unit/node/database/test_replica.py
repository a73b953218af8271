"""The second copy of the records: written with the first, refused when it cannot be, healed when it is behind."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from piaolian_node.config import ReplicaSetting
from piaolian_node.database import Database
from piaolian_node.database.migrate import migrate
from piaolian_node.database.records import item_names, outbox, receipt_keys
from piaolian_node.database.replica import copy_back, make_replica, record_tables
from piaolian_node.errors import ConfigError, RecordError, UnavailableError
from support.node_fakes import accept, issue_payload


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The replica's file, in a folder of its own as on another disk."""
    folder = tmp_path / "other-disk"
    folder.mkdir()
    make_replica(folder / "replica.sqlite")
    return folder / "replica.sqlite"


def open_database(folder: Path, place: Path, *, is_required: bool = True) -> Database:
    return Database(f"sqlite+aiosqlite:///{folder / 'node.sqlite'}", ReplicaSetting(str(place), is_required))


@pytest.fixture
async def database(template: Path, tmp_path: Path, place: Path) -> AsyncIterator[Database]:
    shutil.copyfile(template, tmp_path / "node.sqlite")
    made = open_database(tmp_path, place)
    yield made
    await made.close()


def contents(file: Path, prefix: str = "") -> dict[str, list[Any]]:
    """Return every record table's rows."""
    with closing(sqlite3.connect(file)) as connection:
        return {
            table.name: sorted(connection.execute(f'SELECT * FROM "{prefix}{table.name}"').fetchall(), key=repr)
            for table in record_tables()
        }


def require_same(folder: Path, place: Path) -> None:
    assert contents(place, "replica_") == contents(folder / "node.sqlite")


def spoil(place: Path, how: str) -> Callable[[], None]:
    """Take the replica away, and return what brings it back."""
    kept = place.read_bytes()
    place.unlink()
    if how == "replaced by a folder":
        place.mkdir()
    elif how == "not a database":
        place.write_bytes(b"something else entirely" * 100)

    def bring_back() -> None:
        place.rmdir() if place.is_dir() else place.unlink(missing_ok=True)
        place.write_bytes(kept)

    return bring_back


async def name_items(database: Database, *names: str) -> None:
    async with database.write() as connection:
        await connection.execute(insert(item_names), [{"code": name, "name": name, "is_rounding": 0} for name in names])


async def test_c104_replica__rows_written_changed_and_deleted__same_in_both(
    database: Database, tmp_path: Path, place: Path
) -> None:
    await accept(database, "a", issue_payload(1, 2))
    await accept(database, "b", issue_payload(3, 1))
    async with database.write() as connection:
        keys = {"wrapped_content_key": b"\x00\xff", "payer_wrapped_key": None, "sealed_booking_secret": b"s"}
        await connection.execute(insert(receipt_keys), [{"range": 5, "number": n, **keys} for n in range(1, 40)])
        await connection.execute(update(outbox).where(outbox.c.submission == "a").values(state="sent"))
    async with database.write() as connection:
        await connection.execute(delete(receipt_keys).where(receipt_keys.c.number > 30))
    assert len(contents(place, "replica_")["receipt_keys"]) == 30
    require_same(tmp_path, place)


async def test_replica__transaction_undone__in_neither(database: Database, tmp_path: Path, place: Path) -> None:
    async def delete_and_fail() -> None:
        async with database.write() as connection:
            await connection.execute(delete(item_names))
            raise ZeroDivisionError

    await name_items(database, "060101")
    with pytest.raises(ZeroDivisionError):
        await delete_and_fail()
    require_same(tmp_path, place)
    assert contents(place, "replica_")["item_names"] == [("060101", "060101", 0)]


async def test_replica__behind_after_a_crash_between_the_commits__copied_anew_by_the_next_write(
    database: Database, tmp_path: Path, place: Path
) -> None:
    await name_items(database, "060101")
    await database.close()
    # The database committed, the replica did not.
    with closing(sqlite3.connect(tmp_path / "node.sqlite")) as connection:
        connection.execute("INSERT INTO item_names VALUES ('060102', '060102', 0)")
        connection.execute("UPDATE replica_marks SET token = '00000000000000000002:not seen by the replica'")
        connection.commit()
    again = open_database(tmp_path, place)
    await name_items(again, "060103")
    await again.close()
    require_same(tmp_path, place)
    assert len(contents(place, "replica_")["item_names"]) == 3


async def test_replica__database_is_an_older_copy_or_empty__nothing_written_to_either(
    database: Database, template: Path, tmp_path: Path, place: Path
) -> None:
    await name_items(database, "060101")
    await database.close()
    older = shutil.copyfile(tmp_path / "node.sqlite", tmp_path / "older.sqlite")
    again = open_database(tmp_path, place)
    await name_items(again, "060102")
    await again.close()
    kept = contents(place, "replica_")
    for old in (older, shutil.copyfile(template, tmp_path / "empty.sqlite")):
        wrong = Database(f"sqlite+aiosqlite:///{old}", ReplicaSetting(str(place), is_required=False))
        before = contents(Path(old))
        with pytest.raises(RecordError):
            await name_items(wrong, "060103")
        await wrong.close()
        assert contents(Path(old)) == before
    assert contents(place, "replica_") == kept


@pytest.mark.parametrize("how", ["gone", "replaced by a folder", "not a database"])
async def test_c104_replica__not_there__write_refused_and_nothing_kept(
    database: Database, tmp_path: Path, place: Path, how: str
) -> None:
    await name_items(database, "060101")
    bring_back = spoil(place, how)
    with pytest.raises(UnavailableError) as refused:
        await name_items(database, "060102")
    assert refused.value.code == "replica-unavailable"
    assert len(contents(tmp_path / "node.sqlite")["item_names"]) == 1
    async with database.read() as connection:
        assert (await connection.execute(select(item_names.c.code))).scalars().all() == ["060101"]

    bring_back()
    await name_items(database, "060102")
    require_same(tmp_path, place)


async def test_replica__not_there_and_not_required__goes_on_says_so_and_heals(
    database: Database, tmp_path: Path, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await name_items(database, "060101")
    await database.close()
    relaxed = open_database(tmp_path, place, is_required=False)
    bring_back = spoil(place, "gone")
    await name_items(relaxed, "060102")
    assert "ONE copy" in caplog.text
    bring_back()
    await name_items(relaxed, "060103")
    await relaxed.close()
    require_same(tmp_path, place)
    assert len(contents(place, "replica_")["item_names"]) == 3


async def test_copy_back__database_lost__everything_that_was_answered_is_back(
    database: Database, template: Path, tmp_path: Path, place: Path
) -> None:
    await accept(database, "a", issue_payload(1, 2))
    before = contents(tmp_path / "node.sqlite")
    await database.close()
    new = shutil.copyfile(template, tmp_path / "new.sqlite")
    rows = copy_back(new, place)
    assert rows == sum(len(rows) for rows in before.values())
    assert contents(new) == before


@pytest.mark.parametrize("name", ["absent", "empty", "node.sqlite"])
def test_copy_back__no_replica__refused(template: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").touch()
    shutil.copyfile(template, tmp_path / "node.sqlite")
    with pytest.raises(ConfigError):
        copy_back(tmp_path / "node.sqlite", tmp_path / name)


@pytest.mark.parametrize(
    ("url", "place"), [("sqlite+aiosqlite:///x", "synchronous"), ("postgresql+asyncpg://h/x", "/x")]
)
def test_database__replica_of_the_other_kind__refused(url: str, place: str) -> None:
    with pytest.raises(ConfigError):
        Database(url, ReplicaSetting(place))


def test_make_replica__there_already_or_no_folder__refused(place: Path) -> None:
    for file in (place, place.parent / "absent" / "replica.sqlite"):
        with pytest.raises(ConfigError):
            make_replica(file)


async def test_migrate__database_with_replica__next_write_copies_anew(
    database: Database, tmp_path: Path, place: Path
) -> None:
    await name_items(database, "060101")
    await database.close()
    plain = Database(f"sqlite+aiosqlite:///{tmp_path / 'node.sqlite'}")
    await migrate(plain)
    async with plain.write() as connection:
        await connection.execute(insert(item_names).values(code="060102", name="x", is_rounding=0))
    await plain.close()
    again = open_database(tmp_path, place)
    await name_items(again, "060103")
    await again.close()
    require_same(tmp_path, place)
