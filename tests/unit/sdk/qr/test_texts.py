"""Texts of QR codes: each known form is read, everything else is refused by its own name."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import InputError
from piaolian_sdk.qr import QRReading, read_qr_text

SAMPLES = {
    sample["name"]: sample["text"]
    for sample in json.loads((Path(__file__).parents[3] / "data" / "qr" / "payloads.json").read_text(encoding="utf-8"))
}
ELEMENTS = {"code": "32060123", "number": "0000010003", "check_code": "138900"}
READ: dict[str, dict[str, Any]] = {
    "bosssoft_t504": ELEMENTS | {"amount_fen": 99354, "issue_date": date(2023, 4, 30), "missing": ()},
    "bosssoft_t501": ELEMENTS | {"amount_fen": None, "issue_date": date(2023, 4, 30), "missing": ("amount",)},
    "bosssoft_show": ELEMENTS | {"missing": ("amount", "issue_date")},
    "bosssoft_h5_short": {"is_opaque": True, "code": None},
    "jiangsu_page": ELEMENTS | {"missing": ("amount", "issue_date")},
    "jiangsu_short": {"is_opaque": True, "number": None},
}
REFUSED = {
    "pay_code_js": "qr-payment-code",
    "vat_10": "qr-vat-invoice",
    "vat_32": "qr-vat-invoice",
    "foreign_host": "qr-host-lookalike",
}
OWN = "https://pj.cz.example/v?c=32060126&n=0000010003&k=138900&a=993.54&d=20260430&s=" + "A" * 86
T501 = SAMPLES["bosssoft_t501"]
HOSTILE = {
    "user before the host": ("https://www.chinaebill.cn@evil.invalid/d?t=501", "qr-user-in-address"),
    "user before a known host": ("https://evil.invalid@www.chinaebill.cn/d?t=501", "qr-user-in-address"),
    "port": (T501.replace(".cn/", ".cn:8443/"), "qr-port-in-address"),
    "host before ours": (T501.replace("www.", "www.chinaebill.cn."), "qr-host-lookalike"),
    "one letter as digit": (T501.replace("chinaebill", "chinaebi1l"), "qr-host-lookalike"),
    "hyphen for the dot": (T501.replace("www.", "www-"), "qr-host-lookalike"),
    "other ending": (T501.replace(".cn/", ".com/"), "qr-host-lookalike"),
    "punycode": (T501.replace("www.chinaebill", "xn--80ak6aa92e"), "qr-host-lookalike"),
    "cyrillic letter": (T501.replace("china", "chin\N{CYRILLIC SMALL LETTER A}"), "qr-character-refused"),
    "full-width digits": (T501.replace("0000010003", "\uff10000010003"), "qr-character-refused"),
    "arabic digits": (T501.replace("0000010003", "\u0660000010003"), "qr-character-refused"),
    "tab in the host": (T501.replace("chinae", "china\te"), "qr-character-refused"),
    "backslash": (T501.replace(".cn/", ".cn\\@evil.invalid/"), "qr-user-in-address"),
    "backslash in the path": (T501.replace("/d?", "/\\d?"), "qr-character-refused"),
    "escaped digit": (T501.replace("0000010003", "%30000010003"), "qr-character-refused"),
    "fragment": (T501 + "#x", "qr-fragment-in-address"),
    "empty host": ("https:///d?t=501", "qr-host-malformed"),
    "trailing dot": (T501.replace(".cn/", ".cn./"), "qr-host-malformed"),
    "name twice": (T501 + "&t=504", "qr-query-malformed"),
    "member without value": (T501 + "&x", "qr-query-malformed"),
    "one member more": (T501 + "&x=1", "qr-form-unknown"),
    "six elements": (T501.replace("_20230430", "_1_2_20230430"), "qr-form-unknown"),
    "other path": (T501.replace("/d?", "/e?"), "qr-form-unknown"),
    "unknown host": ("https://receipts.invalid/x", "qr-host-unknown"),
    "script": ("javascript:alert(1)", "qr-form-unknown"),
    "file": ("file:///etc/passwd", "qr-form-unknown"),
    "rubbish": ("hello", "qr-form-unknown"),
    "nothing": ("", "qr-form-unknown"),
    "over-long": (T501 + "0" * 1024, "qr-too-long"),
    "twenty digits": ("32099923300000000001", "qr-payment-code"),
    "short number": (T501.replace("0000010003", "10003"), "receipt-number-malformed"),
    "no such day": (T501.replace("20230430", "20230431"), "date-malformed"),
    "amount with exponent": (SAMPLES["bosssoft_t504"].replace("993.54", "1e2"), "amount-malformed"),
    "short form by http": (OWN.replace("https", "http"), "qr-not-https"),
    "short form too long": (OWN.replace("/v?", "/" + "p" * 150 + "/v?"), "qr-too-long"),
    "short form with another member": (OWN + "&x=1", "qr-form-unknown"),
    "signature of 63 bytes": (OWN[:-2], "qr-signature-malformed"),
    "signature with stray bits": (OWN[:-1] + "B", "qr-signature-malformed"),
}


@pytest.mark.parametrize("name", READ)
def test_read__sample_of_a_platform__elements_and_what_is_missing(name: str) -> None:
    reading = read_qr_text(SAMPLES[name])
    assert {member: getattr(reading, member) for member in READ[name]} == READ[name]


def test_samples__every_one__has_an_expectation() -> None:
    assert SAMPLES.keys() == READ.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", REFUSED)
def test_read__sample_of_something_else__refused_by_its_own_name(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_qr_text(SAMPLES[name])
    assert caught.value.code == REFUSED[name]
    assert caught.value.message_zh


def test_read__vat_invoice__said_in_words() -> None:
    with pytest.raises(InputError, match="VAT") as caught:
        read_qr_text(SAMPLES["vat_32"])
    assert "非财政票据" in caught.value.message_zh


@pytest.mark.parametrize(("text", "code"), HOSTILE.values(), ids=HOSTILE)
def test_read__hostile__refused_by_name(text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_qr_text(text)
    assert caught.value.code == code


def test_require_complete__amount_and_date_missing__asked_for_by_name() -> None:
    with pytest.raises(InputError) as caught:
        read_qr_text(SAMPLES["jiangsu_page"]).require_complete()
    assert (caught.value.code, caught.value.field) == ("qr-element-missing", "amount")
    assert "请按票面补充：金额、开票日期" in caught.value.message_zh


def test_read__own_form_with_known_host__known() -> None:
    reading = read_qr_text(OWN, ["PJ.cz.example"])
    assert reading.is_host_known
    assert (reading.form, reading.amount_fen, reading.signature) == ("piaolian", 99354, bytes(64))


def test_read__own_form_of_any_host__marked_as_unknown() -> None:
    assert not read_qr_text(OWN).is_host_known


@pytest.mark.parametrize("host", ["pj.cz.example.evil.invalid", "pj-cz-example.invalid", "pj.cz.examp1e"])
def test_read__imitation_of_our_host__refused_as_such(host: str) -> None:
    with pytest.raises(InputError) as caught:
        read_qr_text(OWN.replace("pj.cz.example", host), ["pj.cz.example"])
    assert caught.value.code == "qr-host-lookalike"


def test_read__own_form_of_another_host__refused() -> None:
    with pytest.raises(InputError) as caught:
        read_qr_text(OWN, ["verify.other.example"])
    assert caught.value.code == "qr-host-unknown"


def test_read__port_of_a_local_network__taken_when_named() -> None:
    text = OWN.replace("https://pj.cz.example", "http://127.0.0.1:8080")
    assert read_qr_text(text, ["127.0.0.1:8080"]).host == "127.0.0.1:8080"
    with pytest.raises(InputError):
        read_qr_text(text, ["127.0.0.1:8081"])


def test_read__line_end_of_a_scanner__ignored() -> None:
    assert read_qr_text(T501 + "\r\n") == read_qr_text(T501)


def test_read__red_receipt__negative_amount() -> None:
    assert read_qr_text(OWN.replace("993.54", "-993.54")).amount_fen == -99354


@given(st.one_of(st.text(max_size=80), st.text(max_size=40).map(lambda tail: T501 + tail)))
def test_read__any_text__read_or_refused_and_never_otherwise(text: str) -> None:
    try:
        outcome: QRReading | str = read_qr_text(text)
    except InputError as error:
        outcome = error.message_zh
    assert outcome


@given(st.integers(0, len(OWN) - 1), st.characters(min_codepoint=1, max_codepoint=0x2FFF))
def test_read__one_character_changed__never_the_same_reading(position: int, character: str) -> None:
    changed = OWN[:position] + character + OWN[position + 1 :]
    if changed.lower() == OWN.lower():
        return
    try:
        reading = read_qr_text(changed)
    except InputError:
        return
    assert reading != read_qr_text(OWN)
