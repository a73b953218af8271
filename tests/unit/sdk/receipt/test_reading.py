"""Reading is strict: one document, one reading; every refusal has its name and place."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import MAX_RECEIPT_BYTES, fields_of, parse_receipt, receipt_from_members
from support.documents import INPATIENT, NON_TAX, OUTPATIENT, SAMPLES, sample_bytes, sample_model, unsigned_sample

SAMPLE = sample_bytes(OUTPATIENT)


def refusal(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_receipt(data)
    return caught.value


def replaced(old: str, new: str, data: bytes = SAMPLE) -> bytes:
    assert data.count(old.encode()) >= 1, old
    return data.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize("name", SAMPLES)
def test_parse__sample__slices_are_the_bytes(name: str) -> None:
    data = sample_bytes(name)
    parsed = parse_receipt(data)
    assert parsed.bytes == data
    assert parsed.unit_signature_bytes is not None
    assert parsed.supervision_signature_bytes is not None
    rebuilt = (
        b'<?xml version="1.0" encoding="UTF-8"?><EInvoice>'
        + parsed.header_bytes
        + parsed.data_bytes
        + b"<EInvoiceSignature>"
        + parsed.unit_signature_bytes
        + parsed.supervision_signature_bytes
        + b"</EInvoiceSignature></EInvoice>"
    )
    assert rebuilt == data


@pytest.mark.parametrize("name", SAMPLES)
def test_parse__twice__same_model(name: str) -> None:
    assert parse_receipt(sample_bytes(name)).model == parse_receipt(sample_bytes(name)).model


def test_parse__outpatient__values() -> None:
    main = parse_receipt(SAMPLE).model.main
    assert main.key == "320601230000010003"
    assert main.total_amount == Decimal("993.54")
    assert main.main_ext.medical_insurance_id == "0000000001"
    assert main.payer_party.payer_party_code == ""
    assert main.issue_date.isoformat() == "2023-04-30"


def test_parse__inpatient__negative_rounding_and_fractional_quantity() -> None:
    model = sample_model(INPATIENT)
    assert model.items[-1].item_amount == Decimal("-0.01")
    assert model.aux_items[1].aux_item_quantity == Decimal("12.5")
    assert str(model.aux_items[1].aux_item_std) == "351.1992"


def test_parse__unsigned__no_signatures() -> None:
    parsed = parse_receipt(unsigned_sample(NON_TAX))
    assert parsed.unit_signature_bytes is None
    assert parsed.supervision_signature_bytes is None
    assert parsed.model.signatures == ()


def test_parse__one_signature__the_units() -> None:
    second = SAMPLE[SAMPLE.rindex(b"<Signature>") : SAMPLE.rindex(b"</Signature>") + len(b"</Signature>")]
    parsed = parse_receipt(SAMPLE.replace(second, b""))
    assert parsed.unit_signature_bytes is not None
    assert parsed.supervision_signature_bytes is None


def test_parse__white_space_between_elements__accepted() -> None:
    spaced = SAMPLE.replace(b"><", b">\n  <").replace(b"<Remark>\n  </Remark>", b"<Remark></Remark>")
    for name in (b"PayerPartyCode", b"PayerAcct", b"PayerOpBk", b"PayMode", b"SupervisorRemark"):
        spaced = spaced.replace(b"<" + name + b">\n  </" + name + b">", b"<" + name + b"></" + name + b">")
    assert parse_receipt(spaced).model == parse_receipt(SAMPLE).model


def test_c015_parse__ampersand_and_cdata__link_unchanged() -> None:
    link = "https://verify.invalid/d?t=504&a=1&d=32060123_0000010003"
    escaped = replaced("<Remark></Remark>", f"<Remark>{link.replace('&', '&amp;')}</Remark>")
    wrapped = replaced("<Remark></Remark>", f"<Remark><![CDATA[{link}]]></Remark>")
    nested = replaced("<Remark></Remark>", f"<Remark><![CDATA[<![CDATA[{link}]]]]><![CDATA[>]]></Remark>")
    assert parse_receipt(escaped).model.main.remark == link
    assert parse_receipt(wrapped).model.main.remark == link
    assert parse_receipt(nested).model.main.remark == f"<![CDATA[{link}]]>"


def test_c009_parse__insurance_and_case_numbers__text_with_zeros() -> None:
    extension = sample_model(INPATIENT).main.main_ext
    assert (extension.medical_insurance_id, extension.case_number) == ("0000000002", "0000123")


def test_c018_parse__zero_empty_and_separators__all_amounts() -> None:
    data = replaced("<FundPayAmount>196.04<", "<FundPayAmount>23,689.46<")
    data = replaced("<OwnPayAmount>0.00<", "<OwnPayAmount><", data)
    extension = parse_receipt(data).model.main.main_ext
    assert extension.fund_pay_amount == Decimal("23689.46")
    assert extension.own_pay_amount is None
    assert extension.selfpayment_cost == 0


ITEMS = SAMPLE[SAMPLE.index(b"<Item>") : SAMPLE.index(b"</Details>")]
FIRST_SIGNATURE = SAMPLE[SAMPLE.index(b"<Signature>") : SAMPLE.index(b"</Signature>") + 12].decode()

REFUSED: list[tuple[str, bytes, str, str]] = [
    ("size", SAMPLE + b" " * MAX_RECEIPT_BYTES, "receipt-too-large", "document"),
    ("empty", b"", "receipt-encoding-wrong", "document"),
    ("utf-16", SAMPLE.decode().encode("utf-16"), "receipt-encoding-wrong", "document"),
    ("gbk", SAMPLE.decode().encode("gbk"), "receipt-encoding-wrong", "document"),
    ("declared gbk", replaced('encoding="UTF-8"', 'encoding="GBK"'), "receipt-encoding-wrong", "document"),
    ("version 1.1", replaced('version="1.0"', 'version="1.1"'), "receipt-encoding-wrong", "document"),
    ("byte order mark", b"\xef\xbb\xbf" + SAMPLE, "receipt-encoding-wrong", "document"),
    ("leading blank", b" " + SAMPLE, "receipt-encoding-wrong", "document"),
    ("doctype", replaced("<EInvoice>", "<!DOCTYPE EInvoice><EInvoice>"), "receipt-dtd-refused", "document"),
    (
        "entity",
        replaced("<EInvoice>", '<!DOCTYPE EInvoice [<!ENTITY a "b">]><EInvoice>').replace(b"<Remark>", b"<Remark>&a;"),
        "receipt-dtd-refused",
        "document",
    ),
    ("undefined entity", replaced("<Remark>", "<Remark>&nbsp;"), "receipt-not-well-formed", "document"),
    ("unclosed", SAMPLE[:-11], "receipt-not-well-formed", "document"),
    ("second root", SAMPLE + b"<EInvoice></EInvoice>", "receipt-not-well-formed", "document"),
    ("comment before", replaced("<EInvoice>", "<!--x--><EInvoice>"), "receipt-markup-refused", "EInvoice"),
    ("comment after", SAMPLE + b"<!--x-->", "receipt-markup-refused", "EInvoice"),
    ("comment in root", replaced("<Header>", "<!--x--><Header>"), "receipt-markup-refused", "EInvoice"),
    ("comment in main", replaced("<PayMode>", "<!--x--><PayMode>"), "receipt-markup-refused", "Main"),
    ("comment in a text", replaced("<Remark>", "<Remark>a<!--x-->b"), "receipt-markup-refused", "Remark"),
    ("instruction", replaced("<Details>", "<Details><?x y?>"), "receipt-markup-refused", "Details"),
    ("text between", replaced("<PayMode>", "x<PayMode>"), "receipt-markup-refused", "Main"),
    ("ideographic space between", replaced("<PayMode>", "\u3000<PayMode>"), "receipt-markup-refused", "Main"),
    ("text in the root", replaced("<EInvoiceData>", "x<EInvoiceData>"), "receipt-markup-refused", "EInvoice"),
    ("text in an item", replaced("<ItemName>", "x<ItemName>"), "receipt-markup-refused", "Item"),
    ("text in MainExt", replaced("<MainExt>", "<MainExt>x"), "receipt-markup-refused", "MainExt"),
    ("attribute", replaced("<PayMode>", '<PayMode a="b">'), "receipt-element-unknown", "Main/PayMode"),
    (
        "attribute of the root",
        replaced("<EInvoice>", '<EInvoice a="b">'),
        "receipt-element-unknown",
        "document/EInvoice",
    ),
    ("namespace", replaced("<Main>", '<Main xmlns="urn:x">'), "receipt-element-unknown", "EInvoiceData/{urn:x}Main"),
    ("prefix", replaced("<Main>", '<Main xmlns:a="urn:x">'), "receipt-element-unknown", "EInvoiceData/Main"),
    ("other root", b"<Invoice></Invoice>", "receipt-encoding-wrong", "document"),
    ("unknown", replaced("<PayMode>", "<Extra></Extra><PayMode>"), "receipt-element-unknown", "Main/Extra"),
    ("unknown in text", replaced("<Remark>", "<Remark><b>x</b>"), "receipt-element-unknown", "Remark/b"),
    ("deep", replaced("<Remark>", "<Remark>" + "<a>" * 20 + "</a>" * 20), "receipt-too-deep", "Remark"),
    ("very deep", replaced("<Remark>", "<Remark>" + "<a>" * 300 + "</a>" * 300), "receipt-too-deep", "document"),
    (
        "duplicate",
        replaced("<TotalAmount>", "<TotalAmount>1.00</TotalAmount><TotalAmount>"),
        "receipt-element-duplicate",
        "Main/TotalAmount",
    ),
    (
        "duplicate in MainExt",
        replaced("<OwnPayAmount>", "<Gender>女</Gender><OwnPayAmount>"),
        "receipt-element-duplicate",
        "MainExt/Gender",
    ),
    ("second header", replaced("</Header>", "</Header><Header/>"), "receipt-element-duplicate", "EInvoice/Header"),
    (
        "out of order",
        replaced("<IssueTime>11:09:01</IssueTime>", "").replace(
            b"<IssueDate>", b"<IssueTime>11:09:01</IssueTime><IssueDate>", 1
        ),
        "receipt-element-misplaced",
        "Main/IssueDate",
    ),
    ("no details", SAMPLE.replace(b"Details>", b"Detail>"), "receipt-element-unknown", "EInvoiceData/Detail"),
    ("no item", SAMPLE.replace(ITEMS, b""), "receipt-element-missing", "Details/Item"),
    ("blank in a tag", replaced("<Header>", "<Header >"), "receipt-element-misplaced", "Header"),
    ("blank in an end tag", replaced("</Header>", "</Header >"), "receipt-element-misplaced", "Header"),
    (
        "tag in a character section",
        replaced("<Remark>", "<Remark><![CDATA[</EInvoiceData>]]>"),
        "receipt-element-misplaced",
        "EInvoiceData",
    ),
    (
        "signature in a character section",
        replaced("<Remark>", "<Remark><![CDATA[<Signature>]]>"),
        "receipt-element-misplaced",
        "Signature",
    ),
    (
        # The parts to sign would begin in the remark, and nobody would sign the amount.
        "blank in a tag and the tag in a character section",
        replaced("<Remark>", "<Remark><![CDATA[<EInvoiceData>]]>").replace(
            b"<EInvoiceData><Main>", b"<EInvoiceData ><Main>"
        ),
        "receipt-element-misplaced",
        "EInvoiceData",
    ),
    (
        "blank in a signature's tag and the tag in a character section",
        replaced("<Signature>", "<Signature\n>").replace(b"<Reference>", b"<Reference><![CDATA[<Signature>]]>", 1),
        "receipt-element-misplaced",
        "Signature",
    ),
    (
        "three signatures",
        replaced("</EInvoiceSignature>", f"{FIRST_SIGNATURE}</EInvoiceSignature>"),
        "receipt-value-malformed",
        "EInvoiceSignature/Signature",
    ),
]


@pytest.mark.parametrize(("data", "code", "field"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_parse__hostile_document__refused_by_name(data: bytes, code: str, field: str) -> None:
    error = refusal(data)
    assert (error.code, error.field) == (code, field)
    assert error.remedy
    assert error.message_zh


MALFORMED = [
    ("<EInvoiceCode>32060123<", "<EInvoiceCode>320600123<", "receipt-code-malformed", "Main/EInvoiceCode"),
    ("<EInvoiceNumber>0000010003<", "<EInvoiceNumber>10003<", "receipt-number-malformed", "Main/EInvoiceNumber"),
    ("<RandomNumber>138900<", "<RandomNumber>fc09 71<", "check-code-malformed", "Main/RandomNumber"),
    ("<TotalAmount>993.54<", "<TotalAmount>9.9354e2<", "amount-malformed", "Main/TotalAmount"),
    ("<TotalAmount>993.54<", "<TotalAmount><", "amount-malformed", "Main/TotalAmount"),
    ("<IssueDate>20230430<", "<IssueDate>2023-04-30<", "date-malformed", "Main/IssueDate"),
    ("<IssueTime>11:09:01<", "<IssueTime>110901<", "time-malformed", "Main/IssueTime"),
    ("<PayerPartyType>1<", "<PayerPartyType>3<", "receipt-value-malformed", "Main/PayerParty/PayerPartyType"),
    ("<ItemAmount>140.00<", "<ItemAmount>140.005<", "amount-malformed", "Details/Item[2]/ItemAmount"),
    ("<ItemQuantity>1.00<", "<ItemQuantity>一<", "quantity-malformed", "Details/Item[1]/ItemQuantity"),
    ("<AuxItemStd>55.5600<", "<AuxItemStd>5.55600e1<", "quantity-malformed", "AuxDetails/AuxItem[1]/AuxItemStd"),
    (
        "<InvoicingPartyCode>12320600E000000029<",
        "<InvoicingPartyCode>12320600e000000029<",
        "credit-code-malformed",
        "Main/InvoicingParty/InvoicingPartyCode",
    ),
    ("<Version>1.1.0</Version>", "", "mandatory-element-missing", "Header/Version"),
    ("<Checker>80138</Checker>", "", "mandatory-element-missing", "Main/Checker"),
    (
        "<SignatureFormat>DETACH<",
        "<SignatureFormat>ATTACH<",
        "receipt-value-malformed",
        "EInvoiceSignature/Signature[1]/SignedInfo/SignatureFormat",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "field"), MALFORMED, ids=[f"{case[2]}-{case[3]}" for case in MALFORMED])
def test_parse__malformed_value__refused_with_its_path(old: str, new: str, code: str, field: str) -> None:
    error = refusal(replaced(old, new))
    assert (error.code, error.field) == (code, field)
    assert field in error.message
    assert field in error.message_zh


@pytest.mark.parametrize(
    ("text", "code_point"),
    [("甲\x0c乙", "U+000C"), ("甲\x03", "U+0003"), ("甲&#3;", "U+0003"), ("甲&#xFFFE;", "U+FFFE")],
)
def test_c014_parse__control_character__refused_with_field_and_position(text: str, code_point: str) -> None:
    error = refusal(replaced("<Remark>", f"<Remark>{text}"))
    assert (error.code, error.field) == ("text-has-control-character", "Remark")
    assert code_point in error.message
    assert "position 1" in error.message


def test_parse__billion_laughs__refused_at_once() -> None:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><EInvoice>&l11;</EInvoice>'
    assert refusal(bomb.encode()).code == "receipt-dtd-refused"


def test_parse__external_entity__not_read(tmp_path: object) -> None:
    data = replaced("<EInvoice>", f'<!DOCTYPE x [<!ENTITY f SYSTEM "file://{tmp_path}/f">]><EInvoice>')
    assert refusal(data.replace(b"<Remark>", b"<Remark>&f;")).code == "receipt-dtd-refused"


def test_parse__five_thousand_list_lines__read() -> None:
    line = (
        "<AuxItem><AuxItemRelatedCode>060104</AuxItemRelatedCode><AuxItemName>药</AuxItemName>"
        "<AuxItemAmount>0.01</AuxItemAmount></AuxItem>"
    )
    start, end = SAMPLE.index(b"<AuxItem>"), SAMPLE.index(b"</AuxDetails>")
    parsed = parse_receipt(SAMPLE[:start] + line.encode() * 5000 + SAMPLE[end:])
    assert len(parsed.model.aux_items) == 5000
    assert fields_of(parsed)[-1] == ("AuxDetails/AuxItem[5000]/AuxItemAmount", "0.01")


def test_fields__outpatient__paths_and_exact_texts() -> None:
    fields = dict(fields_of(parse_receipt(SAMPLE)))
    assert fields["Header/EInvoiceTag"] == "CZ-EI-32"
    assert fields["Main/TotalAmount"] == "993.54"
    assert fields["Main/MainExt/SelfpaymentCost"] == "0"
    assert fields["Main/Remark"] == ""
    assert fields["Details/Item[2]/ItemCode"] == "060102"
    assert fields["AuxDetails/AuxItem[1]/AuxItemStd"] == "55.5600"
    assert not any(path.startswith("EInvoiceSignature") for path in fields)


@pytest.mark.parametrize("name", SAMPLES)
def test_fields__sample__every_leaf_of_header_and_data_once(name: str) -> None:
    root = etree.fromstring(sample_bytes(name))
    leaves = [element for part in (root[0], root[1]) for element in part.iter() if not len(element)]
    expected = [leaf.text or "" for leaf in leaves if leaf.tag != "MainExt"]
    fields = fields_of(parse_receipt(sample_bytes(name)))
    assert [text for _, text in fields] == expected
    assert len({path for path, _ in fields}) == len(fields)


def test_receipt_from_members__by_field_names__missing_one_named() -> None:
    members = sample_model(NON_TAX).model_dump()
    assert receipt_from_members(members) == sample_model(NON_TAX)
    del members["main"]["payer_party"]["payer_party_type"]
    with pytest.raises(InputError) as caught:
        receipt_from_members(members)
    assert caught.value.code == "mandatory-element-missing"
    assert caught.value.field == "Main/PayerParty/PayerPartyType"


def test_receipt_from_members__float_amount__refused() -> None:
    members = sample_model(NON_TAX).model_dump()
    members["main"]["total_amount"] = 80.0
    with pytest.raises(InputError) as caught:
        receipt_from_members(members)
    assert caught.value.field == "Main/TotalAmount"


@given(st.integers(0, len(SAMPLE) - 1), st.binary(max_size=4), st.integers(0, 4))
@settings(max_examples=300)
def test_parse__any_damage__read_or_refused_by_name(position: int, inserted: bytes, removed: int) -> None:
    damaged = SAMPLE[:position] + inserted + SAMPLE[position + removed :]
    try:
        parsed = parse_receipt(damaged)
    except InputError:
        return
    assert parsed.header_bytes in damaged
    assert parsed.data_bytes in damaged
    assert parse_receipt(damaged).model == parsed.model
