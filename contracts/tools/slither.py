"""Run slither with every detector on, and fail when a finding has no answer in contracts/slither-answers.toml.

    make slither

An answer names the detector, the functions or variables it was found in, and why nothing has to be changed. An
answer to something that is no longer found fails too, so that the list stays true.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final

from contracts.tools.compiler import CONTRACTS, ROOT

ANSWERS: Final = CONTRACTS / "slither-answers.toml"

_SLITHER: Final = ROOT / ".tools" / "slither" / "bin" / "slither"
_SECONDS: Final = 1200

Finding = tuple[str, str]


class UnusableRunError(Exception):
    """Slither could not read the contracts; the message is its own."""


def findings() -> dict[Finding, str]:
    """Return what slither finds in our sources: its text by detector and place.

    Raises:
        UnusableRunError: It wrote no report.
    """
    with tempfile.TemporaryDirectory(prefix="piaolian-slither-") as name:
        folder = Path(name)
        report = folder / "report.json"
        programs = [str(ROOT / "node_modules" / ".bin"), str(ROOT / ".tools" / "bin")]
        settings = {
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
            "FOUNDRY_OUT": str(folder / "out"),
            "FOUNDRY_CACHE_PATH": str(folder / "cache"),
        }
        arguments = ["--foundry-out-directory", str(folder / "out"), "--json", str(report)]
        run = subprocess.run(
            [str(_SLITHER), ".", *arguments, "--filter-paths", "node_modules|test/"],
            cwd=CONTRACTS,
            env=os.environ | settings,
            capture_output=True,
            check=False,
            text=True,
            timeout=_SECONDS,
        )
        if not report.exists():
            raise UnusableRunError(run.stderr[-3000:])
        document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    if not document["success"]:
        raise UnusableRunError(str(document["error"]))
    found: dict[Finding, str] = {}
    for result in document["results"].get("detectors", []):
        place = _place(result["elements"][0])
        found[result["check"], place] = found.get((result["check"], place), "") + result["description"]
    return found


def answers() -> dict[Finding, str]:
    """Return the reason of every answer by detector and place."""
    entries = tomllib.loads(ANSWERS.read_text(encoding="utf-8"))["answer"]
    return {(entry["check"], place): entry["reason"] for entry in entries for place in entry["where"]}


def _place(element: dict[str, Any]) -> str:
    """Name a function or variable with everything around it, without lines: those move."""
    parent = element.get("type_specific_fields", {}).get("parent")
    return f"{_place(parent)}.{element['name']}" if parent else str(element["name"])


def main() -> int:
    """Compare findings and answers.

    Returns:
        0 when every finding has an answer and every answer a finding.
    """
    found, answered = findings(), answers()
    unanswered = sorted(set(found) - set(answered))
    idle = sorted(set(answered) - set(found))
    for finding in unanswered:
        sys.stderr.write(f"slither: no answer to {finding[0]} in {finding[1]}: {found[finding]}\n")
    for finding in idle:
        sys.stderr.write(f"slither: answered but no longer found: {finding[0]} in {finding[1]}\n")
    print(f"slither: {len(found)} findings, {len(found) - len(unanswered)} answered, {len(idle)} idle answers")
    return 1 if unanswered or idle else 0


if __name__ == "__main__":
    sys.exit(main())
