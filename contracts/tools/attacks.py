"""Check the table of attacks in contracts/test/attacks/README.md against the tests of that folder.

    python -m contracts.tools.attacks         print what is wrong with the table, and fail if anything is

A row names an attack, one test, and what stops it. Every test of the folder must have a row and every row its test; the
test, or what it calls, must name each error or event of the row; and a comment above it must say what is tried. So no
attack can lose its test, and no test its reason, without somebody noticing.
"""

import re
import sys
from pathlib import Path
from typing import Final, NamedTuple

ATTACKS: Final = Path(__file__).parents[1] / "test" / "attacks"
_TABLE: Final = "README.md"
_ROW: Final = re.compile(r"^\| (?P<attack>[^|]+?) \| `(?P<file>\w+)\.(?P<test>test_\w+)` \|(?P<stops>[^|]*)\|$")
_HEADS: Final = ("| attack | test | stopped by |", "|---|---|---|")
_FUNCTION: Final = re.compile(r"^    function (\w+)\(.*?^    }$", re.MULTILINE | re.DOTALL)
_CALL: Final = re.compile(r"\b(_\w+)\(")


class Row(NamedTuple):
    """One attack: who tries what, the test that tries it, and the errors or events that stop it."""

    attack: str
    file: str
    test: str
    stops: tuple[str, ...]


def faults(folder: Path = ATTACKS) -> list[str]:
    """Return everything that is wrong with the table of ``folder``; nothing when it is whole."""
    rows, found = _rows((folder / _TABLE).read_text(encoding="utf-8"))
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sol"))}
    shared = {
        name: text for file, text in sources.items() if not file.endswith(".t.sol") for name, text in _functions(text)
    }
    listed = [(row.file, row.test) for row in rows]
    found += [
        f"{file}.{test}: has more than one row" for file, test in sorted(set(listed)) if listed.count((file, test)) > 1
    ]
    for file, text in sources.items():
        if not file.endswith(".t.sol"):
            continue
        own = dict(_functions(text))
        name = file.removesuffix(".t.sol")
        for test in (function for function in own if function.startswith("test")):
            if (name, test) not in listed:
                found.append(f"{name}.{test}: has no row")
            if not _has_comment(text, test):
                found.append(f"{name}.{test}: no comment says what is tried")
        for row in (row for row in rows if row.file == name):
            found += _row_faults(row, {**shared, **own})
    return found + [
        f"{row.file}.{row.test}: there is no file {row.file}.t.sol"
        for row in rows
        if f"{row.file}.t.sol" not in sources
    ]


def _rows(table: str) -> tuple[list[Row], list[str]]:
    rows, found = [], []
    for line in table.splitlines():
        if not line.startswith("|") or line in _HEADS:
            continue
        match = _ROW.match(line)
        if match is None:
            found.append(f"not a row of the table: {line}")
            continue
        stops = tuple(re.findall(r"`(\w+)`", match["stops"]))
        if not stops and not match["attack"].startswith(("No attack:", "The bounded call itself:")):
            found.append(f"{match['file']}.{match['test']}: the row does not say what stops the attack")
        rows.append(Row(match["attack"], match["file"], match["test"], stops))
    return rows, found


def _row_faults(row: Row, functions: dict[str, str]) -> list[str]:
    if row.test not in functions:
        return [f"{row.file}.{row.test}: there is no such test"]
    text = _with_callees(row.test, functions)
    return [
        f"{row.file}.{row.test}: does not expect {stop}" for stop in row.stops if not re.search(rf"\b{stop}\b", text)
    ]


def _with_callees(test: str, functions: dict[str, str]) -> str:
    """Return the text of a test and of every function of the folder that it calls, directly or not."""
    texts: dict[str, str] = {}
    waiting = [test]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in texts:
            texts[name] = functions[name]
            waiting += _CALL.findall(functions[name])
    return "\n".join(texts.values())


def _functions(source: str) -> list[tuple[str, str]]:
    """Return name and text of each function; overloads are one."""
    texts: dict[str, str] = {}
    for match in _FUNCTION.finditer(source):
        texts[match[1]] = texts.get(match[1], "") + match[0]
    return list(texts.items())


def _has_comment(source: str, test: str) -> bool:
    return re.search(rf"^    /// .+\n    function {test}\(", source, re.MULTILINE) is not None


def main() -> int:
    """Print what is wrong, and return how many faults there are."""
    found = faults()
    for fault in found:
        print(f"contracts/test/attacks: {fault}")
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main())
