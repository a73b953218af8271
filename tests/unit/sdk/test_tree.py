"""Trees and leaves under attack: what must not verify, and widths that must not be cut."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.tree import (
    Header,
    LeafByList,
    Line,
    disclose,
    fields_root,
    keccak256,
    lines_hash,
    path_length,
    positional_path,
    positional_root,
    verify_disclosure,
    verify_path,
)

FIELDS = [("Main/TotalAmount", "993.54"), ("Main/PayerParty/PayerPartyName", "李·𠮷"), ("Main/Remark", "")]
SEED = bytes(range(32))


def leaves(count: int) -> list[bytes]:
    return [keccak256(bytes([i])) for i in range(count)]


@given(count=st.integers(1, 70), data=st.data())
def test_verify_path__every_place__verifies_there_and_nowhere_else(count: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, count - 1))
    other = data.draw(st.integers(0, count - 1))
    tree = leaves(count)
    path = positional_path(tree, index)

    verify_path(positional_root(tree), tree[index], index, count, path)

    assert len(path) == path_length(count)
    if other != index:
        with pytest.raises(VerificationError):
            verify_path(positional_root(tree), tree[index], other, count, path)


@pytest.mark.parametrize(
    ("index", "count", "change"),
    [
        pytest.param(-1, 5, lambda path: path, id="negative-index"),
        pytest.param(5, 5, lambda path: path, id="index-beyond"),
        pytest.param(2, 5, lambda path: path[:-1], id="path-too-short"),
        pytest.param(2, 5, lambda path: [*path, bytes(32)], id="path-too-long"),
        pytest.param(2, 5, lambda path: [path[0][:31], *path[1:]], id="node-cut"),
        pytest.param(2, 5, lambda path: [bytes(32), *path[1:]], id="node-changed"),
        pytest.param(2, 17, lambda path: path, id="other-count"),
    ],
)
def test_verify_path__changed__is_refused(index: int, count: int, change: Callable[[list[bytes]], list[bytes]]) -> None:
    tree = leaves(5)

    with pytest.raises(VerificationError) as refused:
        verify_path(positional_root(tree), tree[2], index, count, change(positional_path(tree, 2)))

    assert refused.value.code == "path-mismatch"


def test_verify_path__missing_sibling_as_leaf__is_refused() -> None:
    """The zeros that pad an odd level stand beyond the count, so they are nobody's leaf."""
    tree = leaves(3)

    with pytest.raises(VerificationError):
        verify_path(positional_root(tree), bytes(32), 3, 3, [tree[2], keccak256(tree[0] + tree[1])])


@pytest.mark.parametrize("action", [lambda: positional_root([]), lambda: positional_path(leaves(3), 3)])
def test_tree__nothing_to_hash__is_refused(action: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        action()


def test_positional_root__leaf_of_31_bytes__is_refused() -> None:
    with pytest.raises(InputError) as refused:
        positional_root([bytes(31)])

    assert refused.value.field == "leaf"


HEADER = Header(1, 2, 1, 3, 4, 5, 6, 7, bytes(32))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit", 1 << 32),
        ("range", 1 << 32),
        ("mode", 256),
        ("first", 1 << 40),
        ("count", -1),
        ("issue_day", 1 << 32),
        ("total_fen", 1 << 64),
        ("catalog_version", 1 << 32),
        ("unit_root", bytes(33)),
    ],
)
def test_header__value_too_wide__is_refused_and_named(field: str, value: object) -> None:
    with pytest.raises(InputError) as refused:
        _ = replace(HEADER, **{field: value}).hash  # type: ignore[arg-type]

    assert refused.value.field == field


@pytest.mark.parametrize("field", ["unit", "range", "mode", "first", "count", "issue_day", "total_fen"])
def test_header__any_member_changed__changes_the_hash(field: str) -> None:
    assert replace(HEADER, **{field: getattr(HEADER, field) + 1}).hash != HEADER.hash


def test_leaf_by_list__other_salt__hides_the_same_amount_otherwise() -> None:
    first = LeafByList(1, 2, 99354, b"\x01" * 32, bytes(32))

    assert first.amount != replace(first, amount_salt=b"\x02" * 32).amount


def test_lines_hash__no_line__is_refused() -> None:
    with pytest.raises(InputError):
        lines_hash([])


def test_line__amount_of_49_bits__is_refused() -> None:
    with pytest.raises(InputError) as refused:
        Line(1 << 48, 1).to_bytes()

    assert refused.value.field == "amount_fen"


def test_disclose__some_fields__verify_against_the_root() -> None:
    root = fields_root(FIELDS, SEED)

    shown = disclose(FIELDS, SEED, [0, 2])

    assert [(field.path, field.text) for field in shown] == [FIELDS[0], FIELDS[2]]
    for field in shown:
        verify_disclosure(root, field)


@pytest.mark.parametrize(
    "change",
    [{"text": "993.55"}, {"path": "Main/Checker"}, {"index": 1}, {"salt": bytes(32)}, {"salt": b""}, {"count": 9}],
    ids=["text", "path", "index", "salt", "no-salt", "count"],
)
def test_verify_disclosure__changed__is_refused(change: dict[str, object]) -> None:
    (field,) = disclose(FIELDS, SEED, [0])

    with pytest.raises(VerificationError):
        verify_disclosure(fields_root(FIELDS, SEED), replace(field, **change))  # type: ignore[arg-type]
