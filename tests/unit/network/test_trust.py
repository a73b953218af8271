"""The trust file says what the address book says, and its quorum is sound."""

import json

import pytest

from piaolian_network.errors import StateError
from piaolian_network.trust import CheckpointMember, trust_json
from piaolian_sdk.contracts.address_book import AddressBook, DeployedContract

BOOK = AddressBook(
    chain_id=9,
    genesis_hash=b"\x01" * 32,
    contracts={"Registry": DeployedContract(address="0x" + "02" * 20, code_hash=b"\x03" * 32)},
    deployed_block=4,
)


def _members(count: int) -> list[CheckpointMember]:
    return [CheckpointMember(f"m{n}", "0x" + f"{n:040x}", b"\x04" + bytes(64), 0, 0) for n in range(count)]


def test_trust__address_book__is_taken_over() -> None:
    document = json.loads(trust_json(BOOK, ["root"], _members(3), 2))
    assert (document["version"], document["chain_id"], document["genesis_hash"]) == (1, 9, "0x" + "01" * 32)
    assert document["contracts"] == {"Registry": {"address": "0x" + "02" * 20, "code_hashes": ["0x" + "03" * 32]}}
    assert document["certificate_roots"] == ["root"]
    assert [member["name"] for member in document["checkpoint_members"]] == ["m0", "m1", "m2"]


@pytest.mark.parametrize(("count", "quorum"), [(0, 0), (1, 1), (3, 2), (4, 3), (4, 4)])
def test_trust__quorum_above_half__is_written(count: int, quorum: int) -> None:
    assert json.loads(trust_json(BOOK, [], _members(count), quorum))["checkpoint_quorum"] == quorum


@pytest.mark.parametrize(("count", "quorum"), [(0, 1), (1, 0), (3, 1), (4, 2), (3, 4)])
def test_trust__quorum_that_two_groups_could_reach_apart__is_refused(count: int, quorum: int) -> None:
    with pytest.raises(StateError) as caught:
        trust_json(BOOK, [], _members(count), quorum)
    assert caught.value.code == "members-invalid"
