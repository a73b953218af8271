"""No source file is longer than 500 lines."""

from collections.abc import Sequence
from typing import Final

from scripts.checks.files import File

_MAX_LINES: Final = 500
_SOURCES: Final = {".py", ".sol", ".sh", ".js", ".css", ".html", ".md", ".toml"}


def violations(files: Sequence[File]) -> list[str]:
    """Name the files that are too long. Vendored front-end files keep their length."""
    return [
        f"{file.name}:1: {len(file.lines)} lines, at most {_MAX_LINES}: split it"
        for file in files
        if file.name.suffix in _SOURCES and "vendor" not in file.name.parts and len(file.lines) > _MAX_LINES
    ]
