"""Check that every refusal of the contracts is a custom error with the values one needs to act, and that a test meets it.

    python -m contracts.tools.reverts         print what is wrong, and fail if anything is

Looked for in the syntax trees of contracts/src: `require` and `revert` with a string or without a reason, `assert`,
assembly that reverts, errors without values (but for those listed here with a reason), errors that nothing raises, and
errors that no test of contracts/test expects.

What the compiler itself adds is not of our making and stays without a reason: calldata that does not decode (a value
beyond its type, an offset past the end) and a call that runs out of gas.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from contracts.tools.compiler import CONTRACTS, syntax_trees
from contracts.tools.recorder import Node, children

_TESTS: Final = CONTRACTS / "test"
_YUL_ENDS: Final = {"revert", "invalid", "selfdestruct"}
# Errors that carry nothing, and why nothing is missing.
WITHOUT_VALUES: Final = {
    "ZeroAddress": "the value is zero",
    "ReasonMissing": "the value is zero",
    "MalformedCommittee": "the caller has just given all members; the rules are in its NatSpec",
    "TermsOutOfBounds": "the caller has just given all terms; the bounds are in their NatSpec",
}


class Survey(NamedTuple):
    """What the syntax trees hold: faults, declared errors with their number of values, and errors that are raised."""

    faults: list[str]
    declared: dict[str, int]
    raised: set[str]


def survey(trees: dict[str, dict[str, Any]]) -> Survey:
    """Return what the sources refuse with."""
    found = Survey([], {}, set())
    for name, tree in trees.items():
        for node in children(tree):
            _look_at(name, node, found)
    return found


def faults(trees: dict[str, dict[str, Any]], tests: Iterable[str]) -> list[str]:
    """Return everything that is wrong.

    Args:
        trees: Syntax trees by source name.
        tests: Texts of the tests.
    """
    found = survey(trees)
    expected = set(re.findall(r"\b(\w+)\.selector\b", "\n".join(tests)))
    return [
        *found.faults,
        *(f"error {name}: has no values" for name in _without_values(found) if name not in WITHOUT_VALUES),
        *(f"error {name}: nothing raises it" for name in sorted(set(found.declared) - found.raised)),
        *(f"error {name}: no test expects it" for name in sorted(found.raised - expected)),
    ]


def _without_values(found: Survey) -> Iterator[str]:
    return (name for name, values in sorted(found.declared.items()) if values == 0)


def _look_at(source: str, node: Node, found: Survey) -> None:
    match node["nodeType"]:
        case "ErrorDefinition":
            found.declared[node["name"]] = len(node["parameters"]["parameters"])
            if not node.get("documentation"):
                found.faults.append(f"{source}: error {node['name']} has no NatSpec")
        case "RevertStatement":
            found.raised.add(_error_of(node["errorCall"]))
        case "FunctionCall" if node["expression"].get("name") in {"require", "revert", "assert"}:
            arguments = node["arguments"]
            # `require(condition, SomeError(...))` is as good as a revert statement.
            if len(arguments) == 2 and "error" in arguments[1]["typeDescriptions"]["typeString"]:
                found.raised.add(_error_of(arguments[1]))
            else:
                found.faults.append(f"{source}: {node['expression']['name']} without a custom error")
        case "YulFunctionCall" if node["functionName"]["name"] in _YUL_ENDS:
            found.faults.append(f"{source}: {node['functionName']['name']} in assembly")


def _error_of(call: Node) -> str:
    named = call["expression"]
    return str(named.get("memberName") or named["name"])


def main() -> int:
    """Print what is wrong."""
    tests = (path.read_text(encoding="utf-8") for path in sorted(Path(_TESTS).rglob("*.sol")))
    found = faults(syntax_trees(), tests)
    for fault in found:
        print(f"contracts/src: {fault}")
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main())
