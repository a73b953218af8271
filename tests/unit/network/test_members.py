"""members.toml: round trip and every rule."""

from collections.abc import Callable
from pathlib import Path

import pytest

from piaolian_network import creation
from piaolian_network.creation import Plan
from piaolian_network.errors import MembersError, StateError
from piaolian_network.members import Members, parse_members, read_members, render_members


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    return creation.create_folder(tmp_path_factory.mktemp("members") / "network", Plan(base_port=20_000))


def test_render__any_network__parses_to_the_same(members: Members) -> None:
    assert parse_members(render_members(members)) == members


def test_create__three_validators__have_distinct_keys_and_ports(members: Members) -> None:
    assert len({member.validator for member in members.validators}) == 3
    assert len({member.enode.rpartition(":")[2] for member in members.validators}) == 3
    assert [member.area for member in members.members] == ["32", "3201", "3202"]
    assert len(members.ipfs_members) == 2


def test_create__folder__holds_private_files_closed_to_others(tmp_path: Path) -> None:
    creation.create_folder(tmp_path / "network", Plan(base_port=20_000))
    private = [path for path in (tmp_path / "network").rglob("*") if path.is_file() and path.name != "members.toml"]
    assert len(private) >= 10
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_members_toml__text__holds_no_private_key(tmp_path: Path) -> None:
    network = creation.create_folder(tmp_path / "network", Plan(base_port=20_000))
    text = render_members(network)
    for path in (tmp_path / "network").rglob("*.key"):
        for word in path.read_text(encoding="ascii").split():
            assert word in text if word.startswith("12D3") else word not in text


def _lower_first_address(text: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith("administrator"))
    return text.replace(line, line.lower())


def _drop_first_validator(text: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith("validator ="))
    return text.replace(line, 'validator = ""', 1)


def _replace(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "not toml": (lambda text: text + "=", "TOML"),
    "unknown key": (_replace("[chain]", "[chain]\ncolour = 1"), "chain.colour"),
    "chain id as text": (_replace("id = 320900", 'id = "320900"'), "chain.id"),
    "chain id zero": (_replace("id = 320900", "id = 0"), "chain.id"),
    "engine unknown": (_replace('engine = "clique"', 'engine = "raft"'), "chain.engine"),
    "area of three digits": (_replace('area = "32"', 'area = "320"'), "members.0.area"),
    "member named twice": (_replace('"finance-2"', '"finance-1"'), "member names"),
    "name with blank": (_replace('"finance-2"', '"finance 2"'), "members.1.name"),
    "threshold above sources": (_replace("threshold = 2", "threshold = 4"), "threshold"),
    "transition with clique": (lambda text: text + "\n[[transitions]]\nblock = 5\nperiod_seconds = 2\n", "qbft"),
    "empty transition": (
        lambda text: text.replace('"clique"', '"qbft"') + "\n[[transitions]]\nblock = 5\n",
        "transitions.0",
    ),
    "url with blank": (_replace('rpc_url = "http://', 'rpc_url = "http:// '), "members.0.rpc_url"),
    "address without checksum": (_lower_first_address, "accounts.administrator"),
    "validator without address": (_drop_first_validator, "members.0"),
    "no members": (lambda text: text.partition("[[members]]")[0], "members"),
}


@pytest.mark.parametrize(("change", "named"), BROKEN.values(), ids=BROKEN.keys())
def test_parse__broken_file__is_refused_and_the_field_named(
    change: Callable[[str], str], named: str, members: Members
) -> None:
    with pytest.raises(MembersError) as caught:
        parse_members(change(render_members(members)))
    assert caught.value.code == "members-invalid"
    assert named in caught.value.message


def test_read__no_file__says_so(tmp_path: Path) -> None:
    with pytest.raises(MembersError) as caught:
        read_members(tmp_path / "members.toml")
    assert caught.value.code == "members-file-missing"


@pytest.mark.parametrize(
    "plan",
    [Plan(validators=0), Plan(validators=21), Plan(kubo=4), Plan(oracles=101)],
    ids=["no validator", "too many validators", "more kubo than members", "too many oracles"],
)
def test_create__impossible_plan__is_refused_and_nothing_written(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(StateError):
        creation.create_folder(tmp_path / "network", plan)
    assert not (tmp_path / "network").exists()
