"""Lock files hold versions and hashes, never the address of a registry."""

import json
import re
from collections.abc import Sequence
from typing import Final

from scripts.checks.files import File

_ADDRESS: Final = re.compile(r"[a-z+]+://\S+")


def violations(files: Sequence[File]) -> list[str]:
    """Name every download address in a lock file, and requirements without a hash."""
    found: list[str] = []
    for file in files:
        if file.name.name == "package-lock.json":
            found += [f"{file.name}:1: {where} names a registry" for where in _resolved(json.loads(file.text))]
        elif file.name.name == "uv.lock":
            found.append(f"{file.name}:1: uv.lock names its registry; commit requirements.lock instead")
        elif file.name.name == "requirements.lock" or file.is_below("scripts/requirements"):
            found += [
                f"{file.name}:{number}: a download address"
                for number, line in enumerate(file.lines, 1)
                if _ADDRESS.search(line) or line.startswith(("--index", "-i ", "--extra-index", "--find-links"))
            ]
            found += _without_hash(file)
    return found


def _resolved(node: object, where: str = "") -> list[str]:
    if not isinstance(node, dict):
        return []
    found = [f"{where}/resolved"] if "resolved" in node else []
    for key, value in node.items():
        found += _resolved(value, f"{where}/{key}")
    return found


def _without_hash(file: File) -> list[str]:
    found: list[str] = []
    for number, line in enumerate(file.lines, 1):
        is_requirement = "==" in line and not line.startswith((" ", "#"))
        following = file.lines[number].strip() if number < len(file.lines) else ""
        if is_requirement and not following.startswith("--hash="):
            found.append(f"{file.name}:{number}: a requirement without a hash")
    return found
