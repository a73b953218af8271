"""Takes sealed bodies from the records to IPFS: stored, then a second copy, then out of the records."""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.bodies.car import build_car
from piaolian_node.bodies.store import BodyStore
from piaolian_node.database import Database
from piaolian_node.database.records import bodies, outbox
from piaolian_node.errors import UnavailableError
from piaolian_node.outbox.rows import OutboxRow, change, postpone, rows_in_state

_logger = logging.getLogger(__name__)

# Batches stored side by side: kubo is busy with one, we hash another.
_SIDE_BY_SIDE = 4
_REPLICATED_AT_ONCE = 32
# How often final batches are looked for: their bodies take room for so long and harm nobody.
_LET_GO_MS = 2_000


class BodyKeeper:
    """Keeps bodies in IPFS.

    Args:
        database: Records.
        store: The two daemons.
        now_ms: Clock, Unix milliseconds.
    """

    def __init__(self, database: Database, store: BodyStore, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._store = store
        self._now_ms = now_ms
        self._looked_ms = -_LET_GO_MS

    async def step(self) -> int:
        """Store what waits, copy what is stored, and return how many batches were touched.

        Raises:
            UnavailableError: The own daemon does not answer; the batches wait.
        """
        return await self.store() + await self.copy()

    async def store(self) -> int:
        """Store what waits in the own daemon, and return how many batches were tried."""
        async with self._database.read() as connection:
            rows = await rows_in_state(connection, ["countersigned"], limit=_SIDE_BY_SIDE, due_ms=self._now_ms())
        if not rows:
            return 0
        roots = await asyncio.gather(*[self._put(row) for row in rows])
        async with self._database.write() as connection:
            for row, root in zip(rows, roots, strict=True):
                if root is None:
                    await postpone(connection, row, self._now_ms())
                else:
                    await change(connection, [row.sequence], self._now_ms(), state="stored", bodies_root=root)
        return len(rows)

    async def copy(self) -> int:
        """Have the second daemon copy what is stored, empty what both hold, and return how many batches were touched.

        A part of its own: blocks that come slowly over the swarm must not keep new batches from the first daemon.
        """
        copied = await self._replicate()
        if copied == 0 and self._now_ms() - self._looked_ms < _LET_GO_MS:
            return 0
        self._looked_ms = self._now_ms()
        return copied + await self._let_go()

    async def _put(self, row: OutboxRow) -> bytes | None:
        """Return the digest of the stored batch's root, or None when the daemon does not answer."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(bodies.c.number, bodies.c.ciphertext)
                .where(bodies.c.submission == row.submission)
                .order_by(bodies.c.number)
            )
            ciphertexts = {f"{number:010d}": ciphertext for number, ciphertext in found}
        car = await asyncio.to_thread(build_car, ciphertexts)
        try:
            await self._store.put_batch(car)
        except UnavailableError as exc:
            _logger.warning("a batch of %s bodies waits: %s", len(ciphertexts), exc.message)
            return None
        return car.root_digest

    async def _replicate(self) -> int:
        async with self._database.read() as connection:
            found = (
                await connection.execute(
                    select(outbox.c.sequence, outbox.c.bodies_root)
                    .where(outbox.c.bodies_root.is_not(None), outbox.c.replicated_at.is_(None))
                    .order_by(outbox.c.sequence)
                    .limit(_REPLICATED_AT_ONCE)
                )
            ).all()
        done: list[int] = []
        for sequence, root in found:
            try:
                if not await self._store.replicate(root):
                    return 0
            except UnavailableError as exc:
                _logger.warning("%s batches wait for their second copy: %s", len(found) - len(done), exc.message)
                break
            done.append(sequence)
        if done:
            async with self._database.write() as connection:
                await connection.execute(
                    update(outbox).where(outbox.c.sequence.in_(done)).values(replicated_at=self._now_ms())
                )
        return len(done)

    async def _let_go(self) -> int:
        """Empty ciphertexts in the records once two daemons hold them and the batch is final."""
        async with self._database.read() as connection:
            # From the few bodies that are still here to their rows, never from the many rows that are final.
            held = select(bodies.c.submission).where(bodies.c.ciphertext.is_not(None)).distinct().subquery()
            query = (
                select(held.c.submission)
                .join(outbox, outbox.c.submission == held.c.submission)
                .where(outbox.c.state == "final", outbox.c.replicated_at.is_not(None))
                .limit(_REPLICATED_AT_ONCE)
            )
            submissions = list((await connection.execute(query)).scalars())
        if submissions:
            async with self._database.write() as connection:
                await connection.execute(
                    update(bodies).where(bodies.c.submission.in_(submissions)).values(ciphertext=None)
                )
        return len(submissions)


async def copies_missing(connection: AsyncConnection) -> int:
    """Return how many batches have no second copy yet."""
    query = select(func.count()).where(outbox.c.bodies_root.is_not(None), outbox.c.replicated_at.is_(None))
    return int((await connection.execute(query)).scalar_one())
