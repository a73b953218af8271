"""Acts under attack: whom a signature binds, and where it counts."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from piaolian_sdk.acts import Book, Cancel, SoftwareChainSigner, recover_address
from piaolian_sdk.errors import InputError, VerificationError

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SIGNER = SoftwareChainSigner(b"\x11" * 32)
ACT = Cancel(unit=1, range=2, sequence=3, deadline=4)
CONTRACT = "0x" + "11" * 20


def recovered(act: Cancel, chain_id: int, contract: str) -> str:
    return recover_address(act.digest(chain_id, contract), ACT.sign(SIGNER, 9, CONTRACT))


def test_sign__same_chain_and_contract__recovers_the_signer() -> None:
    assert recovered(ACT, 9, CONTRACT) == SIGNER.address


@pytest.mark.parametrize(
    ("act", "chain_id", "contract"),
    [
        pytest.param(ACT, 10, CONTRACT, id="other-chain"),
        pytest.param(ACT, 9, "0x" + "12" * 20, id="other-contract"),
        pytest.param(replace(ACT, unit=2), 9, CONTRACT, id="other-unit"),
        pytest.param(replace(ACT, sequence=4), 9, CONTRACT, id="other-sequence"),
        pytest.param(replace(ACT, deadline=5), 9, CONTRACT, id="later-deadline"),
    ],
)
def test_sign__anything_else__recovers_somebody_else(act: Cancel, chain_id: int, contract: str) -> None:
    assert recovered(act, chain_id, contract) != SIGNER.address


def twin(signature: bytes) -> bytes:
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(twin, id="malleable-twin"),
        pytest.param(lambda s: s[:64], id="64-bytes"),
        pytest.param(lambda s: s[:64] + bytes([s[64] - 27]), id="v-0-or-1"),
        pytest.param(lambda s: bytes(64) + s[64:], id="zeros"),
        pytest.param(lambda s: b"\xff" * 32 + s[32:], id="r-beyond-order"),
    ],
)
def test_recover_address__malformed__is_refused(change: Callable[[bytes], bytes]) -> None:
    signature = change(ACT.sign(SIGNER, 9, CONTRACT))

    with pytest.raises(VerificationError) as refused:
        recover_address(ACT.digest(9, CONTRACT), signature)

    assert refused.value.code == "chain-signature-wrong"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"leaf": bytes(31)}, "leaf"),
        ({"booker": "0x1234"}, "booker"),
        ({"booker": 5}, "booker"),
        ({"share": 1 << 32}, "share"),
        ({"counter": True}, "counter"),
        ({"counter": -1}, "counter"),
    ],
    ids=["short-leaf", "short-address", "number-as-address", "share-too-wide", "bool", "negative"],
)
def test_act__value_of_wrong_width__is_refused_and_named(change: dict[str, object], field: str) -> None:
    act = Book(leaf=bytes(32), booker=CONTRACT, counter=0, share=1, deadline=4)

    with pytest.raises(InputError) as refused:
        replace(act, **change).digest(9, CONTRACT)  # type: ignore[arg-type]

    assert refused.value.field == field


@pytest.mark.parametrize(
    "key", [b"", bytes(32), b"\xff" * 32, b"\x11" * 31], ids=["empty", "zero", "beyond-order", "31-bytes"]
)
def test_software_signer__no_private_key__is_refused(key: bytes) -> None:
    with pytest.raises(InputError) as refused:
        SoftwareChainSigner(key)

    assert refused.value.code == "key-malformed"
    assert key.hex() not in refused.value.message or not key


def test_software_signer__repr__shows_no_key() -> None:
    assert "11" * 32 not in repr(SIGNER)


def test_software_signer__incomplete_transaction__is_refused() -> None:
    with pytest.raises(InputError) as refused:
        SIGNER.sign_transaction({"nonce": 1})

    assert refused.value.code == "transaction-malformed"
