"""No log line is given something that is called a key, a secret, a PIN or a password."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

from scripts.checks.files import File

_PACKAGES: Final = ("sdk/src", "node/src", "oracle/src", "network/src", "demo")
_LEVELS: Final = {"debug", "info", "warning", "error", "exception", "critical", "log"}
_SECRET: Final = re.compile(r"(^|_)(private_key|secret|pin|password|passphrase|seed|salt|token)(_|$)", re.IGNORECASE)


def violations(files: Sequence[File]) -> list[str]:
    """Name every logging call that is handed a secret."""
    return [
        f"{file.name}:{line}: `{name}` goes to the log"
        for file in files
        if file.is_python and file.is_below(*_PACKAGES)
        for line, name in _logged_secrets(file.tree)
    ]


def _logged_secrets(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LEVELS):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id.strip("_").endswith(("logger", "log"))):
            continue
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            for part in ast.walk(argument):
                name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
                if _SECRET.search(name):
                    yield node.lineno, name
