"""The trust file says what the address book says, its quorum is sound, and it never forgets."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_network.checkpoints import (
    CheckpointMember,
    read_checkpoint_members,
    with_key,
    write_checkpoint_members,
)
from piaolian_network.errors import StateError
from piaolian_network.trust import TrustParts, read_trust_file, trust_file
from piaolian_sdk.contracts.address_book import AddressBook, DeployedContract
from piaolian_sdk.errors import InputError
from piaolian_sdk.signing import SUITE_P256, point_of
from support.documents import signatory

ROOT = signatory(SUITE_P256).authority.certificate.pem.decode("ascii")
FINANCE = signatory(SUITE_P256).finance.certificate.pem.decode("ascii")
UNIT = signatory(SUITE_P256).unit.certificate.pem.decode("ascii")
NOW = 1_772_000_000


def _book(code: int = 3) -> AddressBook:
    contracts = {
        name: DeployedContract(address="0x" + f"{place:02x}" * 20, code_hash=bytes([code + place]) * 32)
        for place, name in enumerate(("Registry", "ReceiptLedger", "PaymentLedger"), 1)
    }
    return AddressBook(chain_id=9, genesis_hash=b"\x01" * 32, contracts=contracts, deployed_block=4)


def _point(number: int) -> bytes:
    return point_of(ec.derive_private_key(number, ec.SECP256R1()).public_key())


def _members(count: int) -> list[CheckpointMember]:
    return [CheckpointMember(f"m{n}", "0x" + f"{n:040x}", _point(n + 1)) for n in range(count)]


def _parts(count: int = 3, quorum: int = 2) -> TrustParts:
    return TrustParts(
        network_name="测试网络",
        is_sandbox=False,
        made_at=NOW,
        proxy_code_hashes={"Registry": b"\x0a" * 32, "ReceiptLedger": b"\x0b" * 32},
        members=_members(count),
        quorum=quorum,
        certificate_roots=[ROOT],
        supervisors=[FINANCE],
    )


def test_trust__book_and_parts__are_taken_over() -> None:
    document = json.loads(trust_file(_book(), _parts()).to_json())
    assert (document["chain_id"], document["genesis_hash"]) == (9, "0x" + "01" * 32)
    assert document["contracts"]["ReceiptLedger"] == {
        "address": "0x" + "02" * 20,
        "proxy_code_hashes": ["0x" + "0b" * 32],
        "implementations": [{"code_hash": "0x" + "05" * 32, "layout": 1}],
    }
    assert [member["name"] for member in document["checkpoint_members"]] == ["m0", "m1", "m2"]
    assert document["checkpoint_quorums"] == [{"valid_from": 0, "quorum": 2}]


@pytest.mark.parametrize(("count", "quorum"), [(0, 0), (1, 1), (3, 2), (4, 3), (4, 4)])
def test_trust__quorum_above_half__is_written(count: int, quorum: int) -> None:
    written = trust_file(_book(), _parts(count, quorum)).checkpoint_quorums
    assert [entry.quorum for entry in written] == ([quorum] if quorum else [])


@pytest.mark.parametrize(("count", "quorum"), [(0, 1), (1, 0), (3, 1), (4, 2), (3, 4)])
def test_trust__quorum_that_two_groups_could_reach_apart__is_refused(count: int, quorum: int) -> None:
    with pytest.raises(StateError) as caught:
        trust_file(_book(), _parts(count, quorum))
    assert caught.value.code == "members-invalid"


def test_trust__upgrade_new_member_and_new_certificate__history_stays(tmp_path: Path) -> None:
    first = trust_file(_book(), replace(_parts(), revocations=[("AB", NOW)]))
    path = tmp_path / "trust.json"
    path.write_text(first.to_json(), encoding="utf-8")
    later = replace(
        _parts(5, 3), made_at=NOW + 9, supervisors=[UNIT], revocations=[("AB", NOW - 5), ("AB", NOW + 5), ("CD", NOW)]
    )
    second = trust_file(_book(code=7), later, read_trust_file(path))
    hashes = [entry.code_hash[0] for entry in second.contracts.Registry.implementations]
    assert hashes == [4, 8]
    assert [(entry.valid_from, entry.quorum) for entry in second.checkpoint_quorums] == [(0, 2), (NOW + 9, 3)]
    assert second.supervisors == [FINANCE, UNIT]
    assert [(entry.serial, entry.revoked_at) for entry in second.revocations] == [("AB", NOW - 5), ("CD", NOW)]
    assert trust_file(_book(code=7), later, second) == second


def test_trust__earlier_file_of_another_network__is_refused() -> None:
    earlier = trust_file(_book().model_copy(update={"chain_id": 10}), _parts())
    with pytest.raises(StateError) as caught:
        trust_file(_book(), _parts(), earlier)
    assert caught.value.code == "trust-mismatch"


def test_trust__root_that_is_none__is_refused() -> None:
    with pytest.raises(StateError):
        trust_file(_book(), replace(_parts(), certificate_roots=["root"]))


def test_keys__new_one__ends_the_one_before_and_both_are_kept(tmp_path: Path) -> None:
    first = with_key([], "m0", "0x" + "11" * 20, _point(1), NOW)
    again = with_key(first, "m0", "0x" + "11" * 20, _point(1), NOW + 1)
    renewed = with_key(again, "m0", "0x" + "11" * 20, _point(2), NOW + 2)
    assert again == first
    assert [(key.valid_from, key.valid_until) for key in renewed] == [(0, NOW + 2), (NOW + 2, 0)]
    path = tmp_path / "members.json"
    write_checkpoint_members(path, renewed)
    assert read_checkpoint_members(path) == renewed
    for name, point in (("m1", _point(2)), ("m0", _point(1))):
        with pytest.raises(StateError):
            with_key(renewed, name, "0x" + "22" * 20, point, NOW + 3)
    with pytest.raises(InputError):
        with_key(renewed, "m1", "0x" + "22" * 20, b"\4" + bytes(64), NOW)


@pytest.mark.parametrize("text", ["{", "{}", "[{}]", '[{"name": "a", "address": "b", "public_key": "0x04"}]'])
def test_keys__file_that_is_none__is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "members.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StateError):
        read_checkpoint_members(path)
