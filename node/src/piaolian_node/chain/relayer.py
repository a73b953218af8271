"""The only writer of the node's account.

1. Every transaction is signed in the HSM and written to the ledger before it leaves the process.
2. What was signed is sent until a block has it; sending twice is harmless.
3. A mined transaction is read for the outcome of each act; a reorganisation takes the outcome back.
4. What lies in an indexed final block is final.
5. What arrived since the last block goes out: collected kinds together, others one by one and tried by a call first.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from web3 import Web3

from piaolian_node.chain import ledger, settling
from piaolian_node.chain.calls import PlannedCall, plan_call
from piaolian_node.chain.gateway import ChainGateway, MinedTransaction
from piaolian_node.chain.ledger import LedgerEntry
from piaolian_node.chain.outcomes import Outcome, outcomes
from piaolian_node.chain.selection import COLLECTED, Group, select_groups
from piaolian_node.database import Database
from piaolian_node.outbox import rows as outbox_rows
from piaolian_node.outbox.rows import OutboxRow
from piaolian_sdk.acts import ChainSigner
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.errors import ContractRefusedError

_logger = logging.getLogger(__name__)

# A transaction without a block is handed to the pool again after this time.
_RESEND_MS = 5_000
# While transactions are in flight, what waits is read this often at most: every row brings its whole act.
_LOOK_MS = 200
# Gas of single acts over their estimate: the state may change before they are mined.
_GAS_MARGIN_PERCENT = 150
# Refusals that say something about this node's account and nothing about the act.
_OUR_FAULT = frozenset({"AccessManagedUnauthorized", "AccessManagerUnauthorizedAccount", "InsufficientGas"})


class Relayer:
    """Takes outbox rows to the chain.

    Args:
        database: Records.
        gateway: The chain.
        signer: Key of the node's account.
        address_book: Where the contracts are.
        in_flight: Most transactions that may wait to be mined.
        interval_ms: How long acts of a collected kind gather while another transaction is in flight.
        now_ms: Clock, Unix milliseconds.
    """

    def __init__(
        self,
        database: Database,
        gateway: ChainGateway,
        signer: ChainSigner,
        address_book: AddressBook,
        *,
        in_flight: int,
        interval_ms: int,
        now_ms: Callable[[], int],
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._signer = signer
        self._book = address_book
        self._in_flight = in_flight
        self._interval_ms = interval_ms
        self._now_ms = now_ms
        self._last_sent_ms: dict[str, int] = {}
        self._looked_ms = -_LOOK_MS
        # Rows that a trial call refused, with the highest nonce that was unmined then.
        self._doubts: dict[int, int] = {}

    async def step(self) -> int:
        """Do one round and return how many transactions were touched.

        Raises:
            RemoteError: No chain node answers; the next round goes on.
            SignerError: The HSM does not sign; nothing is lost.
        """
        touched = await self._resend()
        touched += await self._read_mined()
        touched += await self._finish()
        return touched + await self._send_new()

    async def _resend(self) -> int:
        async with self._database.read() as connection:
            waiting = await ledger.entries(connection, ["signed", "sent"])
        count = 0
        for entry in waiting:
            if entry.sent_at is not None and entry.sent_at > self._now_ms() - _RESEND_MS:
                continue
            await self._send(entry)
            count += 1
        return count

    async def _send(self, entry: LedgerEntry) -> None:
        result = await asyncio.to_thread(self._gateway.send, entry.raw)
        if result.is_nonce_used and await asyncio.to_thread(
            self._gateway.is_replaced, self._signer.address, entry.nonce, entry.hash
        ):
            await self._replaced(entry)
            return
        if not result.is_held and not result.is_nonce_used:
            _logger.warning("the pool refused transaction %s: %s", entry.nonce, result.message)
        async with self._database.write() as connection:
            state = "sent" if result.is_held or result.is_nonce_used else entry.state
            await ledger.set_state(connection, entry.sequence, state, sent_at=self._now_ms())

    async def _replaced(self, entry: LedgerEntry) -> None:
        """Another transaction has the nonce: somebody else uses the key. The acts are sent under a new nonce."""
        _logger.error("nonce %s was used by a transaction that this node did not make", entry.nonce)
        async with self._database.write() as connection:
            await ledger.set_state(connection, entry.sequence, "replaced")
            await settling.put_back(connection, entry.sequence, self._now_ms())

    async def _read_mined(self) -> int:
        async with self._database.read() as connection:
            sent = await ledger.entries(connection, ["signed", "sent"])
        count = 0
        for entry in sent:
            mined = await asyncio.to_thread(self._gateway.mined, entry.hash)
            if mined is None:
                break  # Later nonces cannot be mined before this one.
            await self._take_outcomes(entry, mined)
            count += 1
        return count

    async def _take_outcomes(self, entry: LedgerEntry, mined: MinedTransaction) -> None:
        async with self._database.read() as connection:
            rows = await outbox_rows.rows_of_transaction(connection, entry.sequence)
        found = await self._outcomes(entry, rows, mined)
        async with self._database.write() as connection:
            await ledger.set_state(
                connection,
                entry.sequence,
                "mined",
                block_number=mined.block_number,
                block_hash=mined.block_hash,
                is_success=int(mined.is_success),
            )
            await settling.apply(connection, rows, found, self._now_ms())
        refused = sum(1 for outcome in found if outcome.refusal is not None)
        _logger.info(
            "mined %s of %s acts in block %s, %s refused, gas %s",
            entry.kind,
            len(rows),
            mined.block_number,
            refused,
            mined.gas_used,
        )

    async def _outcomes(
        self, entry: LedgerEntry, rows: Sequence[OutboxRow], mined: MinedTransaction
    ) -> Sequence[Outcome]:
        if entry.kind in COLLECTED:
            return outcomes(entry.kind, rows, mined)
        if mined.is_success:
            return [Outcome(is_done=True)] * len(rows)
        async with self._database.read() as connection:
            call = await plan_call(connection, entry.kind, rows)
        refusal = await asyncio.to_thread(
            self._gateway.replay, self._signer.address, self._address(call), call.data, mined.block_number
        )
        return [Outcome(is_done=False, refusal=None if refusal.name in _OUR_FAULT else refusal)] * len(rows)

    async def _finish(self) -> int:
        async with self._database.read() as connection:
            mined = await ledger.entries(connection, ["mined"])
            indexed = await settling.indexed_number(connection)
        count = 0
        for entry in mined:
            if entry.block_number is None or entry.block_number > indexed:
                continue
            found = await asyncio.to_thread(self._gateway.mined, entry.hash)
            async with self._database.write() as connection:
                if found is not None and found.block_hash == entry.block_hash:
                    await ledger.set_state(connection, entry.sequence, "final")
                    await settling.finish(connection, entry.sequence, self._now_ms())
                else:
                    _logger.warning("a reorganisation took transaction %s out of its block", entry.nonce)
                    await ledger.set_state(connection, entry.sequence, "sent", block_number=None, block_hash=None)
                    await settling.take_back(connection, entry.sequence, self._now_ms())
            count += 1
        return count

    async def _send_new(self) -> int:
        async with self._database.read() as connection:
            unmined = await ledger.entries(connection, ["signed", "sent"])
            free = self._in_flight - len(unmined)
            if free <= 0 or (unmined and self._now_ms() - self._looked_ms < _LOOK_MS):
                return 0
            self._looked_ms = self._now_ms()
            candidates = await outbox_rows.rows_in_state(connection, ["accepted", "countersigned", "stored"])
            if not candidates:
                return 0
            held = await settling.held_ranges(connection)
        busy = {entry.kind for entry in unmined}
        groups = select_groups(candidates, now_ms=self._now_ms(), held=held)
        count = 0
        for group in groups:
            if count >= free:
                break
            if self._may_wait(group, busy):
                continue
            nonces = [entry.nonce for entry in unmined]
            if await self._dispatch(group, nonces, is_first=count == 0):
                count += 1
        return count

    def _may_wait(self, group: Group, busy: set[str]) -> bool:
        """Whether a group can gather more: one of its kind is in flight and the interval is not over."""
        if group.kind not in COLLECTED or group.kind not in busy or group.is_full:
            return False
        return self._now_ms() - self._last_sent_ms.get(group.kind, 0) < self._interval_ms

    async def _dispatch(self, group: Group, unmined: Sequence[int], *, is_first: bool) -> bool:
        """Sign, record and send one group. Returns whether a transaction went out."""
        async with self._database.read() as connection:
            call = await plan_call(connection, group.kind, group.rows)
        gas = call.gas_limit
        if gas is None:
            refusal = await asyncio.to_thread(
                self._gateway.simulate, self._signer.address, self._address(call), call.data
            )
            if refusal is not None:
                return await self._refused_before_sending(group, refusal, unmined, is_first=is_first)
            estimate = await asyncio.to_thread(
                self._gateway.estimate, self._signer.address, self._address(call), call.data
            )
            gas = estimate * _GAS_MARGIN_PERCENT // 100
        entry = await self._sign(group, call, gas << max(row.attempts for row in group.rows) if call.gas_limit else gas)
        self._last_sent_ms[group.kind] = self._now_ms()
        await self._send(entry)
        return True

    async def _refused_before_sending(
        self, group: Group, refusal: ContractRefusedError, unmined: Sequence[int], *, is_first: bool
    ) -> bool:
        """Believe a refusal once everything that was on its way when it was first seen is mined."""
        (row,) = group.rows
        if unmined or not is_first:
            seen_at = self._doubts.setdefault(row.sequence, max(unmined, default=_NEVER) if is_first else _NEVER)
            if seen_at == _NEVER:
                # A transaction of this very round may change it: look again in the next.
                del self._doubts[row.sequence]
                return False
            if min(unmined) <= seen_at:
                return False
        self._doubts.pop(row.sequence, None)
        async with self._database.write() as connection:
            if refusal.name in _OUR_FAULT:
                _logger.error("the node's account may not send %s: %s", group.kind, refusal.code)
                await outbox_rows.postpone(connection, row, self._now_ms())
            else:
                await settling.refuse(connection, row, refusal, self._now_ms())
        return False

    async def _sign(self, group: Group, call: PlannedCall, gas: int) -> LedgerEntry:
        chain_count = await asyncio.to_thread(self._gateway.nonce, self._signer.address)
        fees = await asyncio.to_thread(self._gateway.fees)
        async with self._database.write() as connection:
            nonce = await ledger.next_nonce(connection, chain_count)
            transaction: dict[str, Any] = {
                "chainId": self._book.chain_id,
                "nonce": nonce,
                "gas": min(gas, _MAX_GAS),
                "to": self._address(call),
                "value": 0,
                "data": call.data,
                **fees,
            }
            raw = await asyncio.to_thread(self._signer.sign_transaction, transaction)
            digest = bytes(Web3.keccak(raw))
            sequence = await ledger.record(
                connection, nonce=nonce, transaction_hash=digest, raw=raw, kind=group.kind, now_ms=self._now_ms()
            )
            for position, row in enumerate(group.rows):
                await outbox_rows.change(
                    connection, [row.sequence], self._now_ms(), state="sent", transaction=sequence, position=position
                )
        return LedgerEntry(sequence, nonce, digest, raw, group.kind, "signed", None, None, None, self._now_ms(), None)

    def _address(self, call: PlannedCall) -> str:
        return Web3.to_checksum_address(self._book.address_of(call.contract))


_NEVER = -1
# Below the cap of one transaction on later hard forks (EIP-7825).
_MAX_GAS = 16_700_000
