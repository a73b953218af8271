"""Every payment story on the real contracts through the real oracles; money is right to the fen, three ways."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from piaolian_oracle.state import ReadBlock
from piaolian_sdk.contracts.payers import payers_shown
from piaolian_sdk.money import text_from_fen
from piaolian_sdk.reconciliation import Balance, balance
from piaolian_sdk.tree import keccak256
from support.payment_stories import MONEY, Telling, read_stories, tell
from support.payment_world import PaymentWorld, run_payment_world

STORIES = {story.name: story for story in read_stories()}
# Outcomes of bank lines whose money the ledger took in.
TAKEN = frozenset({"paid", "underpaid", "overpaid", "cancelled", "already-paid", "past-due"})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaymentWorld]:
    with run_payment_world(tmp_path_factory.mktemp("stories")) as running:
        yield running


@pytest.fixture(scope="module")
def told(world: PaymentWorld) -> dict[str, Telling]:
    return tell(world, list(STORIES.values()))


def books_of(world: PaymentWorld, telling: Telling) -> Balance:
    codes = set(telling.codes.values())
    return balance(posting for posting in world.read_books().postings if posting.code in codes)


def in_yuan(money: dict[str, int]) -> dict[str, str]:
    return {account: text_from_fen(fen) for account, fen in money.items()}


def test_table__has_at_least_sixty_stories_of_different_names() -> None:
    assert len(STORIES) == len(read_stories()) >= 60


@pytest.mark.parametrize("name", STORIES)
def test_story__ends_with_every_fen_where_the_table_says(
    world: PaymentWorld, told: dict[str, Telling], name: str
) -> None:
    telling, story = told[name], STORIES[name]
    if telling.problem is not None:
        raise telling.problem

    # 1. All three oracles say the same of every bank line, and what the table says.
    words = [telling.words(source) for source in range(3)]
    assert words[0] == words[1] == words[2]
    assert len(words[0]) == len(story.lines)
    for word, expected in zip(words[0], story.lines, strict=True):
        assert word in expected.split(" | "), words[0]
    # 2. The states of the codes.
    assert {code: telling.state(code) for code in telling.codes} == dict(story.states)
    # 3. The money by the table, by the events and by the views of the chain, and what the bank sent.
    expected_money = {account: story.fen(account) for account in MONEY}
    by_events = books_of(world, telling)
    assert in_yuan({account: getattr(by_events, account) for account in MONEY}) == in_yuan(expected_money)
    assert in_yuan(telling.money_by_views()) == in_yuan({a: expected_money[a] for a in MONEY[1:]})
    from_bank = sum(line.amount_fen for line, word in zip(telling.lines, words[0], strict=True) if word in TAKEN)
    assert from_bank == expected_money["received"]
    # 4. Nothing is lost and nothing made.
    assert expected_money["received"] == sum(expected_money[account] for account in MONEY[1:])
    assert by_events.difference == by_events.moved == 0


def test_all_stories__together__balance_with_the_chain(world: PaymentWorld, told: dict[str, Telling]) -> None:
    totals = world.reader.payment_ledger.totals()
    postings = world.read_books().postings
    whole = balance(postings)

    assert {a: getattr(whole, a) for a in asdict(totals)} == asdict(totals)
    assert totals.received == whole.paid + totals.receipted + totals.refunded + totals.suspense
    assert totals.received == sum(story.fen("received") for story in STORIES.values())
    for unit in world.units:
        own = balance(posting for posting in postings if posting.unit == unit.number)
        assert own.received > 0
        assert own.difference == own.moved == 0


def test_repeated_settlement__of_a_settled_world__moves_nothing(world: PaymentWorld, told: dict[str, Telling]) -> None:
    before = world.reader.payment_ledger.totals()
    for oracle in world.oracles:
        world.restart(oracle)

    world.work()

    assert world.reader.payment_ledger.totals() == before


def test_kept_payers__of_every_oracle__lead_to_the_hashes_on_chain(
    world: PaymentWorld, told: dict[str, Telling]
) -> None:
    ledger = world.reader.payment_ledger
    for oracle in world.oracles:
        oracle.payers.shown(1, [1], world.reader.latest())
        for unit in world.units:
            chain_of_payers = bytes(32)
            payments = oracle.payers_store.of_words(unit.payment_range, [1])
            for sequence, reference in payments:
                word = sequence.to_bytes(24, "big") + reference
                chain_of_payers = keccak256(chain_of_payers + word)
            assert len(payments) > 20
            assert chain_of_payers == bytes(ledger.read("payersOf", unit.payment_range, 0, at=None))


def test_kept_payers__of_another_chain__are_read_again(world: PaymentWorld, told: dict[str, Telling]) -> None:
    oracle = world.oracles[0]
    latest = world.reader.latest()
    shown = oracle.payers.shown(1, [1], latest)
    oracle.payers_store.add([(1, 1, b"no payer")], ReadBlock(latest.number, bytes(32)))

    assert oracle.payers.shown(1, [1], latest) == shown == payers_shown(world.reader, 1, [1], latest)
