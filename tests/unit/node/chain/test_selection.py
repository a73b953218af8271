"""Which rows go out together."""

from typing import Any

from piaolian_node.chain.calls import gas_limit
from piaolian_node.chain.selection import MAX_BYTES, MAX_GAS, select_groups
from piaolian_node.outbox.payloads import IssuePayload, Payload
from piaolian_node.outbox.rows import OutboxRow
from support.node_fakes import issue_payload, notice_payload, void_payload


def row(sequence: int, payload: Payload, **changes: Any) -> OutboxRow:
    values: dict[str, Any] = {
        "sequence": sequence,
        "submission": str(sequence),
        "kind": payload.KIND,
        "unit": 1,
        "key_id": "",
        "range": payload.model_dump().get("range"),
        "first": payload.model_dump().get("first"),
        "count": 1,
        "state": "stored" if payload.KIND == "issue" else "accepted",
        "payload": payload,
        "bodies_root": bytes(32),
        "transaction": None,
        "position": None,
        "refusal": None,
        "attempts": 0,
        "retry_at": 0,
        "created_at": 0,
    }
    return OutboxRow(**{**values, **changes})


def by_code(first: int, count: int, range_id: int = 5) -> IssuePayload:
    return issue_payload(first, count, range_id=range_id).model_copy(update={"body_hashes": [bytes(32)] * count})


def shape(rows: list[OutboxRow], held: set[int] | None = None) -> list[tuple[str, list[int]]]:
    groups = select_groups(rows, now_ms=100, held=held or set())
    return [(group.kind, [member.sequence for member in group.rows]) for group in groups]


def test_select__batches_of_many_ranges__one_group_in_order() -> None:
    rows = [row(2, issue_payload(1, 1, range_id=9)), row(1, issue_payload(1, 1))]
    assert shape(rows) == [("issue", [1, 2])]


def test_select__bodies_not_stored__later_rows_of_the_range_wait() -> None:
    rows = [
        row(1, issue_payload(1, 1), state="countersigned"),
        row(2, issue_payload(2, 1)),
        row(3, issue_payload(1, 1, range_id=9)),
    ]
    assert shape(rows) == [("issue", [3])]


def test_select__postponed_row__later_rows_of_the_range_wait() -> None:
    assert shape([row(1, issue_payload(1, 1), retry_at=101), row(2, issue_payload(2, 1))]) == []


def test_select__two_kinds_in_one_range__one_kind_a_round() -> None:
    rows = [row(1, void_payload(1, 1)), row(2, issue_payload(2, 1))]
    assert shape(rows) == [("void", [1])]


def test_select__held_range__only_the_void_passes() -> None:
    rows = [row(1, issue_payload(3, 1)), row(2, void_payload(1, 2)), row(3, notice_payload(1, 1))]
    assert shape(rows, held={5}) == [("void", [2]), ("notice", [3])]


def test_select__more_gas_than_a_transaction_takes__several_groups() -> None:
    rows = [row(number, by_code(1, 600, range_id=number)) for number in range(1, 5)]
    groups = select_groups(rows, now_ms=100, held=set())
    assert len(groups) > 1
    assert all(group.gas <= MAX_GAS and group.size <= MAX_BYTES for group in groups)
    assert [member.sequence for group in groups for member in group.rows] == [1, 2, 3, 4]


def test_gas__collected_call__below_the_cap_of_a_transaction() -> None:
    full = [row(number, issue_payload(1, 1000, range_id=number)) for number in range(1, 51)]
    assert gas_limit(full) < 16_700_000
    assert gas_limit([row(1, notice_payload(1, 1000))]) < 16_700_000 + 2_000_000
