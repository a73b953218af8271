"""Four-way matching: each rule by its name, ambiguity shown, what nothing explains is open."""

from dataclasses import replace

import pytest

from piaolian_sdk.contracts.events_payments import (
    NoticeRegistered,
    PaymentEnded,
    PaymentsSettled,
    PaymentSuspended,
    PaymentTakenBack,
    ReversalRefunded,
    SuspenseResolved,
)
from piaolian_sdk.contracts.events_receipts import PaymentsReceipted
from piaolian_sdk.contracts.records import SuspenseReason
from piaolian_sdk.errors import RemoteError
from piaolian_sdk.reconciliation import (
    OPEN_KINDS,
    RULES,
    BankLine,
    Books,
    Code,
    Reconciliation,
    TreasuryEntry,
    balance,
    day_rows,
    reconcile,
    suspense_id,
)
from piaolian_sdk.tree import Line

DAY = 20_600
PREFIX = "3209992630"


def text_of(code: Code) -> str:
    return f"{PREFIX}{code[1]:010d}"


def code_of(text: str) -> Code | None:
    return (1, int(text[10:])) if int(text[10:]) <= 100 else None


def reference(name: str) -> bytes:
    return name.encode().ljust(8, b".")


def books(*fen: int) -> Books:
    """Notices with the sequences from 1, one item each."""
    made = Books()
    lanes = b"".join(Line(amount, 7).to_bytes() for amount in fen)
    made.take(NoticeRegistered(3, 1, 1, len(fen), DAY + 30, 0, lanes, b""), DAY)
    return made


def pay(made: Books, sequence: int, name: str, day: int = DAY) -> None:
    payments = sequence.to_bytes(5, "big") + reference(name)
    made.take(PaymentsSettled(1, bytes(32), 1, payments), day)


def suspend(
    made: Books, sequence: int, name: str, fen: int, reason: SuspenseReason = SuspenseReason.UNDERPAID
) -> bytes:
    identity = suspense_id(1, sequence, reference(name))
    made.take(PaymentSuspended(identity, 1, sequence, fen, reason, reference(name)), DAY)
    return identity


def line(sequence: int, name: str, fen: int, **changes: object) -> BankLine:
    made = BankLine(name, reference(name), text_of((1, sequence)), fen, DAY)
    return replace(made, **changes)  # type: ignore[arg-type]


def run(made: Books, *lines: BankLine, entries: list[TreasuryEntry] | None = None) -> Reconciliation:
    return reconcile(made, lines, entries, code_of, text_of)


def kinds(found: Reconciliation) -> list[str]:
    return sorted(item.kind for item in found.open_items)


def test_payment__on_both_sides__is_matched_by_reference() -> None:
    made = books(8000)
    pay(made, 1, "p")

    found = run(made, line(1, "p", 8000))

    assert found.by_rule() == {"ledger-by-reference": 1}
    assert [(item.kind, item.owner, item.amount_fen) for item in found.open_items] == [
        ("paid-not-receipted", "unit", 8000)
    ]


def test_payment__of_more_than_is_due__is_matched_with_its_suspense() -> None:
    made = books(8000)
    pay(made, 1, "p")
    suspend(made, 1, "p", 2001, SuspenseReason.OVERPAID)

    found = run(made, line(1, "p", 10001))

    assert found.by_rule() == {"ledger-by-reference": 1}
    assert kinds(found) == ["paid-not-receipted", "suspense"]


@pytest.mark.parametrize(
    ("bank_line", "kind"),
    [
        (line(1, "p", 8001), "amount-differs"),
        (line(1, "q", 8000), "not-on-ledger"),
        (line(99, "q", 8000), "code-unknown"),
        (line(101, "q", 8000), "code-unknown"),
        (line(1, "q", 8000, reason="code-missing", code=""), "line-exceptional"),
        (line(1, "q", 8000, reason="outgoing", is_incoming=False), "payout-without-refund"),
    ],
)
def test_line__that_nothing_explains__is_open(bank_line: BankLine, kind: str) -> None:
    made = books(8000)
    pay(made, 1, "p")

    found = run(made, bank_line)

    expected = {"amount-differs": ["paid-not-receipted"]}.get(kind, ["not-at-bank", "paid-not-receipted"])
    assert kinds(found) == sorted([kind, *expected])


def test_line__told_again__is_explained_and_counts_once() -> None:
    made = books(8000)
    pay(made, 1, "p")

    found = run(made, line(1, "p", 8000), line(1, "p", 8000), line(1, "p", 8000, reason="duplicate-notification"))

    assert found.by_rule() == {"ledger-by-reference": 1, "told-again": 2}


def test_reversal__in_its_own_statement__is_explained_by_the_payment() -> None:
    found = run(
        books(8000),
        line(1, "p", 8000, reason="payment-reversed"),
        line(1, "q", 8000, reason="reversal", is_incoming=False),
    )

    assert found.by_rule() == {"taken-back-in-statement": 1}
    assert found.open_items == []


def test_payout__with_one_refund_of_code_and_amount__is_matched() -> None:
    made = books(8000)
    identity = suspend(made, 1, "p", 5000)
    made.take(SuspenseResolved(identity, 1, 5000, 1), DAY + 1)

    assert kinds(run(made, line(1, "p", 5000))) == ["refund-not-paid-out"]
    found = run(made, line(1, "p", 5000), line(1, "r", 5000, reason="outgoing", is_incoming=False))

    assert found.by_rule() == {"ledger-by-reference": 1, "refund-by-code-and-amount": 1}
    assert found.open_items == []


