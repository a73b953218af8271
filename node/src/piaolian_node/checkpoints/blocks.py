"""Blocks as a signer sees them at its own chain node."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hexbytes import HexBytes
from web3.exceptions import BlockNotFound

from piaolian_node.chain.view import ChainAccess
from piaolian_sdk.contracts.chain import call_chain
from piaolian_sdk.contracts.reader import ChainReader


@dataclass(frozen=True, slots=True)
class Block:
    """What a checkpoint says of a block, and the block before it."""

    number: int
    hash: bytes
    parent_hash: bytes
    state_root: bytes
    timestamp: int


class BlockSource(Protocol):
    """Reads of blocks. Each raises ``RemoteError`` when no chain node answers; the methods block."""

    def final(self) -> Block:
        """Return the highest final block."""
        ...

    def at(self, number: int) -> Block | None:
        """Return the block at a height, None when there is none yet."""
        ...

    def with_hash(self, block_hash: bytes) -> Block | None:
        """Return a block by its hash, None when the node does not know it."""
        ...


class ChainBlocks:
    """Blocks of the node's own chain nodes."""

    def __init__(self, chain: ChainAccess) -> None:
        self._chain = chain

    def final(self) -> Block:
        """Return the highest final block."""
        stamp = self._chain.final()
        block = self.at(stamp.number)
        if block is None:
            raise RuntimeError("the chain node has a final block that it does not have")
        return block

    def at(self, number: int) -> Block | None:
        """Return the block at a height."""
        return self._find(number)

    def with_hash(self, block_hash: bytes) -> Block | None:
        """Return a block by its hash."""
        return self._find(HexBytes(block_hash))

    def _find(self, name: int | HexBytes) -> Block | None:
        def ask(reader: ChainReader) -> Block | None:
            found = call_chain(lambda: _get(reader, name))
            return _block(found) if found is not None else None

        return self._chain.ask(ask)


def _get(reader: ChainReader, name: int | HexBytes) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = reader.web3.eth.get_block(name)
    except BlockNotFound:
        return None
    return found


def _block(found: Mapping[str, Any]) -> Block:
    return Block(
        number=int(found["number"]),
        hash=bytes(found["hash"]),
        parent_hash=bytes(found["parentHash"]),
        state_root=bytes(found["stateRoot"]),
        timestamp=int(found["timestamp"]),
    )
