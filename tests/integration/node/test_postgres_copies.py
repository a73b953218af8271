"""Copies of the records with PostgreSQL: a synchronous standby before the answer, and backups into either database."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from piaolian_node.config import ReplicaSetting
from piaolian_node.database import Database
from piaolian_node.database import engine as engine_module
from piaolian_node.database.migrate import migrate
from piaolian_node.database.records import item_names, outbox, receipt_keys
from piaolian_node.database.replica import SYNCHRONOUS
from piaolian_node.errors import UnavailableError
from piaolian_node.preservation.backup import make_backup, restore_backup
from piaolian_node.preservation.records import write_records
from piaolian_node.preservation.strongbox import Key, Lock
from piaolian_sdk.sm2 import Sm2PrivateKey
from support.node_fakes import accept, fresh_database, issue_payload
from support.standby import ask, standby_of, wait_streaming


@pytest.fixture
def schema(postgres_url: str) -> Iterator[str]:
    """A database of the test's own on the run's server."""
    name = f"copies_{os.urandom(4).hex()}"
    ask(postgres_url, f"CREATE DATABASE {name}")
    yield postgres_url.rsplit("/", 1)[0] + f"/{name}"
    ask(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def open_postgres(url: str, replica: ReplicaSetting | None = None) -> Database:
    return Database(url.replace("postgresql://", "postgresql+asyncpg://"), replica)


async def name_item(database: Database, code: str) -> None:
    async with database.write() as connection:
        await connection.execute(insert(item_names).values(code=code, name="检查费", is_rounding=0))


async def codes(database: Database) -> list[str]:
    async with database.read() as connection:
        return list((await connection.execute(select(item_names.c.code).order_by(item_names.c.code))).scalars())


def test_c104_standby__primary_lost_after_the_answer__everything_is_at_the_standby(
    postgres_url: str, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_COMMIT_SECONDS", 2.0)

    async def write_some(url: str) -> None:
        plain = open_postgres(url)
        await migrate(plain)
        alone = open_postgres(url, ReplicaSetting(SYNCHRONOUS))
        with pytest.raises(UnavailableError) as refused:
            await name_item(alone, "060100")
        assert refused.value.code == "replica-unavailable"
        assert await codes(plain) == []
        await plain.close()
        await alone.close()

    async def write_more(url: str) -> None:
        database = open_postgres(url, ReplicaSetting(SYNCHRONOUS))
        await accept(database, "a", issue_payload(1, 2))
        await name_item(database, "060101")
        standby.pause()
        with pytest.raises(UnavailableError) as refused:
            await name_item(database, "060102")
        standby.go_on()
        assert refused.value.code == "replica-unavailable"
        await asyncio.to_thread(wait_streaming, postgres_url, 1)
        await name_item(database, "060103")
        await database.close()

    async def look(url: str) -> None:
        promoted = open_postgres(url)
        assert {"060101", "060103"} <= set(await codes(promoted))
        async with promoted.read() as connection:
            assert list((await connection.execute(select(outbox.c.submission))).scalars()) == ["a"]
        await name_item(promoted, "060104")
        await promoted.close()

    asyncio.run(write_some(schema))
    with standby_of(postgres_url) as standby:
        asyncio.run(write_more(schema))
        standby.promote()
        asyncio.run(look(standby.url.rsplit("/", 1)[0] + "/" + schema.rsplit("/", 1)[1]))


async def test_c105_backup__from_sqlite_into_postgres_and_back__same_records(schema: str, tmp_path: Path) -> None:
    key = Sm2PrivateKey.generate(os.urandom)
    lock, now = Lock([key.public_key]), datetime(2026, 3, 2, tzinfo=UTC)
    (tmp_path / "again").mkdir()
    async with fresh_database(tmp_path) as first, fresh_database(tmp_path / "again") as last:
        await accept(first, "a", issue_payload(1, 2))
        await accept(first, "b", issue_payload(3, 1))
        await name_item(first, "060101")
        async with first.write() as connection:
            row = {"wrapped_content_key": bytes(range(256)), "payer_wrapped_key": None, "sealed_booking_secret": b""}
            await connection.execute(insert(receipt_keys).values(range=5, number=1, **row))
        lines = [line async for line in write_records(first, 7, 1)]
        postgres = open_postgres(schema)
        await migrate(postgres)
        made = await make_backup(first, 7, tmp_path, lock, timedelta(days=35), now)
        await restore_backup(postgres, 7, made.file, Key(private_key=key))
        assert [line async for line in write_records(postgres, 7, 1)] == lines
        again = await make_backup(postgres, 7, tmp_path, lock, timedelta(days=35), now + timedelta(days=1))
        await restore_backup(last, 7, again.file, Key(private_key=key))
        assert [line async for line in write_records(last, 7, 1)] == lines
        await accept(postgres, "c", issue_payload(4, 1))
        async with postgres.read() as connection:
            found = (await connection.execute(text("SELECT max(sequence) FROM outbox"))).scalar_one()
        assert found == 3
        await postgres.close()
