import sqlite3
from pathlib import Path

import pytest

from piaolian_oracle.errors import StateError
from piaolian_oracle.state import Database, PayersStore, ReadBlock


def test_open__second_daemon_on_the_same_file__is_refused(tmp_path: Path) -> None:
    first = Database(tmp_path / "oracle.sqlite")

    with pytest.raises(StateError) as caught:
        Database(tmp_path / "oracle.sqlite")

    assert caught.value.code == "state-in-use"
    first.close()
    Database(tmp_path / "oracle.sqlite").close()


def test_open__to_read_beside_the_daemon__is_allowed_and_cannot_write(tmp_path: Path) -> None:
    daemon = Database(tmp_path / "oracle.sqlite")
    reader = Database(tmp_path / "oracle.sqlite", is_read_only=True)

    with pytest.raises(sqlite3.OperationalError):
        reader.connection.execute("DELETE FROM parts")

    reader.close()
    daemon.close()


def test_open__file_that_is_no_database__is_refused(tmp_path: Path) -> None:
    (tmp_path / "oracle.sqlite").write_bytes(b"not a database, but long enough to look at" * 100)

    with pytest.raises(StateError) as caught:
        Database(tmp_path / "oracle.sqlite")

    assert caught.value.code == "state-corrupt"
    # The lock is free again, so that the repaired file can be opened.
    (tmp_path / "oracle.sqlite").unlink()
    Database(tmp_path / "oracle.sqlite").close()


def test_open__other_format__is_refused_and_left_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "oracle.sqlite")
    database.connection.execute("PRAGMA user_version = 99")
    database.close()

    with pytest.raises(StateError) as caught:
        Database(tmp_path / "oracle.sqlite")

    assert caught.value.code == "state-version"


def test_open__file_of_the_format_before__keeps_its_rows_and_can_hold_payers(tmp_path: Path) -> None:
    path = tmp_path / "oracle.sqlite"
    database = Database(path)
    database.connection.executescript(
        "DROP TABLE payers; DROP TABLE payers_read; DROP TABLE confirmations;"
        " INSERT INTO files VALUES ('a', 1, 1, 'read', '');"
        " PRAGMA user_version = 1;"
    )
    database.close()
    with pytest.raises(StateError):
        Database(path, is_read_only=True)

    database = Database(path)

    PayersStore(database).add([(1, 130, b"8 bytes!")], ReadBlock(7, bytes(32)))
    assert PayersStore(database).of_words(1, [128]) == [(130, b"8 bytes!")]
    assert database.connection.execute("SELECT count(*) FROM files").fetchone()[0] == 1
    database.close()


def test_open__absent_file_to_read__is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError):
        Database(tmp_path / "absent.sqlite", is_read_only=True)


def insert_twice(database: Database) -> None:
    with database.transaction() as connection:
        for _ in range(2):
            connection.execute("INSERT INTO files VALUES ('a', 1, 1, 'read', '')")


def test_transaction__that_fails__leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "oracle.sqlite")

    with pytest.raises(sqlite3.IntegrityError):
        insert_twice(database)

    assert database.connection.execute("SELECT count(*) FROM files").fetchone()[0] == 0
    database.close()
