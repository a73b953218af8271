"""Envelopes open for their recipients and for nobody else."""

import os
from dataclasses import replace

import dag_cbor
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.sealing import (
    BodyToSeal,
    ReceiptBody,
    SealedBatch,
    add_recipient,
    open_body,
    open_body_as_payer,
    open_delivered_body,
    seal_batch,
)
from piaolian_sdk.sm2 import Sm2PrivateKey

FIRST, SECOND = "320601260000010003", "320601260000010004"
UNIT, FINANCE, PAYER, STRANGER = (Sm2PrivateKey.generate(os.urandom) for _ in range(4))


@pytest.fixture(scope="module")
def batch() -> SealedBatch:
    bodies = [BodyToSeal(FIRST, b"first", PAYER.public_key), BodyToSeal(SECOND, b"second")]
    return seal_batch(bodies, {"unit:1": UNIT.public_key, "finance:3206": FINANCE.public_key}, os.urandom)


@pytest.mark.parametrize(("name", "key"), [("unit:1", UNIT), ("finance:3206", FINANCE)])
def test_open_body__recipient__every_body(batch: SealedBatch, name: str, key: Sm2PrivateKey) -> None:
    wrapped = batch.wrapped_batch_keys[name]
    opened = [open_body(b.ciphertext, b.receipt_key, b.wrapped_content_key, wrapped, key) for b in batch.bodies]
    assert opened == [b"first", b"second"]


def test_open_body__stranger__refused(batch: SealedBatch) -> None:
    body = batch.bodies[0]
    for wrapped in batch.wrapped_batch_keys.values():
        with pytest.raises(VerificationError):
            open_body(body.ciphertext, FIRST, body.wrapped_content_key, wrapped, STRANGER)


def test_open_body_as_payer__own_body__opens(batch: SealedBatch) -> None:
    body = batch.bodies[0]
    assert body.payer_wrapped_key is not None
    assert open_body_as_payer(body.ciphertext, FIRST, body.payer_wrapped_key, PAYER) == b"first"


def test_open_body_as_payer__another_body__refused(batch: SealedBatch) -> None:
    wrapped = batch.bodies[0].payer_wrapped_key
    assert wrapped is not None
    with pytest.raises(VerificationError):
        open_body_as_payer(batch.bodies[1].ciphertext, SECOND, wrapped, PAYER)


DELIVERY = b"d" * 16


def delivered() -> SealedBatch:
    """Seal two receipts for payers without keys, each under a delivery key of its own."""
    bodies = [BodyToSeal(FIRST, b"first", delivery_key=DELIVERY), BodyToSeal(SECOND, b"second", delivery_key=b"e" * 16)]
    return seal_batch(bodies, {"unit:1": UNIT.public_key}, os.urandom)


def test_open_delivered_body__key_of_the_receipt__opens_it_alone() -> None:
    first, second = delivered().bodies
    assert first.payer_wrapped_key is None
    assert first.delivery_wrapped_key is not None
    assert second.delivery_wrapped_key is not None

    assert open_delivered_body(first.ciphertext, FIRST, first.delivery_wrapped_key, DELIVERY) == b"first"
    for ciphertext, key, wrapped in (
        (second.ciphertext, SECOND, second.delivery_wrapped_key),
        (first.ciphertext, SECOND, first.delivery_wrapped_key),
        (first.ciphertext, FIRST, first.wrapped_content_key),
    ):
        with pytest.raises(VerificationError):
            open_delivered_body(ciphertext, key, wrapped, DELIVERY)


def test_open_delivered_body__the_units_way__still_opens() -> None:
    batch = delivered()
    body = batch.bodies[0]
    wrapped = batch.wrapped_batch_keys["unit:1"]
    assert open_body(body.ciphertext, FIRST, body.wrapped_content_key, wrapped, UNIT) == b"first"


@pytest.mark.parametrize("key", [b"", b"k" * 15, b"k" * 32])
def test_seal_batch__delivery_key_of_another_length__refused(key: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        seal_batch([BodyToSeal(FIRST, b"x", delivery_key=key)], {}, os.urandom)
    assert refusal.value.code == "key-malformed"
    with pytest.raises(VerificationError):
        open_delivered_body(b"\x01\x01" + bytes(40), FIRST, b"\x01\x01" + bytes(44), key)


def test_body_to_seal__representation__hides_the_delivery_key() -> None:
    assert "dddd" not in repr(BodyToSeal(FIRST, b"first", delivery_key=DELIVERY))


def test_open_body__keys_of_another_receipt__refused(batch: SealedBatch) -> None:
    first, second = batch.bodies
    wrapped = batch.wrapped_batch_keys["unit:1"]
    with pytest.raises(VerificationError) as refusal:
        open_body(first.ciphertext, FIRST, second.wrapped_content_key, wrapped, UNIT)
    assert refusal.value.step == "envelope-key"


def test_open_body__ciphertext_under_another_number__refused(batch: SealedBatch) -> None:
    body = replace(batch.bodies[0], receipt_key=SECOND)
    with pytest.raises(VerificationError):
        open_body(body.ciphertext, body.receipt_key, body.wrapped_content_key, batch.wrapped_batch_keys["unit:1"], UNIT)


@given(position=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_open_body__any_bit_changed__refused(batch: SealedBatch, position: int, bit: int) -> None:
    body = batch.bodies[0]
    changed = bytearray(body.ciphertext)
    changed[position % len(changed)] ^= 1 << bit
    with pytest.raises(VerificationError):
        open_body(bytes(changed), FIRST, body.wrapped_content_key, batch.wrapped_batch_keys["unit:1"], UNIT)


@given(length=st.integers(min_value=0, max_value=34))
def test_open_body__truncated__refused(batch: SealedBatch, length: int) -> None:
    body = batch.bodies[0]
    with pytest.raises(VerificationError):
        open_body(body.ciphertext[:length], FIRST, body.wrapped_content_key, batch.wrapped_batch_keys["unit:1"], UNIT)


def test_add_recipient__auditor__opens_every_body(batch: SealedBatch) -> None:
    wrapped = add_recipient(batch.wrapped_batch_keys["finance:3206"], FINANCE, STRANGER.public_key)
    body = batch.bodies[1]
    assert open_body(body.ciphertext, SECOND, body.wrapped_content_key, wrapped, STRANGER) == b"second"


def test_seal_batch__same_plaintext_twice__different_ciphertexts() -> None:
    bodies = [BodyToSeal(FIRST, b"same"), BodyToSeal(FIRST, b"same")]
    first, second = seal_batch(bodies, {}, os.urandom).bodies
    assert first.ciphertext != second.ciphertext


def test_receipt_body__round_trip__same() -> None:
    body = ReceiptBody(b"<EInvoice/>", b"\x01" * 32, b"\x02" * 32, b"\x03" * 20)
    assert ReceiptBody.from_bytes(body.to_bytes()) == body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        dag_cbor.encode([1]),
        dag_cbor.encode({"v": 2}),
        dag_cbor.encode({"v": 1, "document": "text"}),
        dag_cbor.encode({"v": 1, "document": b"", "amount_salt": b"", "fields_seed": b"", "booking_address": b""}),
    ],
    ids=["empty", "no-cbor", "no-map", "other-version", "text-document", "short-secrets"],
)
def test_receipt_body__malformed__refused(data: bytes) -> None:
    with pytest.raises(VerificationError) as refusal:
        ReceiptBody.from_bytes(data)
    assert refusal.value.code == "envelope-malformed"
