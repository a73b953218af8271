"""Doubles of what a node stands on: a chain that tests write on directly, a store of bodies, and acts to send."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from piaolian_node.bodies.car import BatchCAR
from piaolian_node.chain.gateway import MinedTransaction, SendResult
from piaolian_node.database import Database
from piaolian_node.database.migrate import migrate
from piaolian_node.errors import UnavailableError
from piaolian_node.outbox.payloads import IssuePayload, NoticePayload, Payload, VoidPayload
from piaolian_node.outbox.rows import NewRow, add_row
from piaolian_node.receipts.desk import DeskSettings
from piaolian_node.receipts.pool import DeskPool
from piaolian_sdk.acts import SoftwareChainSigner
from piaolian_sdk.contracts import AddressBook
from piaolian_sdk.contracts.chain import BlockStamp
from piaolian_sdk.contracts.event_base import ContractEvent
from piaolian_sdk.contracts.events import DecodedLog
from piaolian_sdk.errors import ContractRefusedError

SIGNER = SoftwareChainSigner(bytes(31) + b"\x07")
SIGNATURE = bytes(64) + b"\x1b"
KEY_ID = "ab" * 32
_CONTRACTS = ("AccessManager", "Registry", "PaymentLedger", "ReceiptLedger")


def address_book() -> AddressBook:
    """Return addresses that nothing is at."""
    entries = {
        name: {"address": f"0x{number:040x}", "code_hash": "0x" + "00" * 32}
        for number, name in enumerate(_CONTRACTS, 0xA0)
    }
    return AddressBook.model_validate(
        {"chain_id": 7, "genesis_hash": "0x" + "00" * 32, "contracts": entries, "deployed_block": 1}
    )


@asynccontextmanager
async def fresh_database(directory: Path) -> AsyncIterator[Database]:
    """Give a migrated SQLite database in a folder."""
    database = Database(f"sqlite+aiosqlite:///{directory / 'node.sqlite'}")
    await migrate(database)
    try:
        yield database
    finally:
        await database.close()


def block_hash(number: int, fork: str = "") -> bytes:
    """Return the hash of a block of a fork."""
    return hashlib.sha256(f"{number}{fork}".encode()).digest()


@dataclass
class FakeGateway:
    """A chain: tests decide what is mined, with which events, and what is refused.

    Attributes:
        pool: Raw transactions that were sent, by hash.
        blocks: Mined transactions by hash.
        refusal: What a trial call and a replay answer.
        used_nonces: Mined transactions of the account.
        height: Newest block.
        fork: Name of the fork that the blocks belong to.
        forked_at: Last block that all forks have.
        logs: Events of final blocks.
        is_nonce_used: The pool says that the chain has a transaction with the nonce.
        is_foreign: A final block has it, and it is another.
    """

    pool: dict[bytes, bytes] = field(default_factory=dict)
    blocks: dict[bytes, MinedTransaction] = field(default_factory=dict)
    refusal: ContractRefusedError | None = None
    used_nonces: int = 0
    height: int = 10
    fork: str = ""
    forked_at: int = 0
    logs: list[DecodedLog] = field(default_factory=list)
    is_nonce_used: bool = False
    is_foreign: bool = False

    def nonce(self, account: str) -> int:
        assert account == SIGNER.address
        return self.used_nonces

    def fees(self) -> dict[str, int]:
        return {"maxFeePerGas": 2, "maxPriorityFeePerGas": 1}

    def simulate(self, sender: str, to: str, data: bytes) -> ContractRefusedError | None:
        return self.refusal

    def replay(self, sender: str, to: str, data: bytes, block_number: int) -> ContractRefusedError:
        assert self.refusal is not None
        return self.refusal

    def estimate(self, sender: str, to: str, data: bytes) -> int:
        return 100_000

    def send(self, raw: bytes) -> SendResult:
        if self.is_nonce_used:
            return SendResult(is_held=False, is_nonce_used=True, message="nonce too low")
        self.pool[keccak(raw)] = raw
        return SendResult(is_held=True, is_nonce_used=False, message="")

    def is_replaced(self, account: str, nonce: int, transaction_hash: bytes) -> bool:
        assert account == SIGNER.address
        return self.is_foreign

    def mined(self, transaction_hash: bytes) -> MinedTransaction | None:
        return self.blocks.get(transaction_hash)

    def block(self, number: int) -> BlockStamp | None:
        if number > self.height:
            return None
        fork = self.fork if number > self.forked_at else ""
        return BlockStamp(number, block_hash(number, fork), 1_800_000_000 + number)

    def events(self, first: int, last: int) -> list[DecodedLog]:
        return [log for log in self.logs if first <= log.block_number <= last]

    def block_time(self, number: int) -> int:
        return 1_800_000_000 + number

    def final(self) -> BlockStamp:
        """Return the newest block, as a view of the chain would with depth 0."""
        stamp = self.block(self.height)
        assert stamp is not None
        return stamp

    def mine(self, *events: ContractEvent, is_success: bool = True) -> None:
        """Put every pooled transaction in the next block, all with these events."""
        self.height += 1
        logs = tuple(self.log(event, index) for index, event in enumerate(events))
        for transaction_hash in self.pool:
            if transaction_hash not in self.blocks:
                self.blocks[transaction_hash] = MinedTransaction(
                    self.height, block_hash(self.height, self.fork), is_success, 21_000, logs
                )
                self.used_nonces += 1
        self.logs.extend(logs)

    def log(self, event: ContractEvent, index: int = 0) -> DecodedLog:
        """Return an event of the newest block."""
        return DecodedLog(
            event=event,
            address="0x" + "00" * 20,
            block_number=self.height,
            block_hash=block_hash(self.height, self.fork),
            transaction_hash=bytes(32),
            log_index=index,
        )


@dataclass
class FakeBodyStore:
    """Two stores in memory; either can be down."""

    cars: dict[bytes, bytes] = field(default_factory=dict)
    copies: set[bytes] = field(default_factory=set)
    is_down: bool = False
    is_second_down: bool = False

    async def put_batch(self, car: BatchCAR) -> None:
        if self.is_down:
            raise _down()
        self.cars[car.root_digest] = car.data

    async def replicate(self, root_digest: bytes) -> bool:
        if self.is_second_down:
            raise _down()
        self.copies.add(root_digest)
        return True

    async def get(self, cid: str) -> bytes:
        raise _down()

    async def get_batch(self, root_digest: bytes) -> dict[str, bytes]:
        raise _down()


def _down() -> UnavailableError:
    return UnavailableError("bodies-unavailable", "down", "不可用")


def issue_payload(first: int, count: int, *, range_id: int = 5, unit: int = 1) -> IssuePayload:
    """Return a batch by list."""
    return IssuePayload(
        unit=unit,
        range=range_id,
        mode=2,
        first=first,
        count=count,
        issue_day=20_000,
        total_fen=100,
        catalog_version=1,
        unit_root=bytes(32),
        deadline=2_000_000_000,
        signature=SIGNATURE,
    )


def void_payload(first: int, count: int, *, range_id: int = 5) -> VoidPayload:
    """Return numbers to void."""
    return VoidPayload(
        unit=1, range=range_id, first=first, count=count, reason=1, deadline=2_000_000_000, signature=SIGNATURE
    )


def notice_payload(first: int, count: int, *, range_id: int = 6) -> NoticePayload:
    """Return notices of one fen each."""
    lane = (1).to_bytes(6, "big") + (1).to_bytes(2, "big")
    return NoticePayload(
        unit=1,
        range=range_id,
        first=first,
        due_day=20_010,
        lanes=lane * count,
        lines=b"",
        deadline=2_000_000_000,
        signature=SIGNATURE,
    )


_STARTS = {"issue": "stored", "reverse": "stored"}


async def accept(database: Database, submission: str, payload: Payload, **columns: Any) -> None:
    """Write an outbox row as if a service had accepted the act."""
    values: Mapping[str, Any] = payload.model_dump()
    row = NewRow(
        submission=submission,
        payload=payload,
        state=columns.pop("state", _STARTS.get(payload.KIND, "accepted")),
        unit=values.get("unit"),
        key_id=KEY_ID,
        idempotency_key=submission,
        content_digest=bytes(32),
        range=columns.pop("range", values.get("range")),
        first=columns.pop("first", values.get("first")),
        count=columns.pop("count", values.get("count", len(values.get("lanes", b"")) // 8 or None)),
    )
    async with database.write() as connection:
        await add_row(connection, row, 0)
        if payload.KIND in _STARTS:
            from piaolian_node.database.records import outbox

            await connection.execute(
                outbox.update().where(outbox.c.submission == submission).values(bodies_root=bytes(32), **columns)
            )


def pool_without_token(*roots: bytes) -> DeskPool:
    """Return one process that judges and has no token to sign with.

    Args:
        roots: PEM files of trusted roots.
    """
    nowhere = Path("/nowhere")
    vault_key = bytes(31) + b"\1"
    settings = DeskSettings(
        roots, nowhere / "module.so", "token", "1234", nowhere / "tries", "key", b"", vault_key, "http://node"
    )
    return DeskPool(settings, 1)
