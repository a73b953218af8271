"""One hash a height and descendants only, whatever happens to signer, chain and key."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from piaolian_node.checkpoints.signer import MAX_STRIDE
from piaolian_node.database import Database
from piaolian_node.database.records import own_checkpoints
from piaolian_node.errors import RefusedError
from piaolian_sdk.errors import SignerError
from piaolian_sdk.proof import is_signed
from support.checkpoints import ForkedChain, SoftwareCheckpointKey, signer_on
from support.node_fakes import fresh_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(tmp_path) as made:
        yield made


async def refused(database: Database, chain: ForkedChain, number: int, block_hash: bytes) -> str:
    """Ask a signer that was started anew, and return the code of its refusal; nothing may be signed."""
    key = SoftwareCheckpointKey()
    with pytest.raises(RefusedError) as caught:
        await signer_on(database, chain, key).sign(number, block_hash)
    assert key.signed == []
    return caught.value.code


async def test_final_block__signed_once_and_the_same_ever_after(database: Database) -> None:
    chain, key = ForkedChain(), SoftwareCheckpointKey()
    block = chain.mine(5)
    checkpoint, signature = await signer_on(database, chain, key).sign(5, block.hash)
    assert is_signed(checkpoint, key.private_key.public_key(), signature)
    assert (checkpoint.number, checkpoint.state_root, checkpoint.timestamp) == (5, block.state_root, block.timestamp)
    again = await signer_on(database, chain, SoftwareCheckpointKey()).sign(5, block.hash)
    assert again == (checkpoint, signature)


async def test_second_hash_at_a_height__refused_for_ever(database: Database) -> None:
    chain = ForkedChain()
    chain.mine(4)
    first = chain.mine()
    await signer_on(database, chain, SoftwareCheckpointKey()).sign(5, first.hash)
    chain.rewind(4)
    other = chain.mine(fork="b")
    for _ in range(3):
        assert await refused(database, chain, 5, other.hash) == "checkpoint-conflict"
    async with database.read() as connection:
        rows = (await connection.execute(select(own_checkpoints))).all()
    assert [bytes(row.block_hash) for row in rows] == [first.hash]


async def test_hash_that_the_own_chain_does_not_have__refused(database: Database) -> None:
    chain = ForkedChain()
    chain.mine(5)
    assert await refused(database, chain, 5, b"\7" * 32) == "checkpoint-conflict"


async def test_longer_fork_after_a_rewind__refused_and_the_old_history_goes_on(database: Database) -> None:
    chain, key = ForkedChain(), SoftwareCheckpointKey()
    signed = chain.mine(10)
    await signer_on(database, chain, key).sign(10, signed.hash)
    chain.rewind(8)
    fork = chain.mine(20, fork="b")
    assert await refused(database, chain, fork.number, fork.hash) == "checkpoint-not-descendant"
    chain.head = signed
    back = chain.mine(3)
    checkpoint, _ = await signer_on(database, chain, key).sign(13, back.hash)
    assert checkpoint.block_hash == back.hash


async def test_lower_height_that_was_skipped__refused(database: Database) -> None:
    chain = ForkedChain()
    chain.mine(10)
    await signer_on(database, chain, SoftwareCheckpointKey()).sign(10, chain.head.hash)
    lower = chain.at(7)
    assert lower is not None
    assert await refused(database, chain, 7, lower.hash) == "checkpoint-behind"


async def test_block_that_is_not_final__refused(database: Database) -> None:
    chain = ForkedChain(depth=2)
    head = chain.mine(10)
    assert await refused(database, chain, 10, head.hash) == "block-not-final"


async def test_key_away_after_the_decision__decision_stands(database: Database) -> None:
    chain, away = ForkedChain(), SoftwareCheckpointKey(is_away=True)
    chain.mine(4)
    decided = chain.mine()
    with pytest.raises(SignerError):
        await signer_on(database, chain, away).sign(5, decided.hash)
    chain.rewind(4)
    other = chain.mine(fork="b")
    assert await refused(database, chain, 5, other.hash) == "checkpoint-conflict"
    later = chain.mine(3)
    assert await refused(database, chain, 8, later.hash) == "checkpoint-not-descendant"
    chain.head = decided
    key = SoftwareCheckpointKey()
    checkpoint, _ = await signer_on(database, chain, key).sign(5, decided.hash)
    assert checkpoint.block_hash == decided.hash


async def test_two_processes_at_once__one_hash_a_height(database: Database) -> None:
    chain, fork = ForkedChain(), ForkedChain()
    one, other = chain.mine(6), fork.mine(6, fork="b")
    fork.known |= chain.known
    outcomes = await asyncio.gather(
        *[signer_on(database, chain, SoftwareCheckpointKey()).sign(6, one.hash) for _ in range(3)],
        *[signer_on(database, fork, SoftwareCheckpointKey()).sign(6, other.hash) for _ in range(3)],
        return_exceptions=True,
    )
    signed = {outcome[0].block_hash for outcome in outcomes if not isinstance(outcome, BaseException)}
    assert len(signed) == 1
    assert sum(isinstance(outcome, RefusedError) for outcome in outcomes) == 3


async def test_long_absence__goes_on_in_strides(database: Database) -> None:
    chain = ForkedChain()
    chain.mine(1)
    await signer_on(database, chain, SoftwareCheckpointKey()).sign(1, chain.head.hash)
    far = chain.mine(MAX_STRIDE + 1)
    assert await refused(database, chain, far.number, far.hash) == "block-not-final"
    stride = chain.at(1 + MAX_STRIDE)
    assert stride is not None
    key = SoftwareCheckpointKey()
    await signer_on(database, chain, key).sign(stride.number, stride.hash)
    await signer_on(database, chain, key).sign(far.number, far.hash)
    assert [checkpoint.number for checkpoint in key.signed] == [stride.number, far.number]
