"""Whatever the bytes are, CFX gives a message or a named refusal."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from piaolian_oracle.cfx import CfxMessage, CfxPeer, Frame, FrameReader, PaymentConfirmation
from piaolian_oracle.errors import FrameError

SAMPLE = (Path(__file__).parents[3] / "data" / "cfx" / "5996_pay_confirm.gbk.txt").read_bytes()
UNIT = CfxPeer("K3209990001", "F320999", b"test-token")
XML = Frame.from_bytes(SAMPLE).xml
PIECES = [b"", b"<", b"&x;", b"\x00", b"\x80", b"\xff\xff", b"<Voucher/>", b"=", b"<!DOCTYPE a>", "元".encode("gbk")]


def read_or_refuse(xml: bytes) -> None:
    refusal = refusal_of(xml)
    assert refusal is None or refusal.message_zh


def refusal_of(xml: bytes) -> FrameError | None:
    try:
        for voucher in CfxMessage.from_xml(xml).vouchers:
            confirmation = PaymentConfirmation.from_bytes(voucher)
            _ = (confirmation.payment_code, confirmation.amount_fen, confirmation.confirmed_at)
    except FrameError as error:
        return error
    return None


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(XML)), st.integers(0, 30), st.sampled_from(PIECES)), max_size=4))
def test_message__damaged__is_read_or_refused_by_name(cuts: list[tuple[int, int, bytes]]) -> None:
    xml = XML
    for at, length, piece in cuts:
        xml = xml[:at] + piece + xml[at + length :]

    read_or_refuse(xml)


@given(st.binary(max_size=300))
def test_voucher__of_random_bytes__is_refused_by_name(data: bytes) -> None:
    message = CfxMessage("F320999", "K3209990001", "5996", "1", "1", "20230512", (data,))

    read_or_refuse(message.to_xml())


@given(st.binary(max_size=300))
def test_stream__of_random_bytes__never_gives_a_frame_that_verifies(data: bytes) -> None:
    reader = FrameReader()
    try:
        for frame in reader.feed(data):
            frame.verify(UNIT)
        reader.close()
    except FrameError:
        return
    assert data == b""


@given(st.integers(8, len(SAMPLE) - 1), st.integers(1, 255))
def test_frame__with_any_changed_byte__is_refused(at: int, change: int) -> None:
    data = bytearray(SAMPLE)
    data[at] ^= change
    if bytes(data).lower() == SAMPLE.lower() and at >= len(SAMPLE) - 64:
        return  # The other case of a hex digit of the MAC is the same MAC.

    try:
        CfxMessage.from_frame(Frame.from_bytes(bytes(data)), UNIT)
    except FrameError:
        return
    raise AssertionError(f"byte {at} may be changed")
