"""Signs at the network's cadence, asks the other members for theirs, and finds a block that a quorum signed."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import ValidationError
from sqlalchemy import Row, insert, select
from sqlalchemy.exc import IntegrityError

from piaolian_node.checkpoints.blocks import Block, BlockSource
from piaolian_node.checkpoints.signer import MAX_STRIDE, CheckpointSigner, row_at
from piaolian_node.database import Database
from piaolian_node.database.records import member_checkpoints, own_checkpoints
from piaolian_node.errors import RefusedError, UnavailableError
from piaolian_sdk.proof import Checkpoint, Trust, is_signed
from piaolian_sdk.wire import CheckpointSignature, SignCheckpoint, SignedCheckpoint, paths

_logger = logging.getLogger(__name__)

_PEER_TIMEOUT_SECONDS = 5.0
# A peer may see a block final a moment later than we do.
_PEER_TRIES = 4
_PEER_PAUSE_SECONDS = 0.4
# Chain nodes keep the state of their newest blocks alone (geth: 128): an older checkpoint proves nothing new.
_USABLE_BLOCKS = 90
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class QuorumCheckpoint:
    """A block with as many signatures as the trust file asks for."""

    checkpoint: Checkpoint
    signatures: tuple[tuple[str, bytes], ...]


class CheckpointDesk:
    """What one member does about checkpoints.

    Args:
        database: Own decisions and others' signatures.
        blocks: The member's own chain.
        signer: Signs under the rule.
        member: Own name.
        interval_seconds: Cadence, the same for all members.
        peers: Base addresses of the other members.
        trust: Who may sign, and how many must; without it nothing of others is kept.
        open_client: Gives the connection to the other members.
    """

    def __init__(
        self,
        database: Database,
        blocks: BlockSource,
        signer: CheckpointSigner,
        *,
        member: str,
        interval_seconds: int,
        peers: Sequence[str] = (),
        trust: Trust | None = None,
        open_client: Callable[[], httpx.AsyncClient] = lambda: httpx.AsyncClient(
            timeout=_PEER_TIMEOUT_SECONDS, trust_env=False
        ),
    ) -> None:
        self.member = member
        self.signer = signer
        self._database = database
        self._blocks = blocks
        self._interval = interval_seconds
        self._peers = [peer.rstrip("/") for peer in peers]
        self._trust = trust
        self._open_client = open_client
        self._gathering = asyncio.Lock()

    async def step(self) -> int:
        """Sign the newest block of the cadence and gather others' signatures; return how much was done.

        All members sign the same heights, without asking each other: a block counts when a new interval of the
        clock begins with it.

        Raises:
            RefusedError: The rule forbids it.
            RemoteError: No chain node answers.
        """
        last = await self.signer.last()
        final = await asyncio.to_thread(self._blocks.final)
        if last is not None and final.number - last.number > MAX_STRIDE:
            stride = await asyncio.to_thread(self._blocks.at, last.number + MAX_STRIDE)
            if stride is not None:
                await self.signer.sign(stride.number, stride.hash)
                return 1
        block = await self._cadence_block(final, 0 if last is None else last.number)
        if block is None:
            return 0
        checkpoint, _ = await self.signer.sign(block.number, block.hash)
        await self.gather(checkpoint)
        return 1

    async def _cadence_block(self, final: Block, above: int) -> Block | None:
        block = final
        while block.number > above:
            parent = await asyncio.to_thread(self._blocks.with_hash, block.parent_hash)
            if parent is None:
                return None
            if block.timestamp // self._interval != parent.timestamp // self._interval:
                return block
            block = parent
        return None

    async def gather(self, checkpoint: Checkpoint) -> None:
        """Ask every member for its signature on a block, and keep those that verify."""
        if self._trust is None or not self._peers:
            return
        async with self._open_client() as http:
            answers = await asyncio.gather(*[self._ask(http, peer, checkpoint) for peer in self._peers])
        for answer in answers:
            for entry in answer:
                if entry.member != self.member and self._counts(checkpoint, entry.member, entry.signature):
                    await self._keep(checkpoint.number, entry)

    async def _ask(self, http: httpx.AsyncClient, peer: str, checkpoint: Checkpoint) -> list[CheckpointSignature]:
        message = SignCheckpoint(number=checkpoint.number, block_hash=checkpoint.block_hash)
        headers = {"content-type": "application/json"}
        for _ in range(_PEER_TRIES):
            try:
                answer = await http.post(peer + paths.CHECKPOINTS, content=message.model_dump_json(), headers=headers)
                if answer.status_code == httpx.codes.OK:
                    return SignedCheckpoint.model_validate_json(answer.content).signatures
                code = answer.json().get("code")
            except (httpx.HTTPError, ValidationError, ValueError, AttributeError) as exc:
                _logger.info("a member gave no checkpoint: %s", type(exc).__name__)
                return []
            if code != "block-not-final":
                _logger.info("a member refused a checkpoint", extra={"code": code})
                return []
            await asyncio.sleep(_PEER_PAUSE_SECONDS)
        return []

    def _counts(self, checkpoint: Checkpoint, member: str, signature: bytes) -> bool:
        key = self._trust.key_of(member, checkpoint.timestamp) if self._trust is not None else None
        return key is not None and is_signed(checkpoint, key.public_key, signature)

    async def _keep(self, number: int, entry: CheckpointSignature) -> None:
        try:
            async with self._database.write() as connection:
                await connection.execute(
                    insert(member_checkpoints).values(number=number, member=entry.member, signature=entry.signature)
                )
        except IntegrityError:
            # It is there already: a signature on the same block is as good as another.
            return

    async def signed(self, number: int | None = None) -> SignedCheckpoint:
        """Return a block that this member signed, with all signatures on it; the newest when no height is given.

        Raises:
            RefusedError: ``checkpoints-off``: it signed none.
        """
        async with self._database.read() as connection:
            if number is None:
                query = select(own_checkpoints).where(own_checkpoints.c.signature.is_not(None))
                row = (await connection.execute(query.order_by(own_checkpoints.c.number.desc()).limit(1))).first()
            else:
                row = await row_at(connection, number)
        if row is None or row.signature is None:
            raise no_checkpoints("number")
        checkpoint = self.signer.checkpoint_of(row)
        signatures = [CheckpointSignature(member=self.member, signature=bytes(row.signature))]
        signatures += [entry for entry in await self._kept(row.number) if entry.member != self.member]
        return SignedCheckpoint(
            chain_id=checkpoint.chain_id,
            genesis_hash=checkpoint.genesis_hash,
            number=checkpoint.number,
            block_hash=checkpoint.block_hash,
            state_root=checkpoint.state_root,
            timestamp=checkpoint.timestamp,
            signatures=signatures,
        )

    async def quorum_since(self, number: int) -> QuorumCheckpoint:
        """Return a block at or above a height that a quorum signed and whose state can still be proven.

        Takes the newest that is there; else signs the newest final block and asks the others for it.

        Raises:
            UnavailableError: ``checkpoint-quorum-missing``: too few members answer.
            RemoteError: No chain node answers.
        """
        final = await asyncio.to_thread(self._blocks.final)
        found = await self._newest_quorum(max(number, final.number - _USABLE_BLOCKS))
        if found is not None:
            return found
        async with self._gathering:
            for _ in range(_ROUNDS):
                found = await self._newest_quorum(max(number, final.number - _USABLE_BLOCKS))
                if found is not None:
                    return found
                final = await asyncio.to_thread(self._blocks.final)
                if final.number >= number:
                    await self._sign_and_gather(final)
                else:
                    await asyncio.sleep(_PEER_PAUSE_SECONDS)
            found = await self._newest_quorum(number)
        if found is None:
            raise UnavailableError(
                "checkpoint-quorum-missing",
                "too few members signed a block that holds the receipt",
                "签署检查点的成员数不足，暂时不能生成证明包",
                remedy="ask again in some seconds; the network's operators see which member is away",
            )
        return found

    async def _sign_and_gather(self, final: Block) -> None:
        try:
            checkpoint, _ = await self.signer.sign(final.number, final.hash)
        except RefusedError as refused:
            if refused.code != "checkpoint-behind":
                raise
            return
        await self.gather(checkpoint)

    async def _newest_quorum(self, number: int) -> QuorumCheckpoint | None:
        if self._trust is None:
            return None
        async with self._database.read() as connection:
            query = select(own_checkpoints).where(own_checkpoints.c.number >= number)
            rows = (await connection.execute(query.order_by(own_checkpoints.c.number.desc()))).all()
        for row in rows:
            quorum = self._trust.quorum_at(row.timestamp)
            signatures = await self._valid_signatures(row)
            if quorum is not None and len(signatures) >= quorum:
                return QuorumCheckpoint(self.signer.checkpoint_of(row), tuple(signatures[:quorum]))
        return None

    async def _valid_signatures(self, row: Row[Any]) -> list[tuple[str, bytes]]:
        found = [] if row.signature is None else [(self.member, bytes(row.signature))]
        found += [(entry.member, entry.signature) for entry in await self._kept(row.number)]
        checkpoint = self.signer.checkpoint_of(row)
        return [(member, signature) for member, signature in found if self._counts(checkpoint, member, signature)]

    async def _kept(self, number: int) -> list[CheckpointSignature]:
        query = select(member_checkpoints).where(member_checkpoints.c.number == number)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(member_checkpoints.c.member))).all()
        return [CheckpointSignature(member=row.member, signature=bytes(row.signature)) for row in rows]


def no_checkpoints(field: str | None = None) -> RefusedError:
    """Return the refusal of a node that signed no such block."""
    return RefusedError(
        "checkpoints-off",
        "this member signed no such block",
        "本成员没有签署该区块",
        field=field,
        remedy="ask another member, or ask for a newer block",
    )
