"""The processes that judge and countersign: order, refusals, and a process that dies."""

import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from piaolian_node.errors import RefusedError
from piaolian_node.receipts.pool import DeskPool
from piaolian_sdk.signing import SUITE_SM2
from support.documents import signatory
from support.node_fakes import pool_without_token


def double(numbers: Sequence[int]) -> list[int]:
    """Stand in for the work of a desk, in its process."""
    return [2 * number for number in numbers]


def refuse_odd_hundreds(numbers: Sequence[int]) -> list[int]:
    """Refuse pieces that begin with an odd hundred."""
    if numbers[0] // 100 % 2:
        raise RefusedError("lease-mismatch", f"{numbers[0]}", "不符", field=str(numbers[0]))
    return list(numbers)


def die_once(marks: Sequence[str]) -> list[str]:
    """End the process as a kill would, the first time."""
    mark = Path(marks[0])
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return list(marks)


@pytest.fixture
async def pool() -> AsyncIterator[DeskPool]:
    root = signatory(SUITE_SM2).authority.certificate_pem
    made = pool_without_token(root)
    yield made
    made.close()


async def test_run__many_pieces_refusals_and_a_killed_process__everything_done_in_its_order(
    pool: DeskPool, tmp_path: Path
) -> None:
    assert await pool.run(1, double, range(170)) == [2 * number for number in range(170)]
    with pytest.raises(RefusedError) as refused:
        await pool.run(1, refuse_odd_hundreds, range(400))
    assert (refused.value.code, refused.value.field) == ("lease-mismatch", "100")

    mark = str(tmp_path / "died")
    assert await pool.run(1, die_once, [mark, mark]) == [mark, mark]
