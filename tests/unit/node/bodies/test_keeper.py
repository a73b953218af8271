"""The keeper: stored before the chain, copied when the second store answers, let go only when both hold it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from piaolian_node.bodies.keeper import BodyKeeper
from piaolian_node.database import Database
from piaolian_node.database.records import bodies, outbox
from support.node_fakes import FakeBodyStore, accept, fresh_database, issue_payload


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(tmp_path) as made:
        await accept(made, "a", issue_payload(1, 2), state="countersigned")
        async with made.write() as connection:
            await connection.execute(outbox.update().values(bodies_root=None))
            await connection.execute(
                insert(bodies),
                [
                    {"range": 5, "number": number, "submission": "a", "cid": f"c{number}", "ciphertext": b"x" * number}
                    for number in (1, 2)
                ],
            )
        yield made


async def facts(database: Database) -> tuple[str, bool, bool, int]:
    async with database.read() as connection:
        row = (await connection.execute(select(outbox))).one()
        kept = (await connection.execute(select(bodies.c.ciphertext))).scalars().all()
    return row.state, row.bodies_root is not None, row.replicated_at is not None, sum(body is not None for body in kept)


async def test_step__both_stores_answer__stored_and_copied(database: Database) -> None:
    store = FakeBodyStore()
    await BodyKeeper(database, store, lambda: 0).step()
    assert await facts(database) == ("stored", True, True, 2)
    assert store.copies == set(store.cars)


async def test_step__own_store_down__waits_and_goes_on_later(database: Database) -> None:
    store, clock = FakeBodyStore(is_down=True), [0]
    keeper = BodyKeeper(database, store, lambda: clock[0])
    await keeper.step()
    assert await facts(database) == ("countersigned", False, False, 2)
    store.is_down = False
    await keeper.step()
    assert (await facts(database))[0] == "countersigned", "not before its time"
    clock[0] = 60_000
    await keeper.step()
    assert (await facts(database))[0] == "stored"


async def test_step__second_store_down__chain_need_not_wait(database: Database) -> None:
    store = FakeBodyStore(is_second_down=True)
    keeper = BodyKeeper(database, store, lambda: 0)
    await keeper.step()
    assert await facts(database) == ("stored", True, False, 2)
    async with database.write() as connection:
        await connection.execute(outbox.update().values(state="final"))
    await keeper.step()
    assert (await facts(database))[3] == 2, "the records keep the only second copy"
    store.is_second_down = False
    await keeper.step()
    assert await facts(database) == ("final", True, True, 0)
