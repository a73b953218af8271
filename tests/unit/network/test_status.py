"""What is observed becomes words: who is missing, and why a chain stands still."""

import pytest

from piaolian_network import creation, status
from piaolian_network.creation import Plan
from piaolian_network.members import Members
from piaolian_network.status import KuboView, NetworkStatus, ValidatorView

NOW = 1_800_000_000


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    return creation.create_folder(tmp_path_factory.mktemp("status") / "network", Plan(base_port=20_000))


def _validator(
    members: Members, number: int, *, age: int = 1, peers: int = 2, head: int = 100, head_hash: str = "0xaa"
) -> ValidatorView:
    sealers = frozenset(member.validator.lower() for member in members.validators)
    return ValidatorView(f"finance-{number}", "RUNNING", head, head_hash, NOW - age, peers, sealers)


def _gone(number: int) -> ValidatorView:
    return ValidatorView(f"finance-{number}", "STOPPED")


def _judge(
    members: Members,
    validators: list[ValidatorView],
    *,
    kubo: tuple[int | None, int | None] = (1, 1),
    programs: dict[str, str] | None = None,
    is_running: bool = True,
) -> NetworkStatus:
    views = [KuboView(f"finance-{number}", "RUNNING", peers) for number, peers in enumerate(kubo, 1)]
    return status.judge(members, validators, views, programs or {}, is_running=is_running, now_unix=NOW)


def test_judge__all_well__has_no_findings(members: Members) -> None:
    judged = _judge(members, [_validator(members, number) for number in (1, 2, 3)])
    assert judged.ok
    assert (judged.head, judged.head_age_seconds) == (100, 1)


def test_judge__one_missing__names_it_and_finds_no_halt(members: Members) -> None:
    judged = _judge(members, [_validator(members, 1), _validator(members, 2), _gone(3)])
    assert [finding.subject for finding in judged.findings] == ["finance-3"]
    assert "STOPPED" in judged.problems[0]


def test_judge__two_missing_and_old_head__says_how_many_are_needed(members: Members) -> None:
    judged = _judge(members, [_validator(members, 1, age=60), _gone(2), _gone(3)])
    first = judged.findings[0]
    assert first.subject == "chain"
    assert "60 s" in first.message
    assert "finance-2, finance-3 are missing" in first.message
    assert "至少要有 2 个" in first.message_zh


@pytest.mark.parametrize(
    ("peers", "hashes", "words"),
    [
        (2, ("0xaa", "0xbb", "0xaa"), "2 forks of equal height"),
        (2, ("0xaa", "0xaa", "0xaa"), "connected but none may seal"),
        (0, ("0xaa", "0xaa", "0xaa"), "not connected to each other"),
    ],
    ids=["forks", "nobody may seal", "no peers"],
)
def test_judge__old_head_with_all_up__says_why(
    peers: int, hashes: tuple[str, str, str], words: str, members: Members
) -> None:
    views = [_validator(members, n, age=30, peers=peers, head_hash=text) for n, text in enumerate(hashes, 1)]
    assert words in _judge(members, views).findings[0].message


def test_judge__head_within_its_period__is_no_halt(members: Members) -> None:
    assert _judge(members, [_validator(members, number, age=6) for number in (1, 2, 3)]).ok


def test_judge__validator_that_never_seals__is_named(members: Members) -> None:
    sealers = frozenset(member.validator.lower() for member in members.validators[:2])
    views = [ValidatorView(f"finance-{n}", "RUNNING", 100, "0xaa", NOW - 1, 2, sealers) for n in (1, 2, 3)]
    judged = _judge(members, views)
    assert [finding.subject for finding in judged.findings] == ["finance-3"]
    assert not judged.findings[0].is_fatal


def test_judge__nobody_answers__says_that_the_chain_stands_still(members: Members) -> None:
    judged = _judge(members, [_gone(1), _gone(2), _gone(3)])
    assert judged.head is None
    assert "没有一个验证节点响应" in judged.problems[0]


@pytest.mark.parametrize(("peers", "words"), [(None, "未响应"), (0, "没有连上")], ids=["silent", "alone"])
def test_judge__kubo_in_trouble__is_named(peers: int | None, words: str, members: Members) -> None:
    judged = _judge(members, [_validator(members, number) for number in (1, 2, 3)], kubo=(1, peers))
    assert len(judged.problems) == 1
    assert "finance-2 的 kubo" in judged.problems[0]
    assert words in judged.problems[0]


def test_judge__added_program_down__is_named(members: Members) -> None:
    views = [_validator(members, number) for number in (1, 2, 3)]
    judged = _judge(members, views, programs={"node-1": "FATAL", "oracle-1": "RUNNING"})
    assert judged.problems == ["程序 node-1 的状态是 FATAL（program node-1 is FATAL）"]


def test_judge__not_running__says_only_that(members: Members) -> None:
    judged = _judge(members, [_gone(1), _gone(2), _gone(3)], is_running=False)
    assert judged.problems == ["网络未运行（the network is not running）"]
