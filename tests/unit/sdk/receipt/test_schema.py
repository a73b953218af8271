"""The published schema and the model say the same, field by field."""

import copy
from datetime import date, time
from decimal import Decimal
from typing import Any, get_args

import pytest
from lxml import etree

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import (
    AuxItem,
    Header,
    InvoicingParty,
    Item,
    KeyInfo,
    Main,
    MainExtension,
    PayerParty,
    Seal,
    Signature,
    SignedInfo,
    parse_receipt,
)
from piaolian_sdk.schema import einvoice_schema
from support.documents import OUTPATIENT, RED, SAMPLES, sample_bytes

XS = "{http://www.w3.org/2001/XMLSchema}"
DOCUMENT = etree.fromstring(einvoice_schema())
SCHEMA = etree.XMLSchema(DOCUMENT)
MODELS: list[type[Any]] = [
    Header, Main, InvoicingParty, PayerParty, MainExtension, Seal, Item, AuxItem, SignedInfo, KeyInfo, Signature,
]  # fmt: skip


def is_read(data: bytes) -> bool:
    try:
        parse_receipt(data)
    except InputError:
        return False
    return True


@pytest.mark.parametrize("name", SAMPLES)
def test_schema__sample__valid(name: str) -> None:
    SCHEMA.assertValid(etree.fromstring(sample_bytes(name)))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_schema__type__same_names_order_and_obligation(model: type[Any]) -> None:
    kind = DOCUMENT.find(f"{XS}complexType[@name='{model.__name__}']")
    assert kind is not None
    group = "all" if model is MainExtension else "sequence"
    declared = [
        (element.get("name"), element.get("minOccurs") != "0") for element in kind.iterfind(f"{XS}{group}/{XS}element")
    ]
    assert declared == [(field.alias, field.is_required()) for field in model.model_fields.values()]


# One value that the type of a field cannot hold; text fields hold any.
WRONG: dict[type[Any], str] = {Decimal: "1e2", date: "2023-04-30", time: "1109"}


@pytest.mark.parametrize("name", [OUTPATIENT, RED])
def test_schema__each_leaf_with_a_wrong_value__refused_by_both_or_none(name: str) -> None:
    root = etree.fromstring(sample_bytes(name))
    judged = 0
    for leaf in [element for element in root.iter() if not len(element) and element.tag != "MainExt"]:
        for value in ("1e2", "-", "１", "2023-04-30", "１２:００:００", "999"):
            changed = copy.deepcopy(root)
            twin = root.getroottree().getpath(leaf)
            changed.xpath(twin)[0].text = value  # type: ignore[index, union-attr]
            data = etree.tostring(changed, encoding="UTF-8", xml_declaration=True).replace(b"'", b'"', 4)
            by_schema = SCHEMA.validate(etree.fromstring(data))
            # Tag, identifier, version and base64 are judged by rules and signatures when the model reads them.
            if leaf.tag in ("EInvoiceTag", "EInvoiceID", "Version", "SignatureValue"):
                continue
            assert by_schema == is_read(data), (leaf.tag, value)
            judged += not by_schema
    assert judged > 50


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_schema__numbers_and_dates__have_a_type_of_their_own(model: type[Any]) -> None:
    kind = DOCUMENT.find(f"{XS}complexType[@name='{model.__name__}']")
    assert kind is not None
    types = {element.get("name"): element.get("type") for element in kind.iter(f"{XS}element")}
    for field in model.model_fields.values():
        kinds = {field.annotation, *get_args(field.annotation)}
        if kinds & WRONG.keys():
            assert types[field.alias] != "xs:string", field.alias


def test_schema__missing_mandatory_leaves__refused_by_both() -> None:
    root = etree.fromstring(sample_bytes(OUTPATIENT))
    refused = 0
    for leaf in [element for element in root.iter() if not len(element)]:
        changed = copy.deepcopy(root)
        twin = changed.xpath(root.getroottree().getpath(leaf))[0]  # type: ignore[index]
        twin.getparent().remove(twin)  # type: ignore[union-attr, arg-type]
        data = etree.tostring(changed, encoding="UTF-8", xml_declaration=True)
        by_schema = SCHEMA.validate(etree.fromstring(data))
        assert by_schema == is_read(data), leaf.tag
        refused += not by_schema
    assert refused > 30
