"""What bandit finds must be answered, and an answer must still answer something."""

from typing import Any

from scripts.bandit import unanswered


def finding(check: str, path: str) -> dict[str, Any]:
    return {"test_id": check, "filename": path, "line_number": 3, "issue_text": "why"}


def answer(check: str, path: str) -> dict[str, str]:
    return {"check": check, "path": path, "reason": "because"}


def test_unanswered__finding_in_another_file__named() -> None:
    lines = unanswered([finding("B608", "node/src/b.py")], [answer("B608", "node/src/a.py")])
    assert lines[0].startswith("node/src/b.py:3: B608")
    assert "node/src/a.py" in lines[1]


def test_unanswered__file_package_and_everywhere__answered() -> None:
    findings = [finding("B1", "node/src/a.py"), finding("B2", "node/src/x/y.py"), finding("B3", "oracle/src/z.py")]
    assert unanswered(findings, [answer("B1", "node/src/a.py"), answer("B2", "node/src"), answer("B3", "*")]) == []


def test_unanswered__nothing_found_any_more__answer_named() -> None:
    assert unanswered([], [answer("B404", "*")]) == [
        "scripts/bandit-answers.toml: nothing is found any more for B404 in *"
    ]
