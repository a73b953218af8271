"""The relayer over a chain that tests write on: outcomes, refusals, lost blocks, foreign nonces."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from piaolian_node.chain.indexer import Indexer
from piaolian_node.chain.relayer import Relayer
from piaolian_node.database import Database
from piaolian_node.outbox.rows import OutboxRow, row_by_submission
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS
from piaolian_sdk.contracts.events_payments import NoticeRefused
from piaolian_sdk.contracts.events_receipts import BatchIssued, BatchRefused
from support.node_fakes import (
    SIGNER,
    FakeGateway,
    accept,
    address_book,
    fresh_database,
    issue_payload,
    notice_payload,
    void_payload,
)


def issued(first: int, count: int, position: int = 0) -> BatchIssued:
    return BatchIssued(1, 1, 5, position, 2, first, count, 20_000, 100, 1, bytes(32), bytes(32))


def refused(first: int, error: bytes) -> BatchRefused:
    return BatchRefused(1, 5, first, 0, error)


# Selectors and arguments of custom errors as the contracts revert with them.
RESTRICTED = CONTRACT_ERRORS["UnitIsRestricted"]({"unit": 1, "reason": 2})


def encoded(name: str, *values: int) -> bytes:
    from eth_abi.abi import encode
    from eth_utils.abi import function_signature_to_4byte_selector

    from piaolian_sdk.contracts.abi import argument_types
    from piaolian_sdk.contracts.errors import custom_errors

    types = argument_types(custom_errors()[name])
    selector = function_signature_to_4byte_selector(f"{name}({','.join(types)})")
    return bytes(selector) + encode(types, values)


@dataclass
class Bench:
    database: Database
    gateway: FakeGateway
    relayer: Relayer
    indexer: Indexer
    now_ms: int = 1_000_000

    async def row(self, submission: str) -> OutboxRow:
        async with self.database.read() as connection:
            found = await row_by_submission(connection, submission)
        assert found is not None
        return found

    async def state(self, submission: str) -> str:
        return (await self.row(submission)).state

    async def settle(self) -> None:
        """Index what is final and let the relayer see it."""
        await self.indexer.step()
        await self.relayer.step()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with fresh_database(tmp_path) as database:
        gateway = FakeGateway()
        relayer = Relayer(
            database,
            gateway,
            SIGNER,
            address_book(),
            in_flight=8,
            interval_ms=1000,
            now_ms=lambda: made.now_ms,
        )
        made = Bench(database, gateway, relayer, Indexer(database, gateway, gateway, 1))  # type: ignore[arg-type]
        yield made


async def test_step__two_batches_of_one_kind__one_transaction_and_final(bench: Bench) -> None:
    await accept(bench.database, "a", issue_payload(1, 2))
    await accept(bench.database, "b", issue_payload(3, 1))
    await bench.relayer.step()
    assert len(bench.gateway.pool) == 1
    assert (await bench.state("a"), await bench.state("b")) == ("sent", "sent")

    bench.gateway.mine(issued(1, 2), issued(3, 1, position=1))
    await bench.relayer.step()
    assert (await bench.state("a"), await bench.state("b")) == ("mined", "mined")
    await bench.settle()
    assert (await bench.state("a"), await bench.state("b")) == ("final", "final")


async def test_step__killed_after_signing__same_bytes_are_sent_again(bench: Bench) -> None:
    await accept(bench.database, "a", issue_payload(1, 1))
    await bench.relayer.step()
    first = dict(bench.gateway.pool)
    bench.gateway.pool.clear()
    bench.now_ms += 60_000
    await bench.relayer.step()
    assert bench.gateway.pool == first


async def test_step__one_batch_refused__the_other_is_final_and_the_range_waits(bench: Bench) -> None:
    await accept(bench.database, "bad", issue_payload(1, 2))
    await accept(bench.database, "good", issue_payload(1, 1, range_id=9))
    await bench.relayer.step()
    other = BatchIssued(1, 1, 9, 0, 2, 1, 1, 20_000, 100, 1, bytes(32), bytes(32))
    bench.gateway.mine(refused(1, encoded("UnitIsRestricted", 1, 2)), other)
    await bench.relayer.step()
    await bench.settle()
    assert (await bench.state("bad"), await bench.state("good")) == ("refused", "final")
    refusal = (await bench.row("bad")).refusal
    assert refusal is not None
    assert (refusal["code"], refusal["decided_by"]) == ("unit-is-restricted", "contract")

    await accept(bench.database, "behind", issue_payload(3, 1))
    await bench.relayer.step()
    assert await bench.state("behind") == "stored"
    await accept(bench.database, "void", void_payload(1, 2))
    await bench.relayer.step()
    assert await bench.state("void") == "sent"
    bench.now_ms += 5_000
    await bench.relayer.step()
    assert await bench.state("behind") == "sent"


async def test_step__numbers_before_it_are_missing__batch_waits_instead_of_being_refused(bench: Bench) -> None:
    await accept(bench.database, "first", issue_payload(1, 2))
    await accept(bench.database, "second", issue_payload(3, 1))
    await bench.relayer.step()
    bench.gateway.mine(refused(1, encoded("UnitIsRestricted", 1, 2)), refused(3, encoded("NumberNotNext", 5, 1, 3)))
    await bench.relayer.step()
    assert await bench.state("second") == "stored"
    assert (await bench.row("second")).refusal is None


async def test_step__notice_refused__those_behind_are_refused_with_it(bench: Bench) -> None:
    await accept(bench.database, "first", notice_payload(1, 1))
    await bench.relayer.step()
    await accept(bench.database, "second", notice_payload(2, 1))
    bench.gateway.mine(NoticeRefused(1, 6, 1, 0, encoded("ItemDisabled", 1)))
    await bench.relayer.step()
    await bench.settle()
    assert (await bench.state("first"), await bench.state("second")) == ("refused", "refused")


async def test_step__reorganisation_takes_the_block__acts_are_sent_again(bench: Bench) -> None:
    await accept(bench.database, "a", issue_payload(1, 1))
    await bench.relayer.step()
    bench.gateway.mine(issued(1, 1))
    await bench.relayer.step()
    assert await bench.state("a") == "mined"
    bench.gateway.blocks.clear()
    bench.gateway.logs.clear()
    await bench.settle()
    assert await bench.state("a") == "sent"
    bench.gateway.mine(issued(1, 1))
    await bench.relayer.step()
    await bench.settle()
    assert await bench.state("a") == "final"


async def test_step__foreign_transaction_has_the_nonce__acts_get_a_new_one(bench: Bench) -> None:
    await accept(bench.database, "a", issue_payload(1, 1))
    bench.gateway.is_nonce_used = bench.gateway.is_foreign = True
    await bench.relayer.step()
    assert await bench.state("a") == "stored"
    bench.gateway.is_nonce_used = bench.gateway.is_foreign = False
    bench.gateway.used_nonces = 4
    await bench.relayer.step()
    assert await bench.state("a") == "sent"
    assert len(bench.gateway.pool) == 1


async def test_c082_step__nonce_used_and_our_block_not_seen_yet__nothing_is_signed_again(bench: Bench) -> None:
    await accept(bench.database, "a", issue_payload(1, 1))
    await bench.relayer.step()
    bench.gateway.is_nonce_used = True
    bench.now_ms += 60_000
    await bench.relayer.step()
    assert await bench.state("a") == "sent"
    assert len(bench.gateway.pool) == 1

    bench.gateway.mine(issued(1, 1))
    bench.now_ms += 60_000
    await bench.relayer.step()
    await bench.settle()
    assert await bench.state("a") == "final"
    assert bench.gateway.used_nonces == 1


async def test_step__single_act_refused_by_trial__refused_without_transaction(bench: Bench) -> None:
    await accept(bench.database, "void", void_payload(1, 1))
    bench.gateway.refusal = RESTRICTED
    await bench.relayer.step()
    assert await bench.state("void") == "refused"
    assert bench.gateway.pool == {}


async def test_step__trial_refuses_while_others_are_unmined__believed_only_after_they_are(bench: Bench) -> None:
    await accept(bench.database, "issue", issue_payload(1, 1, range_id=9))
    await bench.relayer.step()
    await accept(bench.database, "void", void_payload(1, 1))
    bench.gateway.refusal = RESTRICTED
    await bench.relayer.step()
    assert await bench.state("void") == "accepted"
    bench.gateway.mine(BatchIssued(1, 1, 9, 0, 2, 1, 1, 20_000, 100, 1, bytes(32), bytes(32)))
    await bench.relayer.step()
    assert await bench.state("void") == "refused"


async def test_step__account_without_role__nothing_is_refused(bench: Bench) -> None:
    await accept(bench.database, "void", void_payload(1, 1))
    bench.gateway.refusal = CONTRACT_ERRORS["AccessManagedUnauthorized"]({"caller": SIGNER.address})
    await bench.relayer.step()
    row = await bench.row("void")
    assert (row.state, row.attempts) == ("accepted", 1)


async def test_step__whole_transaction_failed__batches_wait_and_get_more_gas(bench: Bench) -> None:
    await accept(bench.database, "a", issue_payload(1, 1))
    await bench.relayer.step()
    bench.gateway.mine(is_success=False)
    await bench.relayer.step()
    row = await bench.row("a")
    assert (row.state, row.refusal, row.attempts) == ("stored", None, 1)


async def test_indexer__chain_has_another_block_at_the_mark__index_goes_back(bench: Bench) -> None:
    await accept(bench.database, "a", issue_payload(1, 1))
    await bench.relayer.step()
    bench.gateway.mine(issued(1, 1))
    await bench.relayer.step()
    await bench.settle()
    assert await bench.state("a") == "final"
    bench.gateway.fork = "other"
    bench.gateway.blocks.clear()
    bench.gateway.logs.clear()
    await bench.settle()
    assert await bench.state("a") == "sent"
