"""The story as a whole: what its file says, and that it notices what is missing."""

from pathlib import Path
from typing import Any

import pytest

from demo.world import World
from support.story import run_as_program, story_file

_WANTED_REFUSALS = {
    # what the story must refuse: (decided by, code)
    "forged amount": ("contract", "total-mismatch"),
    "unpaid code": ("contract", "payment-not-paid"),
    "reused number": ("contract", "number-not-next"),
    "disabled item": ("contract", "item-disabled"),
    "foreign unit's range": ("contract", "not-your-range"),
    "altered body": ("sdk", "signature-wrong"),
    "replayed request": ("node", "request-replayed"),
    "wrong signature": ("contract", "wrong-signer"),
    "second booking": ("node", "share-exceeded"),
    "overdue unit": ("contract", "unit-overdue"),
}


@pytest.fixture(scope="module")
def report(told: World) -> dict[str, Any]:
    return story_file(told)


def test_story__told__every_step_is_ok(report: dict[str, Any]) -> None:
    assert report["ok"] is True
    assert report["finished"] is True
    assert [step["name"] for step in report["steps"] if not step["ok"]] == []
    for step in report["steps"]:
        assert {"name", "ok", "transaction", "gas", "milliseconds"} <= step.keys()


def test_story__told__at_least_320_receipts_are_final_by_code_and_by_list(report: dict[str, Any]) -> None:
    totals = report["totals"]

    assert totals["final_receipts"] >= 320
    assert totals["by_code"] >= 100
    assert totals["by_list"] >= 200
    assert totals["red"] == 1


def test_story__told__the_bank_spoke_by_statement_and_cfx_and_a_lie_changed_nothing(report: dict[str, Any]) -> None:
    details = {key: value for step in report["steps"] for key, value in step.get("detail", {}).items()}

    assert details["stopped"] == details["started"] == details["liar"] == "oracle-3"
    assert details["not_reached"] == "peer-unreachable"
    assert details["repeats"] == 6
    assert details["received_fen"] == 1


@pytest.mark.parametrize("refusal", _WANTED_REFUSALS.values(), ids=_WANTED_REFUSALS.keys())
def test_story__refusal__names_who_decided_and_the_code(report: dict[str, Any], refusal: tuple[str, str]) -> None:
    refusals = {(step.get("decided_by"), step.get("code")) for step in report["steps"] if "code" in step}

    assert refusal in refusals


def test_story__one_kubo_stopped__exits_non_zero_and_names_it(tmp_path: Path) -> None:
    told = run_as_program(tmp_path, "--stop", "kubo-2")

    assert told.exit_code != 0
    assert told.report["ok"] is False
    assert any("kubo of finance-2 does not answer" in part for part in told.report["missing"])
    assert "kubo of finance-2 does not answer" in told.output


def test_story__two_validators_stopped__exits_non_zero_and_names_them(tmp_path: Path) -> None:
    told = run_as_program(tmp_path, "--stop", "validator-2", "--stop", "validator-3")

    assert told.exit_code != 0
    assert told.report["ok"] is False
    missing = " ".join(told.report["missing"])
    assert "validator finance-2" in missing
    assert "validator finance-3" in missing
    assert "validator finance-2" in told.output


def test_story__network_of_an_earlier_run_is_left__next_run_takes_its_place(tmp_path: Path) -> None:
    first = run_as_program(tmp_path, "--stop", "kubo-1")
    second = run_as_program(tmp_path, "--stop", "kubo-2")

    assert any("kubo of finance-1 does not answer" in part for part in first.report["missing"])
    assert any("kubo of finance-2 does not answer" in part for part in second.report["missing"])
    assert not any("kubo of finance-1 does not answer" in part for part in second.report["missing"])
