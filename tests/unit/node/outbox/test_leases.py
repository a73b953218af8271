"""Leases: consecutive, in order, given back together."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from piaolian_node.database import Database
from piaolian_node.errors import RefusedError
from piaolian_node.outbox import leases
from piaolian_node.outbox.leases import Lease
from piaolian_sdk.errors import ContractRefusedError
from support.node_fakes import KEY_ID, accept, fresh_database, issue_payload, void_payload

RANGE, LAST, CHAIN_NEXT = 5, 100, 1


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(tmp_path) as made:
        yield made


async def take(database: Database, name: str, count: int, *, now_ms: int = 0, lasts_ms: int = 1000) -> int:
    async with database.write() as connection:
        first = await leases.next_number(connection, RANGE, CHAIN_NEXT, now_ms)
        lease = Lease(name, "issue", KEY_ID, 1, RANGE, first, count, "open", now_ms + lasts_ms, {"items": []})
        await leases.take(connection, lease, LAST, now_ms)
    return first


async def open_lease(database: Database, name: str, now_ms: int = 0, **changes: Any) -> Lease:
    async with database.read() as connection:
        return await leases.open_lease(
            connection, name, changes.get("kind", "issue"), changes.get("key_id", KEY_ID), now_ms
        )


async def refusal(database: Database, name: str, now_ms: int = 0, **changes: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        await open_lease(database, name, now_ms, **changes)
    return refused.value.code


async def test_take__one_after_the_other__consecutive(database: Database) -> None:
    assert [await take(database, "a", 3), await take(database, "b", 2), await take(database, "c", 1)] == [1, 4, 6]


async def test_take__queue_ahead_of_the_chain__numbers_after_it(database: Database) -> None:
    await accept(database, "queued", issue_payload(1, 10))
    assert await take(database, "a", 1) == 11


async def test_take__chain_known_from_before_the_last_batch__numbers_after_it(database: Database) -> None:
    await accept(database, "final", issue_payload(1, 10), state="final")
    assert await take(database, "a", 1) == 11


async def test_take__range_too_short__refused_with_nothing_written(database: Database) -> None:
    with pytest.raises(ContractRefusedError) as refused:
        await take(database, "a", 101)
    assert (refused.value.code, refused.value.values) == ("range-exhausted", {"range": 5, "to": 100, "needed": 101})
    assert await take(database, "b", 100) == 1


async def test_open__later_lease_first__told_to_come_again(database: Database) -> None:
    await take(database, "a", 3)
    await take(database, "b", 2)
    assert await refusal(database, "b") == "lease-not-next"
    assert (await open_lease(database, "a")).first == 1


async def test_open__earlier_lease_expired__later_one_expires_with_it(database: Database) -> None:
    await take(database, "a", 3)
    await take(database, "b", 2, now_ms=900)
    assert await refusal(database, "b", 1000) == "lease-expired"
    assert await take(database, "c", 1, now_ms=1000) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"key_id": "cd" * 32}, "lease-unknown", id="another caller"),
        pytest.param({"kind": "notice"}, "lease-unknown", id="another kind"),
    ],
)
async def test_open__not_the_callers__unknown(database: Database, changes: dict[str, Any], code: str) -> None:
    await take(database, "a", 1)
    assert await refusal(database, "a", **changes) == code


async def test_open__submitted__refused(database: Database) -> None:
    await take(database, "a", 1)
    async with database.write() as connection:
        await leases.close(connection, "a")
    assert await refusal(database, "a") == "lease-submitted"


async def test_next__refused_numbers_in_the_way__needs_void(database: Database) -> None:
    await accept(database, "bad", issue_payload(1, 2), state="refused", refusal='{"code": "x"}')
    with pytest.raises(RefusedError) as refused:
        await take(database, "a", 1)
    assert (refused.value.code, refused.value.values["first"], refused.value.values["count"]) == (
        "range-needs-void",
        1,
        2,
    )
    await accept(database, "void", void_payload(1, 2))
    assert await take(database, "a", 1) == 3
