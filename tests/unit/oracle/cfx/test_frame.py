import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_oracle.cfx import CfxMessage, CfxPeer, Frame, FrameReader
from piaolian_oracle.cfx.frame import MAX_FRAME_BYTES, MIN_FRAME_BYTES, read_length
from piaolian_oracle.errors import FrameError

DATA = Path(__file__).parents[3] / "data" / "cfx"
SAMPLES = sorted(DATA.glob("*.gbk.txt"))
FINANCE = CfxPeer("F320999", "K3209990001", b"test-token", upper_case_mac=True)
UNIT = CfxPeer("K3209990001", "F320999", b"test-token")
CONFIRMATION = (DATA / "5996_pay_confirm.gbk.txt").read_bytes()


def test_samples__are_all_there() -> None:
    assert len(SAMPLES) == 9


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name[:4])
def test_sample_frame__read_and_sealed_again__is_the_same_bytes(path: Path) -> None:
    data = path.read_bytes()
    frame = Frame.from_bytes(data)
    peer = FINANCE if frame.mac.isupper() else UNIT

    xml = frame.verify(peer)
    again = CfxMessage.from_xml(xml).to_xml()

    assert again == xml
    assert Frame.seal(frame.message_number, again, peer).to_bytes() == data


def test_c042_mac__in_the_other_case__is_right_all_the_same() -> None:
    lower = CONFIRMATION[:-64] + CONFIRMATION[-64:].lower()

    assert Frame.from_bytes(lower).verify(UNIT) == Frame.from_bytes(CONFIRMATION).verify(UNIT)


def test_c041_mac__after_one_changed_byte__is_refused() -> None:
    forged = CONFIRMATION.replace(b"ODAuMDA", b"MC4wMQ=", 1) if b"ODAuMDA" in CONFIRMATION else None
    changed = bytearray(CONFIRMATION)
    changed[400] ^= 1

    for data in filter(None, (forged, bytes(changed))):
        with pytest.raises(FrameError) as caught:
            Frame.from_bytes(data).verify(UNIT)
        assert caught.value.code == "frame-mac-wrong"


def test_c044_mac__made_with_another_districts_token__is_refused() -> None:
    other = CfxPeer("K3208880001", "F320888", b"other-token")

    with pytest.raises(FrameError):
        Frame.from_bytes(CONFIRMATION).verify(other)


def test_mac__of_an_empty_token__is_never_used() -> None:
    with pytest.raises(FrameError) as caught:
        CfxPeer("K3209990001", "F320999", b"")

    assert caught.value.code == "mac-token-missing"


def test_c045_mac__over_bytes_that_no_codec_gives_back__is_judged_on_the_bytes_as_received() -> None:
    xml = b'<?xml version="1.0" encoding="GBK"?><CFX>\xff\x80</CFX>'
    received = Frame.from_bytes(Frame.seal("5996", xml, UNIT).to_bytes())

    assert received.verify(UNIT) == xml
    with pytest.raises(FrameError) as caught:
        CfxMessage.from_frame(received, UNIT)
    assert caught.value.code == "frame-encoding"


def test_peer__shown__hides_its_token() -> None:
    assert "test-token" not in repr(UNIT)


def test_frame__shown__hides_its_content() -> None:
    assert "CFX" not in repr(Frame.from_bytes(CONFIRMATION))


@given(st.lists(st.integers(min_value=1, max_value=1200), min_size=1, max_size=40))
def test_c040_stream__split_and_joined_anyhow__gives_every_frame(cuts: list[int]) -> None:
    stream = b"".join(path.read_bytes() for path in SAMPLES)
    reader, found, position = FrameReader(), [], 0
    index = 0
    while position < len(stream):
        size = cuts[index % len(cuts)]
        found += list(reader.feed(stream[position : position + size]))
        position += size
        index += 1

    reader.close()
    assert b"".join(frame.to_bytes() for frame in found) == stream


def test_c040_stream__byte_by_byte__gives_the_frame_at_its_last_byte() -> None:
    reader = FrameReader()

    for byte in CONFIRMATION[:-1]:
        assert list(reader.feed(bytes([byte]))) == []
    assert [frame.to_bytes() for frame in reader.feed(CONFIRMATION[-1:])] == [CONFIRMATION]


def test_stream__that_ends_inside_a_frame__is_named() -> None:
    reader = FrameReader()
    assert list(reader.feed(CONFIRMATION[:500])) == []

    with pytest.raises(FrameError) as caught:
        reader.close()

    assert caught.value.code == "frame-truncated"


def test_stream__that_announces_too_much__is_refused_before_it_is_kept() -> None:
    with pytest.raises(FrameError) as caught:
        list(FrameReader().feed(str(MAX_FRAME_BYTES + 1).ljust(8).encode()))

    assert caught.value.code == "frame-too-large"


LENGTHS = {
    "right-justified": b"     986",
    "zero-padded": b"00000986",
    "binary": b"\x00\x00\x03\xda    ",
    "negative": b"-986    ",
    "with-plus": b"+986    ",
    "text": b"POST / H",
    "blank-inside": b"9 86    ",
    "tab": b"986\t    ",
    "below-an-empty-frame": str(MIN_FRAME_BYTES - 1).ljust(8).encode(),
    "short-field": b"986",
}


@pytest.mark.parametrize("data", LENGTHS.values(), ids=LENGTHS)
def test_length__in_another_form__is_refused(data: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        read_length(data)

    assert caught.value.code == "frame-length"


def test_length__in_characters_instead_of_bytes__is_refused() -> None:
    xml = '<?xml version="1.0" encoding="GBK"?><CFX>测试</CFX>'.encode("gbk")
    frame = Frame.seal("5996", xml, UNIT).to_bytes()
    counted = str(len(frame.decode("gbk"))).ljust(8).encode() + frame[8:]

    with pytest.raises(FrameError) as caught:
        Frame.from_bytes(counted)

    assert caught.value.code == "frame-length"


BROKEN = {
    "app": (8, b"CNNONTAB"),
    "version": (16, b"2.0"),
    "message-number": (19, b"59a6"),
    "mac": (len(CONFIRMATION) - 1, b"G"),
}


@pytest.mark.parametrize(("at", "replacement"), BROKEN.values(), ids=BROKEN)
def test_frame__with_a_broken_header__is_refused(at: int, replacement: bytes) -> None:
    data = CONFIRMATION[:at] + replacement + CONFIRMATION[at + len(replacement) :]

    with pytest.raises(FrameError) as caught:
        Frame.from_bytes(data)

    assert caught.value.code == "frame-malformed"


def test_mac__recomputed_by_hand__is_sha256_of_token_and_xml() -> None:
    xml = CONFIRMATION[23:-64]

    assert hashlib.sha256(b"test-token" + xml).hexdigest().upper().encode() == CONFIRMATION[-64:]
