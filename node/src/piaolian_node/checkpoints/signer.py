"""The durable signer: one hash a height, descendants of the last one only, whatever happens in between.

1. The block is final at the signer's own chain node.
2. It is a descendant of the last block decided upon, by its parents' hashes, or that block itself.
3. The decision is committed.
4. The key signs; the signature is committed. A process that is killed between 3 and 4 finds its decision again: it
   signs the same block and no other at this height.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.checkpoints.blocks import Block, BlockSource
from piaolian_node.database import Database
from piaolian_node.database.records import own_checkpoints
from piaolian_node.errors import RefusedError
from piaolian_sdk.proof import Checkpoint, is_signed, public_key_from_point
from piaolian_sdk.proof.checkpoint import signature_from_der
from piaolian_sdk.signing import signature_from_raw
from piaolian_sdk.token_key import SessionProvider, TokenKey, read_public_point

# How many parents are followed for one decision. A signer that was away goes on in strides of this many blocks.
MAX_STRIDE = 1_000


class CheckpointKey(Protocol):
    """Signs checkpoints."""

    @property
    def point(self) -> bytes:
        """Public key, 65 bytes."""
        ...

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Return 64 bytes; raises ``SignerError`` when the key does not sign."""
        ...


class TokenCheckpointKey:
    """A P-256 key in a PKCS#11 token."""

    def __init__(self, session_provider: SessionProvider, label: str) -> None:
        """Read the public key.

        Raises:
            SignerError: The token does not answer or has no such key.
            InputError: The key is not on P-256.
        """
        self._key = TokenKey(session_provider, label)
        with self._key.session() as session:
            self._point = read_public_point(session, label)
        public_key_from_point(self._point)

    @property
    def point(self) -> bytes:
        """Public key, 65 bytes."""
        return self._point

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Return the signature, 64 bytes with the lower s.

        Raises:
            SignerError: The token did not sign.
        """
        raw = self._key.sign_digest(hashlib.sha256(checkpoint.message()).digest())
        signature = signature_from_der(signature_from_raw(raw))
        if not is_signed(checkpoint, public_key_from_point(self._point), signature):
            raise RuntimeError("the token's checkpoint key signs with another key than it shows")
        return signature


class CheckpointSigner:
    """Signs final blocks of one chain under the rule.

    Args:
        database: Where decisions are kept.
        blocks: The signer's own chain.
        key: Signs.
        network: Chain id and genesis hash.
        now_ms: Clock.
    """

    def __init__(
        self,
        database: Database,
        blocks: BlockSource,
        key: CheckpointKey,
        network: tuple[int, bytes],
        now_ms: Callable[[], int],
    ) -> None:
        self._database = database
        self._blocks = blocks
        self._key = key
        self._network = network
        self._now_ms = now_ms
        self._turn = asyncio.Lock()

    async def sign(self, number: int, block_hash: bytes) -> tuple[Checkpoint, bytes]:
        """Sign a block, or give the signature that it has already.

        Args:
            number: Height.
            block_hash: Hash that whoever asks has there.

        Returns:
            The checkpoint and its signature, 64 bytes.

        Raises:
            RefusedError: ``block-not-final``, ``checkpoint-conflict``, ``checkpoint-behind`` or
                ``checkpoint-not-descendant``.
            RemoteError: No chain node answers.
            SignerError: The key did not sign; the decision stands.
        """
        async with self._turn:
            block = await self._final_block(number, block_hash)
            row = None
            while row is None:
                last = await self.last()
                await self._require_descendant(block, last)
                row = await self._decide(block, last)
            checkpoint = self.checkpoint_of(row)
            if row.signature is not None:
                return checkpoint, bytes(row.signature)
            signature = await asyncio.to_thread(self._key.sign, checkpoint)
            async with self._database.write() as connection:
                await connection.execute(
                    update(own_checkpoints).where(own_checkpoints.c.number == number).values(signature=signature)
                )
            return checkpoint, signature

    async def last(self) -> Row[Any] | None:
        """Return the highest decision."""
        async with self._database.read() as connection:
            return await _last(connection)

    def checkpoint_of(self, row: Row[Any]) -> Checkpoint:
        """Return what a row says."""
        chain_id, genesis_hash = self._network
        return Checkpoint(
            chain_id, genesis_hash, row.number, bytes(row.block_hash), bytes(row.state_root), row.timestamp
        )

    async def _final_block(self, number: int, block_hash: bytes) -> Block:
        final = await asyncio.to_thread(self._blocks.final)
        if number > final.number:
            raise RefusedError(
                "block-not-final",
                f"block {number} is not final here: {final.number} is",
                f"区块 {number} 在本节点尚未最终确认（最终区块 {final.number}）",
                field="number",
                remedy="ask again in a second",
                values={"retry_after_seconds": 1},
            )
        block = final if number == final.number else await asyncio.to_thread(self._blocks.at, number)
        if block is None or block.hash != block_hash:
            raise RefusedError(
                "checkpoint-conflict",
                f"this member's chain has another block at height {number}",
                f"本成员的链在高度 {number} 处是另一个区块",
                field="block_hash",
                remedy="compare the chain nodes of both members",
            )
        return block

    async def _require_descendant(self, block: Block, last: Row[Any] | None) -> None:
        if last is None or block.number <= last.number:
            # Lower heights are decided already, or never will be: `_decide` judges them.
            return
        if block.number - last.number > MAX_STRIDE:
            raise RefusedError(
                "block-not-final",
                f"this member goes on from height {last.number} in strides of {MAX_STRIDE}",
                f"本成员正从高度 {last.number} 起补签",
                field="number",
                remedy="ask again later",
            )
        parent = block
        while parent.number > last.number:
            found = await asyncio.to_thread(self._blocks.with_hash, parent.parent_hash)
            if found is None or found.number != parent.number - 1:
                raise _not_descendant(block.number, last.number)
            parent = found
        if parent.hash != bytes(last.block_hash):
            raise _not_descendant(block.number, last.number)

    async def _decide(self, block: Block, last: Row[Any] | None) -> Row[Any] | None:
        """Commit the decision, or find the one that was made; afterwards there is no other at this height.

        Returns:
            The decision; None when another process of this member decided meanwhile, so that what was judged is not
            the last one any more.
        """
        async with self._database.write() as connection:
            current = await _last(connection)
            found = await row_at(connection, block.number)
            if found is not None:
                if bytes(found.block_hash) != block.hash:
                    raise RefusedError(
                        "checkpoint-conflict",
                        f"another block was signed at height {block.number}",
                        f"高度 {block.number} 处已签署过另一个区块，拒绝再签",
                        field="block_hash",
                        remedy="never: two hashes at one height prove that a chain was forked",
                    )
                return found
            if current is not None and block.number < current.number:
                raise RefusedError(
                    "checkpoint-behind",
                    f"height {current.number} is signed; lower ones are not signed any more",
                    f"已签署高度 {current.number}，不再签署更低的区块",
                    field="number",
                    remedy="ask for a newer block",
                )
            if (current.number if current else None) != (last.number if last else None):
                return None
            await connection.execute(
                insert(own_checkpoints).values(
                    number=block.number,
                    block_hash=block.hash,
                    state_root=block.state_root,
                    timestamp=block.timestamp,
                    decided_at=self._now_ms(),
                )
            )
            return await row_at(connection, block.number)


async def row_at(connection: AsyncConnection, number: int) -> Row[Any] | None:
    """Return the decision at a height."""
    return (await connection.execute(select(own_checkpoints).where(own_checkpoints.c.number == number))).first()


async def _last(connection: AsyncConnection) -> Row[Any] | None:
    found = await connection.execute(select(own_checkpoints).order_by(own_checkpoints.c.number.desc()).limit(1))
    return found.first()


def _not_descendant(number: int, last: int) -> RefusedError:
    return RefusedError(
        "checkpoint-not-descendant",
        f"block {number} does not descend from the block that was signed at height {last}",
        f"区块 {number} 不是已签署的高度 {last} 区块的后代，拒绝签署",
        field="block_hash",
        remedy="look why the chain went back; a member signs one history only",
    )
