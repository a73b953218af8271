"""Strict DER of a signature ``SEQUENCE(INTEGER r, INTEGER s)``: one form is accepted, and the error names the other."""

from typing import Final

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.receipt import SUITE_P256, SUITE_SM2

# Orders of sm2p256v1 (GB/T 32918.5) and of P-256 (FIPS 186-5, SP 800-186).
ORDERS: Final = {
    SUITE_SM2: 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    SUITE_P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
_SEQUENCE, _INTEGER = 0x30, 0x02
_RAW_BYTES = 64


def check_signature_der(signature: bytes, suite: str) -> tuple[int, int]:
    """Return r and s of a strictly encoded signature.

    Raises:
        VerificationError: ``signature-encoding-wrong``; the message says what is wrong with the encoding.
    """
    if len(signature) == _RAW_BYTES and not _is_sequence(signature):
        raise _wrong("these are 64 raw bytes r||s, DER is expected", "这是 64 字节裸格式 r||s，应为 DER 编码")
    if not _is_sequence(signature):
        raise _wrong("no SEQUENCE of the right length", "不是长度正确的 DER SEQUENCE")
    r, rest = _integer(signature[2:], "r")
    s, rest = _integer(rest, "s")
    if rest:
        raise _wrong("bytes follow after s", "s 之后有多余字节")
    for name, value in (("r", r), ("s", s)):
        if not 0 < value < ORDERS[suite]:
            raise _wrong(f"{name} is not within the order of the curve", f"{name} 超出曲线的阶")
    return r, s


def signature_from_raw(raw: bytes) -> bytes:
    """Return the DER form of 64 raw bytes ``r || s``, as tokens give them."""
    parts = b"".join(_encode_integer(raw[at : at + 32]) for at in (0, 32))
    return bytes([_SEQUENCE, len(parts)]) + parts


def _is_sequence(signature: bytes) -> bool:
    # Two integers of at most 33 bytes: the length always fits one byte below 128.
    return len(signature) >= 2 and signature[0] == _SEQUENCE and signature[1] == len(signature) - 2 < 128


def _integer(data: bytes, name: str) -> tuple[int, bytes]:
    if len(data) < 3 or data[0] != _INTEGER or not 1 <= data[1] <= len(data) - 2:
        raise _wrong(f"{name} is no INTEGER", f"{name} 不是 DER INTEGER")
    value, rest = data[2 : 2 + data[1]], data[2 + data[1] :]
    if value[0] & 0x80:
        raise _wrong(f"{name} is negative: the leading zero byte is missing", f"{name} 为负数：缺少高位补零字节（00）")
    if len(value) > 1 and value[0] == 0 and not value[1] & 0x80:
        raise _wrong(f"{name} has a superfluous leading zero byte", f"{name} 有多余的前导零字节")
    return int.from_bytes(value, "big"), rest


def _encode_integer(value: bytes) -> bytes:
    trimmed = value.lstrip(b"\0") or b"\0"
    if trimmed[0] & 0x80:
        trimmed = b"\0" + trimmed
    return bytes([_INTEGER, len(trimmed)]) + trimmed


def _wrong(what: str, what_zh: str) -> VerificationError:
    return VerificationError(
        "signature-encoding-wrong",
        f"the signature is not strict DER: {what}",
        f"签名编码有误：{what_zh}",
        step="signature encoding",
        field="signature",
        rule="DER SEQUENCE(INTEGER r, INTEGER s)",
        remedy="encode r and s as minimal positive DER integers",
    )
