"""Restored records compared with the chain: what the chain did after the copy was made is not done again.

A backup is older than the loss. Acts that wait in it may have been mined since, in transactions that no record knows;
sent again, the contract would refuse them, and a receipt that stands would be told to be refused. So, before a worker
runs:

1. The account has no transaction on its way: what the lost node sent is final or gone.
2. The index has come to the final block.
3. Each open act that an event shows as done becomes final, under the transaction that the chain names.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hexbytes import HexBytes
from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from web3 import Web3
from web3.exceptions import Web3RPCError

from piaolian_node.chain.view import ChainAccess
from piaolian_node.database import Database
from piaolian_node.database.index import batches, chain_events, ranges, units
from piaolian_node.database.migrate import RESTORED
from piaolian_node.database.records import outbox, replica_marks, transactions
from piaolian_node.errors import UnavailableError
from piaolian_node.outbox.payloads import Payload
from piaolian_node.outbox.rows import OutboxRow, change, rows_in_state
from piaolian_node.outbox.states import OPEN
from piaolian_sdk.contracts.chain import call_chain
from piaolian_sdk.contracts.reader import ChainReader

_PATIENCE_SECONDS = 180.0
_PAUSE_SECONDS = 1.0
_ALL = 1_000_000

# Event that shows an act as done, and which of its values must be the payload's. A booking's event names the counter of
# the next act.
_EVENTS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = {
    "issue": ("BatchIssued", lambda act: _some(act, "range", "first", "count", "unit_root")),
    "notice": ("NoticeRegistered", lambda act: _some(act, "range", "first", "lanes", "lines")),
    "cancel": ("NoticeCancelled", lambda act: _some(act, "range", "sequence")),
    "void": ("NumbersVoided", lambda act: _some(act, "range", "first", "count")),
    "reverse": ("Reversed", lambda act: _some(act, "range", "number", "red_range", "red_number")),
    "exchange": ("Exchanged", lambda act: _some(act, "range", "number", "paper_range", "paper_number")),
    "return": ("PaperReturned", lambda act: _some(act, "range", "number", "paper_range", "paper_number")),
    "book": ("Booked", lambda act: {**_some(act, "range", "number", "booker"), "counter": act["counter"] + 1}),
    "unbook": ("Unbooked", lambda act: {**_some(act, "range", "number", "booker"), "counter": act["counter"] + 1}),
    "write-off": ("PeriodWrittenOff", lambda act: _some(act, "unit", "kind", "month")),
}


@dataclass
class Reconciled:
    """What was found.

    Attributes:
        done: Open acts that the chain had done.
        open: Open acts that go on to the chain.
        unknown: Batches of this area on the chain that no record knows: they were issued after the copy was made.
    """

    done: int = 0
    open: int = 0
    unknown: int = 0


async def is_restored(database: Database) -> bool:
    """Whether the records came from a copy and were not compared with the chain since."""
    async with database.read() as connection:
        query = select(replica_marks.c.token).where(replica_marks.c.name == RESTORED)
        return (await connection.execute(query)).first() is not None


async def wait_until_quiet(chain: ChainAccess, account: str) -> None:
    """Wait until no transaction of the account is on its way.

    Raises:
        UnavailableError: It still has some after three minutes: is the lost node still running somewhere?
        RemoteError: No chain node answers.
    """
    address = Web3.to_checksum_address(account)

    def counts(reader: ChainReader) -> tuple[int, int]:
        eth = reader.web3.eth
        return (
            eth.get_transaction_count(address, "pending"),
            eth.get_transaction_count(address, reader.final().number),
        )

    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        pending, final = await asyncio.to_thread(lambda: chain.ask(lambda reader: call_chain(lambda: counts(reader))))
        if pending == final:
            return
        if time.monotonic() > deadline:
            raise UnavailableError(
                "chain-unreachable",
                f"{pending - final} transactions of the account are still on their way",
                f"账户还有 {pending - final} 笔交易未最终确认",
                remedy="see that the old node runs nowhere, and that the chain makes blocks; then run rebuild again",
            )
        await asyncio.sleep(_PAUSE_SECONDS)


async def reconcile(database: Database, chain: ChainAccess, area: int, now_ms: int) -> Reconciled:
    """Compare the records with the index, and let the database be used again.

    Args:
        database: Its index has come to the final block.
        chain: Tells nonces of transactions.
        area: Area of this node's account, with the leading 1.
        now_ms: Unix milliseconds.

    Raises:
        RemoteError: No chain node answers.
    """
    found = Reconciled()
    async with database.read() as connection:
        rows = await rows_in_state(connection, OPEN, limit=_ALL)
        shown = [(row, event) for row in rows if (event := await _event_of(connection, row)) is not None]
        found.unknown = await _unknown_batches(connection, area)
    sent = {event.transaction_hash: await asyncio.to_thread(_sent, chain, event.transaction_hash) for _, event in shown}
    async with database.write() as connection:
        for row, event in shown:
            sequence = await _known_transaction(connection, row, event, sent[event.transaction_hash], now_ms)
            position = row.position if row.position is not None else 0
            await change(
                connection, [row.sequence], now_ms, state="final", refusal=None, transaction=sequence, position=position
            )
        await connection.execute(delete(replica_marks).where(replica_marks.c.name == RESTORED))
    found.done, found.open = len(shown), len(rows) - len(shown)
    return found


async def _event_of(connection: AsyncConnection, row: OutboxRow) -> Row[Any] | None:
    """Return the newest event that shows an act as done."""
    name, wanted_of = _EVENTS[row.kind]
    wanted = wanted_of(_plain(row.payload))
    query = select(chain_events).where(chain_events.c.name == name)
    query = (
        query.where(chain_events.c.range == wanted["range"])
        if "range" in wanted
        else query.where(chain_events.c.unit == wanted["unit"])
    )
    found = None
    for event in await connection.execute(query.order_by(chain_events.c.block_number, chain_events.c.log_index)):
        values = json.loads(event.values)
        if all(_same(values.get(member), value) for member, value in wanted.items()):
            found = event
    return found


def _plain(payload: Payload) -> dict[str, Any]:
    values = payload.model_dump()
    return {name: "0x" + value.hex() if isinstance(value, bytes) else value for name, value in values.items()}


def _some(act: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: act[name] for name in names}


def _same(found: object, wanted: object) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        # Addresses are written with and without their checksum.
        return found.lower() == wanted.lower()
    return found == wanted


def _sent(chain: ChainAccess, transaction_hash: bytes) -> tuple[int, bytes]:
    """Return nonce and raw bytes of a mined transaction; Besu does not give the bytes, and never takes a block back."""

    def question(reader: ChainReader) -> tuple[int, bytes]:
        eth = reader.web3.eth
        nonce = int(eth.get_transaction(HexBytes(transaction_hash))["nonce"])
        try:
            return nonce, bytes(eth.get_raw_transaction(HexBytes(transaction_hash)))
        except Web3RPCError:
            return nonce, b""

    return chain.ask(lambda reader: call_chain(lambda: question(reader)))


async def _known_transaction(
    connection: AsyncConnection, row: OutboxRow, event: Row[Any], sent: tuple[int, bytes], now_ms: int
) -> int:
    """Return the ledger's entry of a transaction; one that no record knows is entered."""
    query = select(transactions.c.sequence).where(transactions.c.hash == event.transaction_hash)
    known = (await connection.execute(query)).scalar()
    if known is not None:
        return int(known)
    entered = await connection.execute(
        insert(transactions)
        .values(
            nonce=sent[0],
            hash=event.transaction_hash,
            raw=sent[1],
            kind=row.kind,
            state="final",
            block_number=event.block_number,
            is_success=1,
            created_at=now_ms,
        )
        .returning(transactions.c.sequence)
    )
    return int(entered.scalar_one())


async def _unknown_batches(connection: AsyncConnection, area: int) -> int:
    """Count batches of units of an area that are in no record."""
    known = (
        select(outbox.c.sequence).where(outbox.c.range == batches.c.range, outbox.c.first == batches.c.first).exists()
    )
    query = (
        select(units.c.area)
        .select_from(batches.join(ranges, ranges.c.range == batches.c.range).join(units, units.c.unit == ranges.c.unit))
        .where(~known)
    )
    areas = (await connection.execute(query)).scalars()
    return sum(str(found).startswith(str(area)) for found in areas)
