"""Pages that name a test as evidence name one that exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = ("docs/threat-model.md", "docs/asvs.md")
_NAMED = re.compile(r"`((?:tests|contracts/test)/[\w./-]+)::(\w+)`")


@cache
def names_in(path: str) -> frozenset[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".sol"):
        return frozenset(re.findall(r"function ((?:test|invariant)\w*)\(", text))
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def named_in(page: str) -> list[tuple[str, str]]:
    return _NAMED.findall((ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_page__every_test_it_names__exists(page: str) -> None:
    named = named_in(page)
    assert len(named) > 30
    missing = [f"{path}::{name}" for path, name in named if not (ROOT / path).is_file() or name not in names_in(path)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_page__every_mention_of_a_test_file__is_read_by_this_test(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    # A misspelt mention must not slip through unread; a file alone may be mentioned for what it holds as a whole.
    assert len(re.findall(r"::\w+", text)) == len(named_in(page))
    for path in re.findall(r"`((?:tests|contracts/test)/[\w./-]+)`", text):
        assert (ROOT / path).is_file(), path


def test_threat_model__every_defence__names_a_test_in_its_row() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| what (?:they|it|is)[^\n]*shown by \|\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) > 40
    assert [row for row in rows if not _NAMED.search(row)] == []
