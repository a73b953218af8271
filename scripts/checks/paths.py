"""No file names a path of the machine on which it was written."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.checks.files import File

# Spelled with a class for the first letter, so that this line does not break its own rule.
_HOMES: Final = re.compile(r"(?<![\w.])/(?:[h]ome/[\w.-]+|[U]sers/[\w.-]+|[r]oot)/")


def violations(files: Sequence[File]) -> list[str]:
    """Name every line with the absolute path of a checkout or of a home folder."""
    found: list[str] = []
    for file in files:
        own = {str(file.root), str(Path.home())} - {"/", "/root"}
        for number, line in enumerate(file.lines, 1):
            if _HOMES.search(line) or any(f"{path}/" in line for path in own):
                found.append(f"{file.name}:{number}: an absolute path of one machine")
    return found
