"""Reads what no counter can tell: the state of chain, outbox, relayer and IPFS, when Prometheus asks."""

import asyncio
import time
from typing import Final

import httpx
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.chain.settling import indexed_number
from piaolian_node.context import NodeContext
from piaolian_node.database.records import outbox, transactions
from piaolian_node.outbox.states import OPEN
from piaolian_sdk.errors import PiaolianError

_UNMINED: Final = ("signed", "sent")
# Listing pins costs a daemon a walk over all of them.
_PINS_SECONDS: Final = 120.0
_IPFS_TIMEOUT_SECONDS: Final = 5.0


class Collector:
    """Fills the gauges of a node.

    Args:
        context: The node.
    """

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._metrics = context.metrics
        self._pins_read = -_PINS_SECONDS

    async def collect(self) -> None:
        """Read everything; a part that does not answer is told by its own gauge and never hides the others."""
        await asyncio.gather(self._records(), self._chain(), self._ipfs())
        metrics, context = self._metrics, self._context
        metrics.hsm_ready.set(context.hsm.state == "ready")
        if context.revocations is not None:
            metrics.revocations_overdue.set(len(context.revocations.overdue(context.beijing_now())))

    async def _records(self) -> None:
        metrics = self._metrics
        now_ms = self._context.now_ms()
        async with self._context.database.read() as connection:
            grouped = await connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
            counts: dict[str, int] = {state: int(count) for state, count in grouped}
            oldest = (
                await connection.execute(select(func.min(outbox.c.created_at)).where(outbox.c.state.in_(OPEN)))
            ).scalar()
            waiting = await _count_batches_without_second_copy(connection)
            unmined = (
                await connection.execute(
                    select(func.count(), func.min(transactions.c.created_at)).where(transactions.c.state.in_(_UNMINED))
                )
            ).one()
        for state in (*OPEN, "refused"):
            metrics.outbox_rows.labels(state).set(counts.get(state, 0))
        metrics.outbox_age.set(_age(oldest, now_ms))
        metrics.bodies_waiting.set(waiting)
        metrics.in_flight.set(unmined[0])
        metrics.unmined_age.set(_age(unmined[1], now_ms))

    async def _chain(self) -> None:
        metrics, context = self._metrics, self._context
        try:
            head = await asyncio.to_thread(context.chain.latest)
            final = await asyncio.to_thread(context.chain.final)
            mined = await asyncio.to_thread(context.gateway.nonce, context.chain_signer.address)
        except PiaolianError:
            metrics.chain_up.set(0)
            return
        async with context.database.read() as connection:
            indexed = await indexed_number(connection)
            nonces = {
                int(nonce)
                for nonce in await connection.scalars(
                    select(transactions.c.nonce).where(
                        transactions.c.state.in_((*_UNMINED, "mined")), transactions.c.nonce >= mined
                    )
                )
            }
        metrics.chain_up.set(1)
        metrics.chain_head.set(head.number)
        metrics.chain_final.set(final.number)
        metrics.block_age.set(max(0.0, context.now() - head.timestamp))
        metrics.index_lag.set(max(0, final.number - max(indexed, context.address_book.deployed_block - 1)))
        metrics.nonce_gap.set(max(nonces, default=mined - 1) - mined + 1 - len(nonces))

    async def _ipfs(self) -> None:
        config = self._context.config
        daemons = {"own": config.kubo_api, "second": config.kubo_api_second}
        is_due = time.monotonic() - self._pins_read >= _PINS_SECONDS
        if is_due:
            self._pins_read = time.monotonic()
        async with httpx.AsyncClient(timeout=_IPFS_TIMEOUT_SECONDS, trust_env=False) as http:
            for daemon, url in daemons.items():
                if url is None:
                    continue
                try:
                    await self._daemon(http, daemon, f"{str(url).rstrip('/')}/api/v0", is_due=is_due)
                    self._metrics.ipfs_up.labels(daemon).set(1)
                except httpx.HTTPError:
                    self._metrics.ipfs_up.labels(daemon).set(0)

    async def _daemon(self, http: httpx.AsyncClient, daemon: str, api: str, *, is_due: bool) -> None:
        (await http.post(f"{api}/version")).raise_for_status()
        if not is_due:
            return
        query = {"type": "recursive", "stream": "true", "quiet": "true"}
        async with http.stream("POST", f"{api}/pin/ls", params=query) as answer:
            answer.raise_for_status()
            pins = 0
            async for line in answer.aiter_lines():
                pins += 1 if line.strip() else 0
        self._metrics.ipfs_pins.labels(daemon).set(pins)


async def _count_batches_without_second_copy(connection: AsyncConnection) -> int:
    query = (
        select(func.count(func.distinct(outbox.c.bodies_root)))
        .where(outbox.c.bodies_root.is_not(None))
        .where(outbox.c.replicated_at.is_(None))
    )
    return int((await connection.execute(query)).scalar_one())


def _age(created_ms: int | None, now_ms: int) -> float:
    return 0.0 if created_ms is None else max(0.0, (now_ms - created_ms) / 1000)
