"""Only `config.py` reads the environment.

Handing it on to a child process (`{**os.environ, ...}`, `env=os.environ`) is no reading.
"""

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from scripts.checks.files import File

_PACKAGES: Final = ("sdk/src", "node/src", "oracle/src", "network/src", "demo", "bench")


def violations(files: Sequence[File]) -> list[str]:
    """Name every read of an environment variable outside config.py."""
    return [
        f"{file.name}:{line}: the environment is read outside config.py"
        for file in files
        if file.is_python and file.is_below(*_PACKAGES) and file.name.name != "config.py"
        for line in _reads(file.tree)
    ]


def _reads(tree: ast.Module) -> Iterator[int]:
    handed_on = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if key is None
    }
    handed_on |= {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "env"
        for part in (node.value, *(node.value.args if isinstance(node.value, ast.Call) else ()))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            if node.attr in {"getenv", "getenvb"} or (
                node.attr in {"environ", "environb"} and id(node) not in handed_on
            ):
                yield node.lineno
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and any(name.name.startswith(("environ", "getenv")) for name in node.names)
        ):
            yield node.lineno
