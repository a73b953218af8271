"""Judge the Python of the product with bandit: each finding has an answer, and each answer a finding."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = ("sdk/src", "node/src", "oracle/src", "network/src")


def main() -> int:
    """Run bandit and print what is not answered."""
    answers = tomllib.loads((_ROOT / "scripts" / "bandit-answers.toml").read_text(encoding="utf-8"))["answer"]
    found = _findings()
    lines = unanswered(found, answers)
    for line in lines:
        print(line)
    print(f"bandit: {len(found)} findings, {len(answers)} answers, {len(lines)} to be answered")
    return 1 if lines else 0


def unanswered(findings: list[dict[str, Any]], answers: list[dict[str, str]]) -> list[str]:
    """Return a line for every finding without an answer, and every answer without a finding."""
    used: set[int] = set()
    lines = []
    for finding in findings:
        check, path = finding["test_id"], finding["filename"]
        matching = [
            number
            for number, answer in enumerate(answers)
            if answer["check"] == check and (answer["path"] in ("*", path) or path.startswith(answer["path"] + "/"))
        ]
        used.update(matching)
        if not matching:
            lines.append(f"{path}:{finding['line_number']}: {check} {finding['issue_text']}")
    lines += [
        f"scripts/bandit-answers.toml: nothing is found any more for {answer['check']} in {answer['path']}"
        for number, answer in enumerate(answers)
        if number not in used
    ]
    return lines


def _findings() -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "-f", "json", *_PACKAGES],
        check=False,
        capture_output=True,
        cwd=_ROOT,
    )
    report = json.loads(done.stdout)
    if report["errors"]:
        raise SystemExit(f"bandit could not read: {report['errors']}")
    results: list[dict[str, Any]] = report["results"]
    return results


if __name__ == "__main__":
    sys.exit(main())
