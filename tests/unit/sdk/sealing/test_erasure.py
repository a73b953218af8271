"""Destroying keys needs the end of retention, no hold, and two persons."""

from datetime import date

import pytest

from piaolian_sdk.errors import InputError
from piaolian_sdk.sealing.erasure import DestructionList, ErasureCandidate, approve_erasure, propose_erasure

TODAY = date(2026, 3, 2)
KEYS = ("320601200000010003", "320601200000010004")
DUE = [ErasureCandidate(key, date(2026, 3, 1)) for key in KEYS]


def proposed(candidates: list[ErasureCandidate] = DUE) -> DestructionList:
    return propose_erasure(candidates, reason="保存期满", proposed_by="records-1", today=TODAY)


def test_erasure__two_persons_after_retention__is_approved() -> None:
    plan = proposed([DUE[1], DUE[0]])

    approved = approve_erasure(plan, plan.digest, DUE, approved_by="records-2", today=TODAY)

    assert approved.receipt_keys == KEYS
    assert (approved.plan.proposed_by, approved.approved_by) == ("records-1", "records-2")


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        (ErasureCandidate(KEYS[0], TODAY), "erasure-before-retention"),
        (ErasureCandidate(KEYS[0], date(2056, 1, 1)), "erasure-before-retention"),
        (ErasureCandidate(KEYS[0], date(2020, 1, 1), ("case-7",)), "erasure-under-legal-hold"),
        (ErasureCandidate(KEYS[1], date(2020, 1, 1)), "erasure-list-malformed"),
        (ErasureCandidate("3206012", date(2020, 1, 1)), "receipt-key-malformed"),
    ],
    ids=["last-day", "long-before", "hold", "twice", "no-receipt"],
)
def test_erasure__one_receipt_not_erasable__refuses_the_list(candidate: ErasureCandidate, code: str) -> None:
    with pytest.raises(InputError) as caught:
        proposed([DUE[1], candidate])

    assert caught.value.code == code


@pytest.mark.parametrize("second", ["records-1", " Records-1 ", ""], ids=["same", "same-spelt-otherwise", "nobody"])
def test_erasure__no_second_person__is_refused(second: str) -> None:
    plan = proposed()

    with pytest.raises(InputError) as caught:
        approve_erasure(plan, plan.digest, DUE, approved_by=second, today=TODAY)

    assert caught.value.code == "erasure-needs-second-person"


@pytest.mark.parametrize("candidates", [DUE[:1], [*DUE, ErasureCandidate("320601200000010005", date(2020, 1, 1))]])
def test_erasure__other_receipts_than_listed__are_refused(candidates: list[ErasureCandidate]) -> None:
    plan = proposed()

    with pytest.raises(InputError) as caught:
        approve_erasure(plan, plan.digest, candidates, approved_by="records-2", today=TODAY)

    assert caught.value.code == "erasure-list-changed"


def test_erasure__digest_of_another_list__is_refused() -> None:
    with pytest.raises(InputError) as caught:
        approve_erasure(proposed(), proposed(DUE[:1]).digest, DUE, approved_by="records-2", today=TODAY)

    assert caught.value.code == "erasure-list-changed"


def test_erasure__hold_laid_after_the_proposal__is_refused() -> None:
    plan = proposed()
    held = [DUE[0], ErasureCandidate(KEYS[1], date(2026, 3, 1), ("case-7",))]

    with pytest.raises(InputError) as caught:
        approve_erasure(plan, plan.digest, held, approved_by="records-2", today=TODAY)

    assert caught.value.code == "erasure-under-legal-hold"
    assert caught.value.field == KEYS[1]


@pytest.mark.parametrize(("reason", "person"), [(" ", "records-1"), ("保存期满", "")])
def test_erasure__no_reason_or_person__is_refused(reason: str, person: str) -> None:
    with pytest.raises(InputError) as caught:
        propose_erasure(DUE, reason=reason, proposed_by=person, today=TODAY)

    assert caught.value.code == "erasure-list-malformed"