def test_payout__with_two_refunds_of_the_same_amount__is_not_guessed() -> None:
    made = books(8000)
    for name in ("p", "q"):
        made.take(SuspenseResolved(suspend(made, 1, name, 5000), 1, 5000, 1), DAY)
    lines = [line(1, "p", 5000), line(1, "q", 5000)]
    out = [line(1, name, 5000, reason="outgoing", is_incoming=False) for name in ("r", "s")]

    one, both = run(made, *lines, out[0]), run(made, *lines, *out)

    assert [(found.rule, found.members, len(found.candidates)) for found in one.ambiguities] == [
        ("refund-by-code-and-amount", ("bank:r",), 2)
    ]
    assert "refund-by-code-and-amount" not in one.by_rule()
    assert both.ambiguities == []
    assert both.by_rule()["refund-by-code-and-amount"] == 2


def entry(voucher: str, fen: int, sequence: int = 1, name: str = "") -> TreasuryEntry:
    return TreasuryEntry(voucher, text_of((1, sequence)), fen, DAY, name)


@pytest.mark.parametrize(
    ("entries", "rule", "count"),
    [
        ([entry("V1", 8000, name="p"), entry("V2", 8000, name="q")], "treasury-by-reference", 2),
        ([entry("V1", 8000), entry("V2", 8000)], "treasury-by-code-and-amount", 2),
        ([entry("V1", 16000)], "treasury-by-sum", 1),
    ],
)
def test_treasury__entry__is_matched_by_the_strongest_rule(entries: list[TreasuryEntry], rule: str, count: int) -> None:
    made = books(8000)
    pay(made, 1, "p")
    suspend(made, 1, "q", 8000, SuspenseReason.ALREADY_PAID)

    found = run(made, line(1, "p", 8000), line(1, "q", 8000), entries=entries)

    assert found.by_rule()[rule] == count
    assert not {"not-in-treasury", "treasury-only"} & set(kinds(found))


def test_treasury__one_entry_for_two_equal_lines__is_ambiguous() -> None:
    made = books(8000)
    pay(made, 1, "p")
    suspend(made, 1, "q", 8000, SuspenseReason.ALREADY_PAID)

    found = run(made, line(1, "p", 8000), line(1, "q", 8000), entries=[entry("V1", 8000)])

    assert [(one.members, one.candidates) for one in found.ambiguities] == [(("treasury:V1",), ("bank:p", "bank:q"))]


def test_treasury__entries_on_one_side_only__are_open() -> None:
    made = books(8000, 100)
    pay(made, 1, "p")

    found = run(made, line(1, "p", 8000), entries=[entry("V1", 100, 2)])

    assert {"not-in-treasury", "treasury-only"} <= set(kinds(found))


def test_books__of_a_partly_refunded_receipt__keep_blue_and_red_apart() -> None:
    made = books(8000)
    pay(made, 1, "p")
    made.take(PaymentsReceipted(1, 0, 1, (1).to_bytes(5, "big")), DAY)
    made.take(PaymentEnded(1, 1, 8000), DAY + 1)
    assert kinds(run(made, line(1, "p", 8000))) == ["reversed-not-refunded"]
    made.take(NoticeRegistered(3, 1, 2, 1, DAY + 30, 1, Line(5000, 7).to_bytes(), b""), DAY + 1)
    made.take(PaymentsSettled(1, suspense_id(1, 1, bytes(8)), 1, (2).to_bytes(5, "big") + bytes(8)), DAY + 1)
    made.take(ReversalRefunded(1, 1, 3000, 1, 2, 5000), DAY + 1)

    assert kinds(run(made, line(1, "p", 8000))) == ["paid-not-receipted", "refund-not-paid-out"]
    today, tomorrow = day_rows(made.postings, DAY), day_rows(made.postings, DAY + 1)
    assert [(row.item, row.received, row.blue, row.red) for row in today] == [(7, 8000, 8000, 0)]
    assert sum(row.red for row in tomorrow) == 8000
    assert sum(row.refunded for row in tomorrow) == 3000
    whole = balance(made.postings)
    assert (whole.received, whole.paid, whole.refunded, whole.suspense, whole.difference) == (8000, 5000, 3000, 0, 0)


def test_books__of_a_payment_taken_back__wait_for_its_refund() -> None:
    made = books(8000)
    pay(made, 1, "p")
    made.take(PaymentTakenBack(1, 1, 8000, 6), DAY + 1)
    assert kinds(run(made, line(1, "p", 8000))) == ["reversed-not-refunded"]
    before = balance(made.postings)
    assert (before.received, before.paid, before.receipted, before.suspense) == (8000, 0, 0, 8000)
    made.take(ReversalRefunded(1, 1, 8000, 0, 0, 0), DAY + 1)
    after = balance(made.postings)
    assert (after.refunded, after.suspense, after.difference) == (8000, 0, 0)


def test_books__with_a_hole__say_so() -> None:
    with pytest.raises(RemoteError):
        pay(Books(), 1, "p")


def test_names__of_rules_and_open_kinds__are_said_in_chinese() -> None:
    assert all(text.strip() for text in (*RULES.values(), *OPEN_KINDS.values()))
