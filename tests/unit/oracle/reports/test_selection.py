from dataclasses import replace
from pathlib import Path
from typing import get_args

from piaolian_oracle.reports import EXPLANATIONS, Selection, bank_reference, select_payments
from piaolian_oracle.reports.selection import ExceptionReason
from piaolian_oracle.simulator import Message, Movement, write_message
from piaolian_oracle.statements import Statement, read_statements
from piaolian_oracle.statements.elements import beijing_instant
from support.bank import ACCOUNT, BankBook, payment_code

DATA = Path(__file__).parents[3] / "data" / "bank"
CODE = payment_code(1)


def statement_of(*movements: Movement) -> Statement:
    made = Message(ACCOUNT, "N1", 1, beijing_instant("2026-05-12T09:00:00+08:00"), movements)
    (statement,) = read_statements(write_message(made))
    return statement


def select(*movements: Movement) -> Selection:
    return select_payments(statement_of(*movements), {})


def reasons(selection: Selection) -> list[ExceptionReason]:
    return [line.reason for line in selection.exceptions]


def test_sample__gives_five_payments_and_two_explained_lines() -> None:
    (statement,) = read_statements((DATA / "camt054.xml").read_bytes())

    selection = select_payments(statement, {})

    assert [(payment.code[-2:], payment.amount_fen) for payment in selection.payments] == [
        ("01", 8000),
        ("01", 8000),
        ("02", 7999),
        ("03", 10001),
        ("04", 5000),
    ]
    assert [(line.entry, line.reason) for line in selection.exceptions] == [
        (2, "duplicate-notification"),
        (6, "reversal"),
    ]


def test_selection__whatever_the_lines__each_is_in_exactly_one_list() -> None:
    (statement,) = read_statements((DATA / "camt054.xml").read_bytes())

    selection = select_payments(statement, {})

    places = [payment.entry for payment in selection.payments] + [line.entry for line in selection.exceptions]
    assert sorted(places) == [line.entry for line in statement.lines]


def test_c047_notification__repeated_in_one_statement__counts_once() -> None:
    payment = BankBook().paid(CODE)

    selection = select(payment, payment, payment)

    assert len(selection.payments) == 1
    assert reasons(selection) == ["duplicate-notification"] * 2


def test_c048_reference__with_two_amounts__is_an_alarm_and_counts_for_nothing() -> None:
    payment = BankBook().paid(CODE)

    selection = select(payment, replace(payment, amount="90.00"))

    assert selection.payments == ()
    assert reasons(selection) == ["reference-conflict"] * 2


def test_reference__known_from_an_earlier_statement__is_reported_again_for_oracles_with_another_past() -> None:
    statement = statement_of(BankBook().paid(CODE))
    known = {line.reference: line.content_digest() for line in statement.lines}

    assert select_payments(statement, known) == select_payments(statement, {})


def test_reference__known_with_other_content__is_an_alarm() -> None:
    selection = select_payments(statement_of(BankBook().paid(CODE)), {"B000001": "00" * 32})

    assert selection.payments == ()
    assert reasons(selection) == ["reference-conflict"]


def test_c049_second_payment__with_another_reference__is_reported_too() -> None:
    bank = BankBook()

    assert len(select(bank.paid(CODE), bank.paid(CODE)).payments) == 2


def test_c054_reversal__marked_as_credit__is_no_payment() -> None:
    selection = select(BankBook().reversed(CODE, marked_credit=True))

    assert selection.payments == ()
    assert reasons(selection) == ["reversal"]


def test_reversal__of_the_only_payment__takes_it_out_of_the_report() -> None:
    bank = BankBook()

    selection = select(bank.paid(CODE), bank.reversed(CODE))

    assert selection.payments == ()
    assert reasons(selection) == ["payment-reversed", "reversal"]


def test_reversal__of_one_of_two_payments__leaves_both_to_the_ledger() -> None:
    bank = BankBook()

    selection = select(bank.paid(CODE), bank.paid(CODE), bank.reversed(CODE))

    assert len(selection.payments) == 2


def test_reversal__of_another_amount__does_not_touch_the_payment() -> None:
    bank = BankBook()

    selection = select(bank.paid(CODE), bank.reversed(CODE, "50.00"))

    assert [payment.amount_fen for payment in selection.payments] == [8000]


def test_reversal__told_twice__takes_one_payment_only() -> None:
    bank = BankBook()
    back = bank.reversed(CODE)

    selection = select(bank.paid(CODE), bank.paid(CODE), back, back)

    assert len(selection.payments) == 2


def test_pending_entry__is_left_for_later() -> None:
    pending = replace(BankBook().paid(CODE), is_booked=False)

    assert reasons(select(pending)) == ["not-booked"]


def test_pending_entry__beside_its_booking__is_no_conflict() -> None:
    payment = BankBook().paid(CODE)

    selection = select(replace(payment, is_booked=False, amount="80.01"), payment)

    assert [found.amount_fen for found in selection.payments] == [8000]
    assert reasons(selection) == ["not-booked"]


def test_other_lines__are_explained() -> None:
    bank = BankBook()
    payment = bank.paid(CODE)

    selection = select(
        replace(bank.paid(CODE), is_credit=False),
        replace(bank.paid(CODE), currency="USD"),
        bank.paid(""),
        replace(bank.paid(CODE), amount="0.00"),
        payment,
    )

    assert reasons(selection) == ["outgoing", "currency-foreign", "code-missing", "amount-zero"]
    assert [found.reference for found in selection.payments] == [payment.reference]


def test_payment_without_reference__is_withheld() -> None:
    statement = statement_of(BankBook().paid(CODE))
    nameless = replace(statement, lines=(replace(statement.lines[0], reference="", problem="reference-missing"),))

    assert reasons(select_payments(nameless, {})) == ["reference-missing"]


def test_every_reason__has_an_explanation_for_people() -> None:
    assert set(EXPLANATIONS) == set(get_args(ExceptionReason))


def test_bank_reference__is_the_first_8_bytes_of_sha256_of_account_and_reference() -> None:
    assert bank_reference(ACCOUNT, "B0001").hex() == "ffb26c751f97bde2"
