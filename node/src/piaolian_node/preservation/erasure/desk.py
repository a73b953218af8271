"""Destroying the keys of receipts whose time is over: a list, a second person, then every copy.

The rules (who, when, which list) are the SDK's (``piaolian_sdk.sealing.erasure``); here is what they are applied to:

1. Retention is counted in whole years from the end of the year of issue (会计档案管理办法, article 14: from the first
   day after the fiscal year).
2. Destroyed are the content key in each of its wrappings, the sealed booking secret and the seed of the fields' salts.
   The ciphertext stays in IPFS and opens for nobody; leaf, amount and number stay, and so does every other receipt's
   path to its root.
3. In SQLite the bytes are overwritten, in the database, its log and the replica. In PostgreSQL the rows are vacuumed.
4. Backups made before still hold the keys, until the days that backups are kept are over.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.database import Database
from piaolian_node.database.records import (
    bodies,
    erased_receipts,
    erasure_lists,
    legal_holds,
    outbox,
    receipt_keys,
    receipts,
)
from piaolian_node.errors import RefusedError
from piaolian_sdk.beijing import date_from_day_number
from piaolian_sdk.codes import ReceiptKey
from piaolian_sdk.sealing import DestructionList, ErasureCandidate, approve_erasure, propose_erasure

_ERASABLE_STATES = ("final", "refused")


@dataclass(frozen=True, slots=True)
class ErasureDesk:
    """Draws up, approves and carries out destruction lists.

    Attributes:
        retention_years: How many years receipts are kept at least.
    """

    database: Database
    retention_years: int

    async def hold(self, receipt_key: str, reference: str, person: str, now_ms: int) -> None:
        """Forbid to erase a receipt while proceedings last.

        Raises:
            InputError: It is no receipt key.
            RefusedError: There is no such receipt.
        """
        async with self.database.write() as connection:
            await _find(connection, [receipt_key])
            row = {"receipt_key": receipt_key, "reference": reference}
            await connection.execute(delete(legal_holds).where(*[legal_holds.c[name] == row[name] for name in row]))
            await connection.execute(insert(legal_holds).values(**row, laid_by=person, laid_at=now_ms))

    async def release(self, receipt_key: str, reference: str) -> None:
        """End a hold.

        Raises:
            RefusedError: There is none with this reference.
        """
        async with self.database.write() as connection:
            gone = await connection.execute(
                delete(legal_holds).where(
                    legal_holds.c.receipt_key == receipt_key, legal_holds.c.reference == reference
                )
            )
            if gone.rowcount == 0:
                raise _unknown("there is no such hold", "没有该项限制")

    async def propose(self, keys: Sequence[str], reason: str, person: str, today: date) -> DestructionList:
        """Draw up a list and keep it.

        Raises:
            InputError: A rule of erasing forbids it.
            RefusedError: A receipt is unknown, erased, or on its way to the chain.
        """
        async with self.database.write() as connection:
            candidates = await self._candidates(connection, keys)
            plan = propose_erasure(candidates, reason=reason, proposed_by=person, today=today)
            await connection.execute(delete(erasure_lists).where(erasure_lists.c.digest == plan.digest))
            await connection.execute(
                insert(erasure_lists).values(
                    digest=plan.digest,
                    receipt_keys=json.dumps(plan.receipt_keys),
                    reason=plan.reason,
                    proposed_by=plan.proposed_by,
                    proposed_on=plan.proposed_on.isoformat(),
                )
            )
        return plan

    async def carry_out(self, digest: bytes, person: str, today: date, now_ms: int) -> int:
        """Approve a list as the second person and destroy the keys, and return how many receipts it had.

        Raises:
            InputError: A rule of erasing forbids it.
            RefusedError: There is no such list, or it was carried out.
        """
        async with self.database.write() as connection:
            plan = await _list(connection, digest)
            candidates = await self._candidates(connection, plan.receipt_keys)
            approved = approve_erasure(plan, digest, candidates, approved_by=person, today=today)
            for place in await _find(connection, approved.receipt_keys):
                await _destroy(connection, place, digest)
            await connection.execute(
                update(erasure_lists)
                .where(erasure_lists.c.digest == digest)
                .values(approved_by=person, approved_on=today.isoformat(), carried_out_at=now_ms)
            )
        await _overwrite(self.database)
        return len(approved.receipt_keys)

    async def _candidates(self, connection: AsyncConnection, keys: Sequence[str]) -> list[ErasureCandidate]:
        held = await connection.execute(select(legal_holds).where(legal_holds.c.receipt_key.in_(keys)))
        holds: dict[str, list[str]] = {}
        for row in held:
            holds.setdefault(row.receipt_key, []).append(row.reference)
        places = await _find(connection, keys)
        return [
            ErasureCandidate(key, date(place.year + self.retention_years, 12, 31), tuple(sorted(holds.get(key, []))))
            for key, place in zip(keys, places, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Place:
    """A receipt that may be erased; ``year`` is that of its issue."""

    range: int
    number: int
    year: int


async def is_erased(connection: AsyncConnection, range_id: int, number: int) -> bool:
    """Whether the keys of a receipt were destroyed."""
    query = select(erased_receipts.c.number).where(
        erased_receipts.c.range == range_id, erased_receipts.c.number == number
    )
    return (await connection.execute(query)).first() is not None


async def _find(connection: AsyncConnection, keys: Sequence[str]) -> list[_Place]:
    """Return receipts by key, in order."""
    found = []
    for key in keys:
        text_key = str(ReceiptKey(key))
        query = (
            select(receipts.c.range, receipts.c.number, receipts.c.issue_day, outbox.c.state)
            .join(outbox, outbox.c.submission == receipts.c.submission)
            .where(receipts.c.code == text_key[:8], receipts.c.number == int(text_key[8:]))
        )
        row = (await connection.execute(query)).first()
        if row is None or row.state not in _ERASABLE_STATES or await is_erased(connection, row.range, row.number):
            raise _unknown(
                f"receipt {text_key} is unknown, erased already, or on its way to the chain",
                f"票据 {text_key} 不存在、已销毁或尚未上链",
            )
        found.append(_Place(row.range, row.number, date_from_day_number(row.issue_day).year))
    return found


async def _list(connection: AsyncConnection, digest: bytes) -> DestructionList:
    row = (await connection.execute(select(erasure_lists).where(erasure_lists.c.digest == digest))).first()
    if row is None or row.carried_out_at is not None:
        raise _unknown("there is no open list with this digest", "没有该待审批的销毁清册")
    return DestructionList(
        tuple(json.loads(row.receipt_keys)), row.reason, row.proposed_by, date.fromisoformat(row.proposed_on)
    )


async def _destroy(connection: AsyncConnection, place: _Place, digest: bytes) -> None:
    for table, change in (
        (receipt_keys, delete(receipt_keys)),
        (receipts, update(receipts).values(fields_seed=None)),
        (bodies, update(bodies).values(ciphertext=None)),
    ):
        await connection.execute(change.where(table.c.range == place.range, table.c.number == place.number))
    await connection.execute(insert(erased_receipts).values(range=place.range, number=place.number, list_digest=digest))


async def _overwrite(database: Database) -> None:
    """Take what was deleted out of the database's files."""
    async with database.engine.connect() as connection:
        if database.is_sqlite:
            # Deleted bytes were overwritten when they were deleted; the log still has the pages of before.
            raw = (await connection.get_raw_connection()).driver_connection
            if raw is None:
                raise RuntimeError("a connection has a driver's connection")
            await raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in (receipt_keys, receipts, bodies):
            await connection.execute(text(f"VACUUM {table.name}"))


def _unknown(message: str, message_zh: str) -> RefusedError:
    return RefusedError(
        "erasure-impossible", message, message_zh, field="receipt", remedy="check the keys and the list's digest"
    )
