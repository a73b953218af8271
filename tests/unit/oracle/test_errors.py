"""The closed list of codes is what the package raises: no code without use, no use without a code."""

import ast
from pathlib import Path
from typing import get_args

import piaolian_oracle
from piaolian_oracle import errors
from piaolian_oracle.errors import ErrorCode, OracleError

ROOT = Path(str(piaolian_oracle.__file__)).parent


def strings_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_code__is_raised_somewhere() -> None:
    used = set().union(*(strings_of(path) for path in ROOT.rglob("*.py") if path.name != "errors.py"))

    assert set(get_args(ErrorCode)) - used == set()


def test_every_error__is_an_oracle_error_and_ends_in_error() -> None:
    classes = [
        value for value in vars(errors).values() if isinstance(value, type) and value.__module__ == errors.__name__
    ]

    assert len(classes) > 5
    assert all(issubclass(value, OracleError) and value.__name__.endswith("Error") for value in classes)
