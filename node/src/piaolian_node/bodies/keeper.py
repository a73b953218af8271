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

    async def step(self) -> int:
        """Store what waits, copy what is stored, and return how many batches were touched.

        Raises:
            UnavailableError: The own daemon does not answer; the batches wait.
        """
        return await self._store_new() + await self._replicate() + await self._let_go()

    async def _store_new(self) -> int:
        async with self._database.read() as connection:
            rows = await rows_in_state(connection, ["countersigned"], limit=_SIDE_BY_SIDE, due_ms=self._now_ms())
        await asyncio.gather(*[self._store_one(row) for row in rows])
        return len(rows)

    async def _store_one(self, row: OutboxRow) -> None:
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
            async with self._database.write() as connection:
                await postpone(connection, row, self._now_ms())
            return
        async with self._database.write() as connection:
            await change(connection, [row.sequence], self._now_ms(), state="stored", bodies_root=car.root_digest)

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
            query = (
                select(bodies.c.submission)
                .join(outbox, outbox.c.submission == bodies.c.submission)
                .where(
                    outbox.c.state == "final",
                    outbox.c.replicated_at.is_not(None),
                    bodies.c.ciphertext.is_not(None),
                )
                .distinct()
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
