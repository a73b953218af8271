"""One encoding of a signature is accepted; the error names the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.receipt import SUITE_P256, SUITE_SM2
from piaolian_sdk.signing import check_signature_der, signature_from_raw
from piaolian_sdk.signing.signature_der import ORDERS

R, S = 0x1234, 0x80


def der(*integers: bytes) -> bytes:
    body = b"".join(bytes([2, len(value)]) + value for value in integers)
    return bytes([0x30, len(body)]) + body


WRONG = [
    ("raw", bytes.fromhex("11" * 64), "64 raw bytes", "裸格式"),
    ("no high zero", der(b"\x12\x34", b"\x80"), "s is negative", "负数"),
    ("superfluous zero", der(b"\x00\x12\x34", b"\x00\x80"), "r has a superfluous leading zero", "前导零"),
    ("zero", der(b"\x00", b"\x01"), "r is not within the order", "超出"),
    ("order", der(b"\x01", b"\x00" + ORDERS[SUITE_SM2].to_bytes(32, "big")), "s is not within the order", "超出"),
    ("trailing in", der(b"\x01", b"\x01", b"\x01"), "bytes follow", "多余"),
    ("trailing out", der(b"\x01", b"\x01") + b"\x00", "no SEQUENCE", "SEQUENCE"),
    ("long form of the length", b"\x30\x81\x06" + der(b"\x01", b"\x01")[2:], "no SEQUENCE", "SEQUENCE"),
    ("one integer", der(b"\x01"), "s is no INTEGER", "INTEGER"),
    ("empty integer", b"\x30\x05\x02\x00\x02\x01\x01", "r is no INTEGER", "INTEGER"),
    ("cut", b"\x30\x06\x02\x10\x01\x02\x01\x01", "r is no INTEGER", "INTEGER"),
    ("empty", b"", "no SEQUENCE", "SEQUENCE"),
]


@pytest.mark.parametrize(("signature", "reason", "reason_zh"), [case[1:] for case in WRONG], ids=[c[0] for c in WRONG])
def test_c062_c064_signature__other_encoding__refused_by_name(signature: bytes, reason: str, reason_zh: str) -> None:
    with pytest.raises(VerificationError) as refusal:
        check_signature_der(signature, SUITE_SM2)
    assert refusal.value.code == "signature-encoding-wrong"
    assert reason in refusal.value.message
    assert reason_zh in refusal.value.message_zh


def test_signature__strict__its_numbers() -> None:
    assert check_signature_der(der(b"\x12\x34", b"\x00\x80"), SUITE_P256) == (R, S)


@given(st.integers(1, ORDERS[SUITE_P256] - 1), st.integers(1, ORDERS[SUITE_P256] - 1))
def test_c063_raw__any_numbers__short_ones_too(r: int, s: int) -> None:
    encoded = signature_from_raw(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    assert check_signature_der(encoded, SUITE_P256) == (r, s)


@given(st.binary(max_size=80))
def test_signature__any_bytes__refused_or_canonical(data: bytes) -> None:
    try:
        r, s = check_signature_der(data, SUITE_SM2)
    except VerificationError:
        return
    assert signature_from_raw(r.to_bytes(32, "big") + s.to_bytes(32, "big")) == data
