"""Genesis documents and extra data of both engines."""

import json
from pathlib import Path

import pytest
from eth_utils.address import to_canonical_address

from piaolian_network import besu, creation
from piaolian_network.creation import Plan
from piaolian_network.errors import MembersError, MismatchError
from piaolian_network.genesis import FUNDS_WEI, clique_extra_data, clique_genesis
from piaolian_network.members import Members, Transition

RECORDED = json.loads((Path(__file__).parents[2] / "vectors" / "qbft.json").read_text(encoding="utf-8"))


@pytest.fixture
def clique(tmp_path: Path) -> Members:
    return creation.create_folder(tmp_path / "clique", Plan(base_port=20_000))


@pytest.fixture
def qbft(tmp_path: Path) -> Members:
    return creation.create_folder(tmp_path / "qbft", Plan(engine="qbft", validators=4, base_port=20_000))


def test_clique_extra_data__signers_in_any_order__are_sorted_between_vanity_and_seal() -> None:
    low, high = "0x" + "11" * 20, "0x" + "ee" * 20
    assert clique_extra_data([high, low]) == bytes(32) + b"\x11" * 20 + b"\xee" * 20 + bytes(65)


def test_clique_genesis__members__funds_accounts_and_not_validators(clique: Members) -> None:
    alloc = clique_genesis(clique)["alloc"]
    assert isinstance(alloc, dict)
    assert alloc[clique.accounts.administrator[2:].lower()] == {"balance": hex(FUNDS_WEI)}
    assert not any(member.validator[2:].lower() in alloc for member in clique.validators)


def test_qbft_extra_data__validators_of_a_recorded_chain__equals_its_genesis() -> None:
    assert "0x" + besu.qbft_extra_data(RECORDED["validators"]).hex() == RECORDED["genesis"]["extraData"]


@pytest.mark.parametrize("header", RECORDED["headers"], ids=lambda header: header["number"])
def test_read_qbft_extra_data__recorded_header__has_validators_and_enough_seals(header: dict[str, str]) -> None:
    validators, round_number, seals = besu.read_qbft_extra_data(bytes.fromhex(header["extraData"][2:]))
    assert validators == sorted(to_canonical_address(address) for address in RECORDED["validators"])
    # The first block of the recording needed a second round, since not all validators were up yet.
    assert round_number == (1 if header["number"] == "0x1" else 0)
    assert len(seals) >= 3


@pytest.mark.parametrize("data", [b"", b"\xc0", clique_extra_data(["0x" + "11" * 20])], ids=["empty", "list", "clique"])
def test_read_qbft_extra_data__other_bytes__are_refused(data: bytes) -> None:
    with pytest.raises(MismatchError) as caught:
        besu.read_qbft_extra_data(data)
    assert caught.value.code == "genesis-mismatch"


def test_qbft_genesis__members__holds_their_validators_and_stays_at_london(qbft: Members) -> None:
    genesis = besu.qbft_genesis(qbft)
    config, extra_data = genesis["config"], genesis["extraData"]
    assert isinstance(config, dict)
    assert isinstance(extra_data, str)
    validators, _, seals = besu.read_qbft_extra_data(bytes.fromhex(extra_data[2:]))
    assert validators == sorted(to_canonical_address(member.validator) for member in qbft.validators)
    assert seals == []
    assert config["londonBlock"] == 0
    assert not {"shanghaiTime", "cancunTime", "zeroBaseFee"} & config.keys()
    assert config["qbft"] == {"blockperiodseconds": 1, "epochlength": 30_000, "requesttimeoutseconds": 2}


def test_qbft_genesis__validator_of_another_key__is_refused(qbft: Members) -> None:
    wrong = qbft.members[0].model_copy(update={"validator": qbft.members[1].validator})
    with pytest.raises(MembersError) as caught:
        besu.qbft_genesis(qbft.model_copy(update={"members": (wrong, *qbft.members[1:])}))
    assert caught.value.field == "members.finance-1.validator"


def test_qbft_genesis__transition__is_written(qbft: Members) -> None:
    change = Transition(block=500, validators=(qbft.members[0].validator,), period_seconds=2)
    config = besu.qbft_genesis(qbft.model_copy(update={"transitions": (change,)}))["config"]
    assert isinstance(config, dict)
    validators = [qbft.members[0].validator.lower()]
    assert config["transitions"] == {"qbft": [{"block": 500, "validators": validators, "blockperiodseconds": 2}]}


def test_permissions__members__list_every_peer_and_every_account(qbft: Members) -> None:
    text = besu.permissions_toml(qbft)
    assert all(member.enode in text for member in qbft.members)
    assert all(address.lower() in text for address in qbft.funded_addresses)
