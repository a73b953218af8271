"""Names that say nothing, and notes to oneself, stay out."""

import re
from collections.abc import Sequence
from typing import Final

from scripts.checks.files import File

_EMPTY_NAMES: Final = {"utils", "helpers", "util", "helper", "misc", "common", "manager"}
# Spelled in two parts, so that this line does not break its own rule.
_NOTES: Final = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
_SOURCES: Final = {".py", ".sol", ".sh", ".js", ".html"}


def violations(files: Sequence[File]) -> list[str]:
    """Name files with empty names, and lines that put work off."""
    found = [
        f"{file.name}:1: `{file.name.stem}` does not say what the file is for"
        for file in files
        if file.name.suffix in _SOURCES and file.name.stem.lower() in _EMPTY_NAMES
    ]
    for file in files:
        if file.name.suffix not in _SOURCES or "vendor" in file.name.parts:
            continue
        found += [
            f"{file.name}:{number}: a note instead of the work"
            for number, line in enumerate(file.lines, 1)
            if _NOTES.search(line)
        ]
    return found
