"""The Solidity compiler as these tools use it: syntax trees, documentation and layouts, no code.

    output = compiled(sources_of(files), {"*": {"": ["ast"]}})

The compiler is the same as forge's (``contracts/solc``), and import paths are read from ``foundry.toml``.
"""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

CONTRACTS: Final = Path(__file__).resolve().parents[1]
ROOT: Final = CONTRACTS.parent
SOURCES: Final = CONTRACTS / "src"

_IMPORT: Final = re.compile(r'^import\s+(?:[^"\';]*?\bfrom\s+)?"([^"]+)"\s*;', re.MULTILINE)
# The compiler needs two seconds for everything when it makes no code.
_SECONDS: Final = 300


class CompilerRefusalError(Exception):
    """The compiler refused the sources; the message is its own."""


def own_files() -> list[Path]:
    """Return every source file of the contracts, in order."""
    return sorted(SOURCES.rglob("*.sol"))


def sources_of(files: Iterable[Path]) -> dict[str, str]:
    """Return the text of the files and of everything that they import, by source name.

    Args:
        files: Files below ``contracts/``.

    Returns:
        Texts by the name under which the compiler knows them: their path below ``contracts/``.
    """
    found: dict[str, str] = {}
    waiting = [str(file.relative_to(CONTRACTS)) for file in files]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = (CONTRACTS / name).read_text(encoding="utf-8")
        waiting += [_resolved(name, target) for target in _IMPORT.findall(found[name])]
    return found


def compiled(sources: dict[str, str], selection: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    """Run the compiler with the settings of ``foundry.toml``.

    Args:
        sources: Texts by source name.
        selection: The compiler's ``outputSelection``.

    Returns:
        The compiler's output.

    Raises:
        CompilerRefusalError: A source has an error.
    """
    settings = _foundry()
    document = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            "evmVersion": settings["evm_version"],
            "viaIR": settings["via_ir"],
            "remappings": settings["remappings"],
            "outputSelection": selection,
        },
    }
    run = subprocess.run(
        [str(CONTRACTS / "solc"), "--standard-json"],
        input=json.dumps(document),
        capture_output=True,
        check=True,
        text=True,
        timeout=_SECONDS,
    )
    output: dict[str, Any] = json.loads(run.stdout)
    errors = [error["formattedMessage"] for error in output.get("errors", []) if error["severity"] == "error"]
    if errors:
        raise CompilerRefusalError("\n".join(errors))
    return output


def syntax_trees() -> dict[str, dict[str, Any]]:
    """Return the syntax tree of every own source file by its source name."""
    output = compiled(sources_of(own_files()), {"*": {"": ["ast"]}})
    return {name: source["ast"] for name, source in sorted(output["sources"].items()) if name.startswith("src/")}


def _foundry() -> dict[str, Any]:
    text = (CONTRACTS / "foundry.toml").read_text(encoding="utf-8")
    profile: dict[str, Any] = tomllib.loads(text)["profile"]["default"]
    return profile


def _resolved(importer: str, target: str) -> str:
    if target.startswith("."):
        path = (CONTRACTS / importer).parent / target
        return str(Path(*_normal(path.parts)).relative_to(CONTRACTS))
    for remapping in _foundry()["remappings"]:
        prefix, _, place = remapping.partition("=")
        if target.startswith(prefix):
            return str(place + target.removeprefix(prefix))
    return target


def _normal(parts: tuple[str, ...]) -> list[str]:
    """Take ``..`` out without following links: node_modules is one."""
    kept: list[str] = []
    for part in parts:
        if part == "..":
            kept.pop()
        else:
            kept.append(part)
    return kept
