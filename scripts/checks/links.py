"""Links between documents lead somewhere: to a file of the repository, and to a heading that it has."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from scripts.checks.files import File

_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE: Final = re.compile(r"^(```|~~~)")
_HEADING: Final = re.compile(r"^#{1,6}\s+(.*?)\s*$")


def violations(files: Sequence[File]) -> list[str]:
    """Name every relative link of a Markdown file that leads nowhere."""
    known = {file.name: file for file in files}
    folders = {parent for name in known for parent in name.parents}
    found: list[str] = []
    for file in files:
        if file.name.suffix != ".md":
            continue
        for number, line in _prose(file):
            for target in _LINK.findall(line):
                problem = _problem(file, unquote(target), known, folders)
                if problem:
                    found.append(f"{file.name}:{number}: {problem}")
    return found


def _problem(file: File, target: str, known: dict[Path, File], folders: set[Path]) -> str:
    if re.match(r"[a-z]+:", target):
        return ""
    path_text, _, anchor = target.partition("#")
    path = _normal(file.name.parent / path_text) if path_text else file.name
    if path not in known and path not in folders:
        return f"link to {target}: there is no such file"
    if anchor and path in known and anchor not in {_anchor(line) for _, line in _prose(known[path])}:
        return f"link to {target}: there is no such heading"
    return ""


def _prose(file: File) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    is_code = False
    for number, line in enumerate(file.lines, 1):
        if _FENCE.match(line):
            is_code = not is_code
        elif not is_code:
            lines.append((number, line))
    return lines


def _anchor(line: str) -> str:
    heading = _HEADING.match(line)
    if not heading:
        return ""
    text = re.sub(r"[^\w\- ]", "", heading.group(1).lower())
    return text.replace(" ", "-")


def _normal(path: Path) -> Path:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return Path(*parts)
