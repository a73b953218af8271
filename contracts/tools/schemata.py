"""Writes the contracts with all mutants in them: one tree to build, every mutant chosen by the block's coinbase."""

import re
import shutil
from pathlib import Path
from typing import Any, Final

from contracts.tools.compiler import CONTRACTS, ROOT, syntax_trees
from contracts.tools.recorder import Mutant, Node, Recorder, children, span
from contracts.tools.rules import Finder

_LINKED: Final = ("node_modules", ".tools", "tools")
_COPIED: Final = ("roles.json", "foundry.toml", "solc")
# What `restricted` of OpenZeppelin does.
_RESTRICTED: Final = "_checkCanCall(_msgSender(), _msgData());"
_INTERFACES: Final = "src/interfaces/"
# Comments and strings are taken over as they are.
_TOKENS: Final = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|\bpure\b', re.DOTALL)
_SETTINGS: Final = """
[profile.mutants]
code_size_limit = 10000000
optimizer_runs = 1

[profile.mutants.fuzz]
runs = 16
seed = "0x70696169"
failure_persist_dir = "cache/fuzz"
"""


def written(target: Path) -> list[Mutant]:
    """Write a buildable tree with all mutants, together with the unit, attack and fuzz tests.

    Args:
        target: Empty folder; the contracts come to stand in ``target/contracts``.

    Returns:
        The mutants.
    """
    _surroundings(target)
    trees = syntax_trees()
    constants, modifiers = _declarations(trees)
    mutants: list[Mutant] = []
    for name, tree in trees.items():
        text = (CONTRACTS / name).read_bytes()
        if not name.startswith(_INTERFACES):
            recorder = Recorder(name, text, len(mutants) + 1)
            Finder(recorder, constants, modifiers).walk(tree)
            mutants += recorder.mutants
            text = recorder.page.text()
        place = target / "contracts" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_readable(text.decode()), encoding="utf-8")
    return mutants


def _surroundings(target: Path) -> None:
    contracts = target / "contracts"
    contracts.mkdir(parents=True)
    for name in _LINKED:
        (target / name).symlink_to((ROOT / name).resolve())
    (target / "tests").mkdir()
    (target / "tests" / "vectors").symlink_to(ROOT / "tests" / "vectors")
    (contracts / "node_modules").symlink_to("../node_modules")
    for name in _COPIED:
        shutil.copy2(CONTRACTS / name, contracts / name)
    with (contracts / "foundry.toml").open("a", encoding="utf-8") as file:
        file.write(_SETTINGS)
    for folder in ("support", "unit", "attacks", "fuzz"):
        for path in (CONTRACTS / "test" / folder).rglob("*.sol"):
            place = contracts / path.relative_to(CONTRACTS)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(_readable(path.read_text(encoding="utf-8")), encoding="utf-8")


def _readable(text: str) -> str:
    """Make pure functions view: they read the block now."""
    return _TOKENS.sub(lambda token: "view" if token.group() == "pure" else token.group(), text)


def _declarations(trees: dict[str, dict[str, Any]]) -> tuple[dict[int, str], dict[int, str]]:
    """Return the types of constants and the bodies of modifiers without parameters, by declaration."""
    constants: dict[int, str] = {}
    modifiers: dict[int, str] = {}
    for name, tree in trees.items():
        text = (CONTRACTS / name).read_bytes()
        for node in children(tree):
            if node["nodeType"] == "VariableDeclaration" and node.get("constant"):
                constants[node["id"]] = node["typeDescriptions"]["typeString"]
            elif node["nodeType"] == "ModifierDefinition" and not node["parameters"]["parameters"]:
                modifiers[node["id"]] = _checks_of(node, text)
            elif node["nodeType"] == "ModifierInvocation" and node["modifierName"]["name"] == "restricted":
                modifiers[node["modifierName"]["referencedDeclaration"]] = _RESTRICTED
    return constants, modifiers


def _checks_of(modifier: Node, text: bytes) -> str:
    start, end = span(modifier["body"])
    return text[start + 1 : end - 1].decode().replace("_;", " ")
