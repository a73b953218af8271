"""The worker process: bodies to IPFS, acts to the chain, final blocks to the index, round after round.

Each part does what it can; one that fails is tried again in the next round and never stops the others. Whatever moment
the process is killed at, the next one reads the records and goes on.
"""

import asyncio
import fcntl
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

from sqlalchemy import delete

from piaolian_node.api.answers import forget_old
from piaolian_node.bodies.keeper import BodyKeeper
from piaolian_node.chain.indexer import STRETCH_BLOCKS, Indexer
from piaolian_node.chain.relayer import Relayer
from piaolian_node.context import NodeContext
from piaolian_node.database.records import nonces
from piaolian_node.errors import ConfigError
from piaolian_sdk.errors import PiaolianError

_logger = logging.getLogger(__name__)

# How long each part rests after a round in which it found nothing, unless another part wakes it. What requests bring is
# found by looking; blocks come once a second; what was stored or became final is told to the relayer at once.
_IDLE_SECONDS = {"bodies": 0.2, "copies": 1.0, "index": 0.25, "relay": 0.5}
_OTHER_IDLE_SECONDS = 0.5
# What a part has done concerns these others.
_WAKES = {"bodies": ("relay", "copies"), "index": ("relay",)}
# A rest after a round in which something failed.
_FAILED_SECONDS = 1.0
_CLEANING_MS = 60_000


class Worker:
    """Runs the parts in rounds.

    Args:
        context: The node.
    """

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        gateway = context.gateway
        keeper = BodyKeeper(context.database, context.bodies, context.now_ms)
        relayer = Relayer(
            context.database,
            gateway,
            context.chain_signer,
            context.address_book,
            in_flight=context.config.in_flight,
            interval_ms=int(context.config.block_interval.total_seconds() * 1000),
            now_ms=context.now_ms,
        )
        self._indexer = Indexer(context.database, context.chain, gateway, context.address_book.deployed_block)
        self._head = -1
        self._steps: dict[str, Callable[[], Awaitable[int]]] = {
            "bodies": keeper.store,
            "copies": keeper.copy,
            "index": self._index_new_blocks,
            "relay": relayer.step,
        }
        if context.checkpoints is not None:
            self._steps["checkpoints"] = context.checkpoints.step
        self._wakes = {name: asyncio.Event() for name in self._steps}

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set."""
        await asyncio.gather(*[self._loop(name, step, stop) for name, step in self._steps.items()], self._clean(stop))

    async def round(self) -> int:
        """Do one round of every part, and return how much was touched.

        Raises:
            PiaolianError: A part failed; the others are not tried any more in this round.
        """
        return sum([await step() for step in self._steps.values()])

    async def _index_new_blocks(self) -> int:
        """Index when the chain has grown: its height costs a tenth of its final block."""
        head = await asyncio.to_thread(self._context.chain.height)
        if head == self._head:
            return 0
        count = await self._indexer.step()
        if count < STRETCH_BLOCKS:
            self._head = head
        return count

    async def _loop(self, name: str, step: Callable[[], Awaitable[int]], stop: asyncio.Event) -> None:
        metrics = self._context.metrics
        while not stop.is_set():
            pause = _IDLE_SECONDS.get(name, _OTHER_IDLE_SECONDS)
            self._wakes[name].clear()
            metrics.rounds.labels(name).inc()
            try:
                if await step() > 0:
                    pause = 0.0
                    for other in _WAKES.get(name, ()):
                        self._wakes[other].set()
            except PiaolianError as exc:
                _logger.warning("%s waits: %s", name, exc.message, extra={"code": exc.code})
                metrics.round_failures.labels(name).inc()
                pause = _FAILED_SECONDS
            except Exception:
                # A bug must not stop the other parts; the round is tried again.
                _logger.exception("%s failed", name)
                metrics.round_failures.labels(name).inc()
                pause = _FAILED_SECONDS
            await self._rest(name, stop, pause)

    async def _rest(self, name: str, stop: asyncio.Event, seconds: float) -> None:
        """Wait until the time is over, the worker stops, or another part wakes this one."""
        wake = self._wakes[name]
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, wake)]
        await asyncio.wait(waits, timeout=max(seconds, 0.001), return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _clean(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            async with self._context.database.write() as connection:
                await forget_old(connection, self._context.now_ms())
                await connection.execute(delete(nonces).where(nonces.c.expires_at < self._context.now_ms()))
            await _wait(stop, _CLEANING_MS / 1000)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), timeout=max(seconds, 0.001))
    except TimeoutError:
        return


def lock_worker(data_dir: Path) -> IO[bytes]:
    """Hold the lock of the only worker for as long as the process lives.

    Raises:
        ConfigError: Another worker runs: two would use one account's nonces.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = (data_dir / "worker.lock").open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        handle.close()
        raise ConfigError(
            "another worker of this node is running",
            "本节点已有一个工作进程在运行",
            field="data_dir",
            remedy="stop it first",
        ) from exc
    return handle
