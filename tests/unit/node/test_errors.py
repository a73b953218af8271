"""The catalogue of codes is closed: every code that the node raises stands in it, and every one in it is raised."""

import ast
from pathlib import Path

import piaolian_node
from piaolian_node.errors import CATALOGUE

_SOURCE = Path(piaolian_node.__file__).parent
_CLASSES = {"RefusedError", "UnavailableError"}
# Raised by the SDK on behalf of the node, or by the classes of `errors` themselves.
_FROM_ELSEWHERE = {
    "request-signature-missing",
    "request-signature-wrong",
    "request-expired",
    "request-replayed",
    "content-digest-wrong",
    "chain-unreachable",
    "record-contradiction",
    "config-wrong",
    "hsm-unavailable",
    "address-unknown",
    "method-not-allowed",
}


def raised_codes() -> set[str]:
    found = set()
    for path in _SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CLASSES:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_catalogue__every_code_raised__is_in_it() -> None:
    assert raised_codes() - CATALOGUE.keys() == set()


def test_catalogue__every_code_in_it__is_raised() -> None:
    assert CATALOGUE.keys() - raised_codes() - _FROM_ELSEWHERE == set()
