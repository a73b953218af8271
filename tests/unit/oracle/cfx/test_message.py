import base64
from pathlib import Path

import pytest

from piaolian_oracle.cfx import CfxMessage, CfxPeer, Frame
from piaolian_oracle.errors import FrameError

DATA = Path(__file__).parents[3] / "data" / "cfx"
UNIT = CfxPeer("K3209990001", "F320999", b"test-token")
CONFIRMATION = (DATA / "5996_pay_confirm.gbk.txt").read_bytes()
XML = Frame.from_bytes(CONFIRMATION).xml


def test_message__of_the_sample__names_both_parties() -> None:
    message = CfxMessage.from_frame(Frame.from_bytes(CONFIRMATION), UNIT)

    assert (message.source, message.destination, message.number) == ("F320999", "K3209990001", "5996")
    assert (message.message_id, message.work_date) == ("0000000000000000001", "20230512")
    assert "测试甲" not in repr(message)


def test_message__for_another_unit__is_refused() -> None:
    other = CfxPeer("K3209990002", "F320999", b"test-token")

    with pytest.raises(FrameError) as caught:
        CfxMessage.from_frame(Frame.from_bytes(CONFIRMATION), other)

    assert caught.value.field == "SRC"


def test_message__whose_number_differs_from_the_frame__is_refused() -> None:
    frame = Frame.seal("5997", XML, UNIT)

    with pytest.raises(FrameError) as caught:
        CfxMessage.from_frame(frame, UNIT)

    assert caught.value.field == "MsgNo"


REFUSED = {
    "doctype": (
        XML.replace(b"<CFX>", b'<!DOCTYPE a [<!ENTITY a "b">]><CFX>'),
        "frame-malformed",
    ),
    "doctype-in-a-declared-utf16": (
        b'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><CFX/>',
        "frame-malformed",
    ),
    "not-closed": (XML[:-1], "frame-malformed"),
    "two-heads": (XML.replace(b"<MSG>", b"<HEAD/><MSG>"), "frame-malformed"),
    "no-source": (XML.replace(b"<SRC>F320999</SRC>", b""), "frame-malformed"),
    "count": (
        XML.replace(b"<VoucherCount>1<", b"<VoucherCount>2<"),
        "frame-malformed",
    ),
    "not-base64": (XML.replace(b"PFZ", b"*FZ"), "frame-malformed"),
    "byte-outside-gbk": (XML.replace(b"<Reserve/>", b"<Reserve>\xff</Reserve>"), "frame-encoding"),
    "half-a-character": (XML.replace(b"<Reserve/>", b"<Reserve>\xb2</Reserve>"), "frame-encoding"),
    "other-version": (XML.replace(b"<VER>1.0<", b"<VER>2.0<"), "frame-malformed"),
}


@pytest.mark.parametrize(("xml", "code"), REFUSED.values(), ids=REFUSED)
def test_message__broken_or_hostile__is_refused_by_name(xml: bytes, code: str) -> None:
    assert xml != XML
    with pytest.raises(FrameError) as caught:
        CfxMessage.from_xml(xml)

    assert caught.value.code == code


@pytest.mark.parametrize(("character", "point"), [("䶮", "U+4DAE"), ("𠮷", "U+20BB7")])
def test_c010_rare_character__in_gbk__is_refused_by_name_and_never_a_question_mark(character: str, point: str) -> None:
    message = CfxMessage("F1", "K1", "5996", "1", "1", "20230512", (), reserve=character)

    with pytest.raises(FrameError) as caught:
        message.to_xml()

    assert caught.value.code == "frame-encoding"
    assert character in caught.value.message_zh
    assert point in caught.value.message_zh


def test_c010_rare_character__in_gb18030_by_agreement__comes_through() -> None:
    message = CfxMessage("F1", "K1", "5996", "1", "1", "20230512", (), reserve="䶮𠮷")

    xml = message.to_xml("gb18030")

    assert bytes.fromhex("fe9f9534b235") in xml
    assert CfxMessage.from_xml(xml, "gb18030") == message


def test_c014_control_character__in_a_field__is_refused_with_its_position() -> None:
    message = CfxMessage("F1", "K1", "5996", "1", "1", "20230512", (), reserve="a\x0cb")

    with pytest.raises(FrameError) as caught:
        message.to_xml()

    assert "U+000C" in caught.value.message


def test_markup__in_a_field__comes_through_unchanged() -> None:
    message = CfxMessage("F1", "K1", "3601", "1", "1", "20230512", (), reserve="https://e.invalid/d?t=504&a=<b>")

    assert CfxMessage.from_xml(message.to_xml()) == message


def test_several_vouchers__are_kept_in_order() -> None:
    message = CfxMessage("F1", "K1", "5996", "1", "1", "20230512", (b"<Voucher/>", b"<Voucher>2</Voucher>"))

    xml = message.to_xml()

    assert xml.count(base64.b64encode(b"<Voucher/>")) == 1
    assert CfxMessage.from_xml(xml).vouchers == message.vouchers
