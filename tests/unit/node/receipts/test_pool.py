"""Whose turn it is with the processes that judge and countersign."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from piaolian_node.receipts.pool import DeskPool
from support.node_fakes import pool_without_token


def double(numbers: Sequence[Any]) -> list[Any]:
    return [2 * number for number in numbers]


@pytest.fixture
async def pool() -> AsyncIterator[DeskPool]:
    made = pool_without_token()
    yield made
    made.close()


async def test_run__batch_in_work__window_of_another_unit_is_next(
    pool: DeskPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    gate = asyncio.Event()

    async def work(_work: Any, piece: Sequence[str], _shared: Any) -> list[str]:
        order.append(piece[0])
        await gate.wait()
        return list(piece)

    monkeypatch.setattr(pool, "_work", work)
    batches = [
        asyncio.create_task(pool.run(unit, double, [f"unit {unit} piece {index // 50}" for index in range(150)]))
        for unit in (1, 2)
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    window = asyncio.create_task(pool.run(3, double, ["window"]))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*batches, window)
    assert order == [
        "unit 1 piece 0",
        "window",
        "unit 1 piece 1",
        "unit 2 piece 0",
        "unit 1 piece 2",
        "unit 2 piece 1",
        "unit 2 piece 2",
    ]


async def test_run__caller_gone_while_waiting__its_turn_goes_to_the_next(
    pool: DeskPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()

    async def work(_work: Any, piece: Sequence[int], _shared: Any) -> list[int]:
        await gate.wait()
        return list(piece)

    monkeypatch.setattr(pool, "_work", work)
    first, gone, last = (asyncio.create_task(pool.run(unit, double, [unit])) for unit in (1, 2, 3))
    await asyncio.sleep(0.01)
    gone.cancel()
    gate.set()
    assert (await first, await last) == ([1], [3])
    with pytest.raises(asyncio.CancelledError):
        await gone
