import io
import json
import time
from pathlib import Path

import pytest

from demo.errors import StoryFailedError
from demo.report import StoryReport


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(tmp_path: Path, out: io.StringIO) -> StoryReport:
    return StoryReport(tmp_path / "story.json", out)


def _read(tmp_path: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((tmp_path / "story.json").read_text(encoding="utf-8"))
    return content


def test_report__good_step__is_written_with_transaction_and_gas(report: StoryReport, tmp_path: Path) -> None:
    report.chapter("one")
    with report.step("issue") as step:
        step.mined("0x" + "ab" * 32, 100)
        step.mined("0x" + "cd" * 32, 23)
    report.close()

    content = _read(tmp_path)
    assert content["ok"] is True
    steps = content["steps"]
    assert isinstance(steps, list)
    assert steps[0]["name"] == "issue"
    assert steps[0]["transaction"] == "0x" + "cd" * 32
    assert steps[0]["gas"] == 123
    assert steps[0]["milliseconds"] >= 0


def test_report__step_raises__is_not_ok_and_stops(report: StoryReport, tmp_path: Path) -> None:
    with pytest.raises(StoryFailedError, match="boom"), report.step("issue"):
        raise ValueError("boom")
    report.close()

    assert _read(tmp_path)["ok"] is False


def test_report__act_that_must_be_refused_passes__is_a_failed_step(report: StoryReport) -> None:
    with (
        pytest.raises(StoryFailedError, match="but passed"),
        report.refusal("forged", decided_by="contract", code="total-mismatch"),
    ):
        pass

    assert report.steps[0].ok is False


@pytest.mark.parametrize(("decided_by", "code"), [("node", "total-mismatch"), ("contract", "wrong-signer")])
def test_report__refused_by_another_rule__is_a_failed_step(report: StoryReport, decided_by: str, code: str) -> None:
    with (
        pytest.raises(StoryFailedError, match="must be refused by contract with total-mismatch"),
        report.refusal("forged", decided_by="contract", code="total-mismatch") as step,
    ):
        step.refused("node" if decided_by == "node" else "contract", code)


def test_report__nothing_shown__is_not_ok(report: StoryReport, tmp_path: Path) -> None:
    report.close()

    assert _read(tmp_path)["ok"] is False


def test_report__something_missing__is_not_ok_though_every_step_was(report: StoryReport, tmp_path: Path) -> None:
    with report.step("issue"):
        pass
    report.missing = ["ipfs-finance-2"]
    report.close()

    content = _read(tmp_path)
    assert content["ok"] is False
    assert content["missing"] == ["ipfs-finance-2"]


def test_report__killed_after_a_step__leaves_the_step_and_is_not_finished(report: StoryReport, tmp_path: Path) -> None:
    with report.step("issue"):
        pass

    content = _read(tmp_path)
    assert content["finished"] is False
    assert content["ok"] is False


def test_report__slow_step__prints_a_line_within_two_seconds(report: StoryReport, out: io.StringIO) -> None:
    with report.step("slow"):
        time.sleep(2.2)
    report.close()

    assert "slow" in out.getvalue().splitlines()[0]
    assert "…" in out.getvalue()
