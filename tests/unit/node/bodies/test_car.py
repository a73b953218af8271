"""Archives of sealed bodies: deterministic, self-checking; and small secrets at rest."""

import os

import dag_cbor
import pytest
from multiformats import CID

from piaolian_node.bodies import Vault, build_car, cid_of_ciphertext, root_cid_text
from piaolian_node.bodies.car import read_blocks
from piaolian_node.errors import RecordError

BODIES = {f"{number:010d}": f"body {number}".encode() * 40 for number in range(1, 8)}


def test_build__same_bodies__same_bytes() -> None:
    assert build_car(BODIES) == build_car(dict(BODIES))


def test_build__read_back__root_names_every_body_by_number() -> None:
    car = build_car(BODIES)
    blocks = read_blocks(car.data)
    root = dag_cbor.decode(blocks[bytes([1, 0x71, 0x12, 0x20]) + car.root_digest])
    assert isinstance(root, dict)
    named = {number: cid.encode("base32") for number, cid in root.items() if isinstance(cid, CID)}
    assert named == {number: cid_of_ciphertext(body) for number, body in BODIES.items()}
    assert CID.decode(root_cid_text(car.root_digest)).codec.name == "dag-cbor"


@pytest.mark.parametrize("place", [100, -1])
def test_read__one_bit_altered__refused(place: int) -> None:
    data = bytearray(build_car(BODIES).data)
    data[place] ^= 1
    with pytest.raises(RecordError):
        read_blocks(bytes(data))


def test_read__cut_off__refused() -> None:
    with pytest.raises(RecordError):
        read_blocks(build_car(BODIES).data[:-10])


def test_vault__other_receipt_or_altered_or_other_department__does_not_open() -> None:
    vault = Vault(os.urandom(32), os.urandom)
    sealed = vault.seal(b"s" * 32, "320601260000000001")
    assert vault.open(sealed, "320601260000000001") == b"s" * 32
    altered = bytes([sealed[0] ^ 1]) + sealed[1:]
    attempts = (
        (vault, sealed, "320601260000000002"),
        (vault, altered, "320601260000000001"),
        (vault, b"", "320601260000000001"),
        (Vault(os.urandom(32), os.urandom), sealed, "320601260000000001"),
    )
    for opener, secret, key in attempts:
        with pytest.raises(RecordError):
            opener.open(secret, key)
