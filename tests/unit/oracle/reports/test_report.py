import random

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from piaolian_oracle.reports import (
    ENTRY_BYTES,
    MAX_REPORT_ENTRIES,
    Payment,
    build_report,
    report_id,
    split_payments,
)
from support.bank import payment_code

IDENTITY = bytes(range(32))

payments = st.builds(
    Payment,
    code=st.integers(0, 10**10 - 1).map(payment_code),
    bank_reference=st.binary(min_size=8, max_size=8),
    amount_fen=st.integers(1, (1 << 48) - 1),
    value_day=st.integers(0, (1 << 24) - 1),
    reference=st.just("B"),
    entry=st.just(1),
)


def payment(sequence: int, reference: int = 1, amount: int = 8000) -> Payment:
    return Payment(payment_code(sequence), reference.to_bytes(8, "big"), amount, 20_585, f"B{reference}", 1)


def test_entry__packed__has_the_layout_of_the_contract() -> None:
    built = build_report(IDENTITY, [payment(7, 9, 8000)], {payment_code(7): 3})

    packed = built.report.groups[0].entries_bytes()

    assert packed.hex() == "0000000007" + "000000001f40" + "005069" + "0000000000000009"
    assert len(packed) == ENTRY_BYTES


def test_digest__computed_with_the_abi_of_another_library__is_the_same() -> None:
    ranges = {payment_code(1): 4, payment_code(2): 3}
    report = build_report(IDENTITY, [payment(1), payment(2), payment(2, 2)], ranges).report

    hashes = b"".join(
        keccak(encode(["uint32", "bytes32"], [group.payment_range, keccak(group.entries_bytes())]))
        for group in report.groups
    )
    assert report.digest() == keccak(encode(["bytes32", "bytes32"], [IDENTITY, keccak(hashes)]))


def test_report__groups_ascend_and_entries_ascend_by_sequence_then_reference() -> None:
    ranges = {payment_code(1): 9, payment_code(2): 3, payment_code(3): 3}
    mixed = [payment(3, 5), payment(1, 1), payment(2, 8), payment(3, 4)]

    report = build_report(IDENTITY, mixed, ranges).report

    assert [group.payment_range for group in report.groups] == [3, 9]
    assert [(entry.sequence, entry.bank_reference[-1]) for entry in report.groups[0].entries] == [
        (2, 8),
        (3, 4),
        (3, 5),
    ]


def test_code_without_range__is_kept_apart() -> None:
    built = build_report(IDENTITY, [payment(1), payment(2)], {payment_code(1): 1})

    assert built.report.entry_count == 1
    assert built.unknown_codes == (payment_code(2),)


@given(st.lists(payments, max_size=60, unique_by=lambda found: (found.code, found.bank_reference)))
def test_digest__of_payments_in_any_order__is_the_same(found: list[Payment]) -> None:
    ranges = {each.code: int(each.code[-1]) for each in found}
    shuffled = found.copy()
    random.Random(1).shuffle(shuffled)

    assert (
        build_report(IDENTITY, found, ranges).report.digest()
        == build_report(IDENTITY, shuffled, ranges).report.digest()
    )


@given(
    st.lists(payments, min_size=1, max_size=20, unique_by=lambda found: (found.code, found.bank_reference)),
    st.data(),
)
def test_digest__after_any_change_of_one_payment__differs(found: list[Payment], data: st.DataObject) -> None:
    ranges = dict.fromkeys((each.code for each in found), 1)
    changed = found.copy()
    index = data.draw(st.integers(0, len(found) - 1))
    old = found[index]
    changed[index] = Payment(old.code, old.bank_reference, old.amount_fen ^ 1, old.value_day, old.reference, 1)

    assert (
        build_report(IDENTITY, found, ranges).report.digest() != build_report(IDENTITY, changed, ranges).report.digest()
    )


def test_report_id__of_another_account_statement_page_or_part__differs() -> None:
    account = bytes(32)
    made = {
        report_id(account, "camt.054#1", 1, 0),
        report_id(bytes([1]) + bytes(31), "camt.054#1", 1, 0),
        report_id(account, "camt.054#2", 1, 0),
        report_id(account, "camt.053#1", 1, 0),
        report_id(account, "camt.054#1", 2, 0),
        report_id(account, "camt.054#1", 1, 1),
    }

    assert len(made) == 6
    assert {len(each) for each in made} == {32}


def test_report_id__is_a_known_answer() -> None:
    # Every release must name the same statement the same, or oracles of two releases would never agree.
    words = [keccak(b"piaolian.payment-report.1"), bytes(32), keccak(b"camt.054#1"), bytes(31) + b"\1", bytes(32)]

    assert report_id(bytes(32), "camt.054#1", 1, 0) == keccak(b"".join(words))


def test_split__cuts_before_ranges_are_known() -> None:
    many = [payment(number) for number in range(MAX_REPORT_ENTRIES * 2 + 1)]

    parts = split_payments(many)

    assert [len(part) for part in parts] == [MAX_REPORT_ENTRIES, MAX_REPORT_ENTRIES, 1]
    assert [each for part in parts for each in part] == many
