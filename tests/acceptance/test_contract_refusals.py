"""Each act that the contract refuses in the story passes once the one thing that is wrong with it is put right.

So it is this rule that refuses it and no other. The acts are those of ``demo.acts``, sent by a node that was taken
over.
"""

from demo import acts
from demo.cast import new_chain_signer
from demo.catalogue import SEARCH
from demo.rogue import Attempt
from support.story import ContractWorld

_SECONDS_OF_A_DAY = 86_400
_REASON = 3


def _code(attempt: Attempt) -> str | None:
    return attempt.refusal.code if attempt.refusal is not None else None


def test_forged_amount__true_amount__passes(contract_world: ContractWorld) -> None:
    notice = contract_world.notice()
    contract_world.pay(notice)
    honest = contract_world.by_code(notice)

    assert _code(contract_world.issue(honest.changed(total_fen=notice.amount_fen - 1))) == "total-mismatch"
    assert _code(contract_world.issue(honest.changed(amounts_fen=(1,), total_fen=8_000))) == "unit-root-mismatch"
    assert _code(contract_world.issue(honest)) is None


def test_unpaid_code__once_paid__passes(contract_world: ContractWorld) -> None:
    notice = contract_world.notice()
    batch = contract_world.by_code(notice)

    assert _code(contract_world.issue(batch)) == "payment-not-paid"
    contract_world.pay(notice)
    assert _code(contract_world.issue(batch)) is None


def test_underpaid_code__paid_in_full__passes(contract_world: ContractWorld) -> None:
    notice = contract_world.notice()
    contract_world.pay(notice, notice.amount_fen - 1)
    batch = contract_world.by_code(notice)

    assert _code(contract_world.issue(batch)) == "payment-not-paid"
    contract_world.pay(notice)
    assert _code(contract_world.issue(batch)) is None


def test_payment_code_used_twice__first_use__passes(contract_world: ContractWorld) -> None:
    notice = contract_world.notice()
    contract_world.pay(notice)
    before = contract_world.anvil.snapshot()
    assert _code(contract_world.issue(contract_world.by_code(notice, b"first"))) is None
    second = contract_world.by_code(notice, b"second")

    assert _code(contract_world.issue(second)) == "payment-already-used"
    contract_world.revert(before)
    assert _code(contract_world.issue(second.changed(first=second.first - 1))) is None


def test_number_used_before__in_its_turn__passes(contract_world: ContractWorld) -> None:
    first, second = contract_world.notice(), contract_world.notice()
    contract_world.pay(first)
    contract_world.pay(second)
    rival = contract_world.by_code(second, b"rival")
    before = contract_world.anvil.snapshot()
    assert _code(contract_world.issue(contract_world.by_code(first))) is None

    assert _code(contract_world.issue(rival)) == "number-not-next"
    contract_world.revert(before)
    assert _code(contract_world.issue(rival)) is None


def test_range_of_another_unit__own_range__passes(contract_world: ContractWorld) -> None:
    notice = contract_world.notice()
    contract_world.pay(notice)
    own = contract_world.by_code(notice)
    foreign = contract_world.units["patent_office"].ranges["0101"].range_id
    first = acts.next_number(contract_world.chain, foreign)

    assert _code(contract_world.issue(own.changed(range=foreign, first=first))) == "not-your-range"
    assert _code(contract_world.issue(own)) is None


def test_signature_of_another_key__own_key__passes(contract_world: ContractWorld) -> None:
    batch = contract_world.by_list(contract_world.hospital)

    assert _code(contract_world.rogue.issue(batch, new_chain_signer())) == "wrong-signer"
    assert _code(contract_world.issue(batch, contract_world.hospital)) is None


def test_expired_signature__before_its_deadline__passes(contract_world: ContractWorld) -> None:
    batch = contract_world.by_list(contract_world.hospital)
    before = contract_world.anvil.snapshot()
    contract_world.anvil.set_time(batch.deadline + 1)

    assert _code(contract_world.issue(batch, contract_world.hospital)) == "signature-expired"
    contract_world.revert(before)
    assert _code(contract_world.issue(batch, contract_world.hospital)) is None


def test_day_long_past__on_that_day__passes(contract_world: ContractWorld) -> None:
    that_day = contract_world.by_list(contract_world.hospital)
    before = contract_world.anvil.snapshot()
    contract_world.anvil.set_time(contract_world.anvil.head_unix() + 40 * _SECONDS_OF_A_DAY)
    late = that_day.changed(deadline=contract_world.deadline())

    assert _code(contract_world.issue(late, contract_world.hospital)) == "issue-day-out-of-window"
    contract_world.revert(before)
    assert _code(contract_world.issue(late, contract_world.hospital)) is None


def test_disabled_item__while_enabled__passes(contract_world: ContractWorld) -> None:
    item = contract_world.items[SEARCH.code]
    act = contract_world.notice_act(item, SEARCH.max_fen)
    signer = contract_world.registry.unit.chain_signer
    before = contract_world.anvil.snapshot()
    contract_world.supervise("Registry", "disableItem", item, contract_world.anvil.head_unix() + 1)
    contract_world.anvil.set_time(contract_world.anvil.head_unix() + 5)

    assert _code(contract_world.rogue.notice(act, signer)) == "item-disabled"
    contract_world.revert(before)
    assert _code(contract_world.rogue.notice(act, signer)) is None


def test_amount_outside_the_items_bounds__inside__passes(contract_world: ContractWorld) -> None:
    item = contract_world.items[SEARCH.code]
    signer = contract_world.registry.unit.chain_signer

    dear = contract_world.notice_act(item, SEARCH.max_fen + 1)
    assert _code(contract_world.rogue.notice(dear, signer)) == "item-amount-out-of-bounds"
    assert _code(contract_world.rogue.notice(contract_world.notice_act(item, SEARCH.max_fen), signer)) is None


def test_restricted_unit__lifted__passes(contract_world: ContractWorld) -> None:
    hospital = contract_world.hospital
    batch = contract_world.by_list(hospital)
    contract_world.supervise("Registry", "restrict", hospital.number, _REASON)

    assert _code(contract_world.issue(batch, hospital)) == "unit-is-restricted"
    contract_world.supervise("Registry", "lift", hospital.number)
    assert _code(contract_world.issue(batch, hospital)) is None


def test_overdue_unit__month_written_off__passes(contract_world: ContractWorld) -> None:
    unit = contract_world.units["second_hospital"]
    month = contract_world.month(3)
    contract_world.bring_forward(unit, 601, month)
    batch = contract_world.by_list(unit)

    refused = contract_world.issue(batch, unit)
    assert _code(refused) == "unit-overdue"
    contract_world.write_off(unit, 601, month)
    assert _code(contract_world.issue(batch, unit)) is None


def test_two_batches_in_one_call__one_is_refused__the_other_stands(contract_world: ContractWorld) -> None:
    unpaid = contract_world.by_code(contract_world.notice())
    good = contract_world.by_list(contract_world.hospital)

    attempts = contract_world.rogue.issue_many(
        [(unpaid, contract_world.registry.unit.chain_signer), (good, contract_world.hospital.unit.chain_signer)]
    )
    assert attempts == (1, 1)
