"""What is signed is the bytes, whatever the model thinks of them."""

import hashlib

import pytest

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt import (
    SUITE_P256,
    SUITE_SM2,
    algorithm_of,
    document_digest,
    original_bytes,
    parse_receipt,
    suite_of,
    supervision_message,
)
from piaolian_sdk.sm2 import sm3
from support.documents import OUTPATIENT, SAMPLES, sample_bytes, unsigned_sample


@pytest.mark.parametrize("name", SAMPLES)
def test_digest__sample__sha256_from_header_to_the_end_of_the_first_signature(name: str) -> None:
    data = sample_bytes(name)
    original = data[data.index(b"<Header>") : data.index(b"<EInvoiceSignature>")]
    signature = data[data.index(b"<Signature>") : data.index(b"</Signature>") + len(b"</Signature>")]
    parsed = parse_receipt(data)
    assert original_bytes(parsed) == original
    assert document_digest(parsed) == hashlib.sha256(original + signature).digest()
    assert supervision_message(parsed, SUITE_P256) == hashlib.sha256(original).digest() + signature
    assert supervision_message(parsed, SUITE_SM2) == sm3(original) + signature


def test_digest__supervision_signature_changed__same_digest() -> None:
    data = sample_bytes(OUTPATIENT)
    other = (
        data[: data.rindex(b"0000000000000002")] + b"0000000000000003" + data[data.rindex(b"0000000000000002") + 16 :]
    )
    assert document_digest(parse_receipt(other)) == document_digest(parse_receipt(data))


def test_digest__one_byte_of_the_body__other_digest() -> None:
    data = sample_bytes(OUTPATIENT)
    assert document_digest(parse_receipt(data.replace("测试丙".encode(), "测试丁".encode()))) != document_digest(
        parse_receipt(data)
    )


def test_digest__unsigned__refused() -> None:
    parsed = parse_receipt(unsigned_sample(OUTPATIENT))
    with pytest.raises(InputError) as refusal:
        document_digest(parsed)
    assert refusal.value.code == "receipt-signature-missing"
    with pytest.raises(InputError) as refusal:
        supervision_message(parsed, SUITE_SM2)
    assert refusal.value.code == "receipt-signature-missing"


def test_suites__names__round_trip() -> None:
    assert [suite_of(algorithm_of(suite)) for suite in (SUITE_SM2, SUITE_P256)] == [SUITE_SM2, SUITE_P256]


def test_suites__unknown__refused() -> None:
    with pytest.raises(InputError) as refusal:
        suite_of("RSA")
    assert refusal.value.code == "signature-algorithm-mismatch"
    with pytest.raises(InputError):
        supervision_message(parse_receipt(sample_bytes(OUTPATIENT)), "SM2")
