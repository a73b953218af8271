from datetime import date, datetime
from pathlib import Path

import pytest

from piaolian_oracle.cfx import (
    Acknowledgement,
    CfxMessage,
    Frame,
    PaymentConfirmation,
    PaymentNotice,
    PaymentStateQuery,
    Voucher,
)
from piaolian_oracle.errors import FrameError
from piaolian_sdk.beijing import BEIJING

DATA = Path(__file__).parents[3] / "data" / "cfx"
CODE = "32099923300000000001"


def voucher_of(name: str) -> bytes:
    frame = Frame.from_bytes((DATA / f"{name}.gbk.txt").read_bytes())
    (voucher,) = CfxMessage.from_xml(frame.xml).vouchers
    return voucher


KINDS: dict[str, type[Voucher]] = {
    "5996_pay_confirm": PaymentConfirmation,
    "8994_notice": PaymentNotice,
    "8997_pay_state_query": PaymentStateQuery,
    "8001_ack": Acknowledgement,
    "5001_ack_ok": Acknowledgement,
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items(), ids=KINDS)
def test_voucher__read_and_composed_again__is_the_same_bytes(name: str, kind: type[Voucher]) -> None:
    data = voucher_of(name)

    read = kind.from_bytes(data)

    assert read.to_bytes() == data
    assert kind.compose(dict(reversed(list(read.values.items())))).to_bytes() == data


def test_confirmation__of_the_sample__has_code_amount_and_time() -> None:
    confirmation = PaymentConfirmation.from_bytes(voucher_of("5996_pay_confirm"))

    assert confirmation.payment_code == CODE
    assert confirmation.amount_fen == 8000
    assert confirmation.confirmed_at == datetime(2023, 5, 12, 15, 3, 5, tzinfo=BEIJING)
    assert confirmation.text("TraNoBus") == "2023051222000000000000000001"
    assert "测试甲" not in repr(confirmation)


def test_notice__of_the_sample__has_code_amount_and_day() -> None:
    notice = PaymentNotice.from_bytes(voucher_of("8994_notice"))

    assert (notice.payment_code, notice.amount_fen, notice.bill_day) == (CODE, 8000, date(2023, 5, 12))
    assert "13800000000" not in repr(notice)


def test_query__of_the_sample__has_the_code() -> None:
    assert PaymentStateQuery.from_bytes(voucher_of("8997_pay_state_query")).payment_code == CODE


def test_acknowledgement__of_success_and_failure__matches_the_samples() -> None:
    assert Acknowledgement.of("5996").to_bytes() == voucher_of("8001_ack")
    failed = Acknowledgement.of("5996", "缴款码不存在")
    assert not failed.is_ok
    assert Acknowledgement.from_bytes(failed.to_bytes()).text("Information") == "缴款码不存在"


def test_unknown_field__of_a_peer__is_kept() -> None:
    data = voucher_of("8997_pay_state_query").replace(b"</Voucher>", b"<Hold9>1</Hold9></Voucher>")

    assert PaymentStateQuery.from_bytes(data).to_bytes() == data


def test_unknown_field__in_our_own_voucher__is_refused() -> None:
    with pytest.raises(FrameError):
        PaymentStateQuery.compose({"PayCode": CODE, "Hold9": "1"})


CHANGES = {
    "no-amount": (b"<Amt>80.00</Amt>", b"", "voucher-field-missing"),
    "empty-reference": (b"2023051222000000000000000001", b"", "voucher-field-missing"),
    "twice": (b"<PayMode>", b"<PayMode>1</PayMode><PayMode>", "voucher-field-invalid"),
    "nested": (b"<PayMode>51</PayMode>", b"<PayMode><a/></PayMode>", "voucher-field-invalid"),
    "root": (b"Voucher", b"Other", "voucher-field-invalid"),
    "broken": (b"</Voucher>", b"", "frame-malformed"),
}


@pytest.mark.parametrize(("old", "new", "code"), CHANGES.values(), ids=CHANGES)
def test_confirmation__broken__is_refused_by_name(old: bytes, new: bytes, code: str) -> None:
    with pytest.raises(FrameError) as caught:
        PaymentConfirmation.from_bytes(voucher_of("5996_pay_confirm").replace(old, new))

    assert caught.value.code == code


VALUES = {
    "amount": ("Amt", "80.0x", "amount_fen"),
    "amount-negative": ("Amt", "-80.00", "amount_fen"),
    "day": ("CfmDate", "20230230", "confirmed_at"),
    "time": ("CfmTime", "1503", "confirmed_at"),
    "code": ("PayCode", CODE[:-1], "payment_code"),
}


@pytest.mark.parametrize(("name", "value", "asked"), VALUES.values(), ids=VALUES)
def test_confirmation__with_a_wrong_value__names_the_field(name: str, value: str, asked: str) -> None:
    confirmation = PaymentConfirmation.from_bytes(voucher_of("5996_pay_confirm"))
    changed = PaymentConfirmation({**confirmation.values, name: value})

    with pytest.raises(FrameError) as caught:
        getattr(changed, asked)

    assert caught.value.field == name
