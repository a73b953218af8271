"""Whatever a unit writes is read back as it was, and has one leaf."""

from datetime import date, time
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from piaolian_sdk.money import fen_from_decimal
from piaolian_sdk.receipt import AuxItem, EInvoice, Item, MainExtension, fields_of, parse_receipt, write_unsigned
from piaolian_sdk.tree import LeafByList, body_hash, fields_root
from support.documents import INPATIENT, OUTPATIENT, sample_model

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=30
)
AMOUNT = st.integers(-(10**14) + 1, 10**14 - 1).map(lambda fen: Decimal(fen).scaleb(-2))
NUMBER = st.decimals(-999_999, 999_999, places=8) | st.just(Decimal("0.3")) | st.just(Decimal("12.50"))
DAY = st.dates(date(1900, 1, 1), date(2099, 12, 31))
CODED: dict[str, st.SearchStrategy[str]] = {
    "related_invoice_code": st.from_regex("[0-9]{8}", fullmatch=True),
    "related_invoice_number": st.from_regex("[0-9]{10}", fullmatch=True),
    "pay_code": st.from_regex("[0-9]{20}", fullmatch=True),
    "is_arrears": st.sampled_from(["0", "1", ""]),
}


def value_of(name: str) -> st.SearchStrategy[Any]:
    """Return what may stand in a field, by its name."""
    if name in CODED:
        return CODED[name]
    if name.endswith("_date"):
        return DAY
    if name.endswith(("amount", "cost")) and not name.startswith("aux"):
        return AMOUNT
    return NUMBER if name.endswith(("quantity", "std", "amount")) else TEXT


def element(model: Any, required: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Return elements of a class, each optional field there or not."""
    optional = {name: value_of(name) for name in model.model_fields if name not in required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda members: model(**members))


ITEM = element(
    Item, {"item_code": st.from_regex("[0-9]{6,12}", fullmatch=True), "item_name": TEXT, "item_amount": AMOUNT}
)


@st.composite
def receipts(draw: st.DrawFn) -> EInvoice:
    base = sample_model(draw(st.sampled_from([OUTPATIENT, INPATIENT])))
    party = base.main.payer_party.model_copy(update={"payer_party_name": draw(TEXT), "payer_party_code": draw(TEXT)})
    main = base.main.model_copy(
        update={
            "total_amount": draw(AMOUNT),
            "issue_date": draw(DAY),
            "issue_time": draw(st.times(max_value=time(23, 59, 59)).map(lambda clock: clock.replace(microsecond=0))),
            "payer_party": party,
            "remark": draw(st.none() | TEXT),
            "exchange_rate": draw(st.none() | NUMBER),
            "main_ext": draw(element(MainExtension, {})),
        }
    )
    items = tuple(draw(st.lists(ITEM, min_size=1, max_size=4)))
    lines = tuple(draw(st.lists(element(AuxItem, {}), max_size=4)))
    return base.model_copy(update={"main": main, "items": items, "aux_items": lines})


def leaf_of(data: bytes) -> bytes:
    parsed = parse_receipt(data)
    fields = fields_root(fields_of(parsed), b"\x01" * 32)
    amount = abs(fen_from_decimal(parsed.model.main.total_amount))
    return LeafByList(3, 7, amount, b"\x02" * 32, body_hash(b"\x03" * 32, fields, bytes(20))).hash


@given(receipts())
@settings(max_examples=150, deadline=None)
def test_round_trip__any_receipt__read_as_written_with_one_leaf(receipt: EInvoice) -> None:
    data = write_unsigned(receipt)
    read = parse_receipt(data).model

    assert read == receipt
    # Written again it has the same bytes: one canonical document, one leaf.
    assert write_unsigned(read) == data
    assert leaf_of(write_unsigned(read)) == leaf_of(data)


@given(receipts(), st.data())
@settings(max_examples=60, deadline=None)
def test_leaf__any_field_changed__is_another(receipt: EInvoice, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(receipt.items) - 1))
    item = receipt.items[position].model_copy(update={"item_name": receipt.items[position].item_name + "a"})
    items = (*receipt.items[:position], item, *receipt.items[position + 1 :])

    changed = receipt.model_copy(update={"items": items})

    assert leaf_of(write_unsigned(changed)) != leaf_of(write_unsigned(receipt))
