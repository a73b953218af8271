"""Recompiles the contracts from their sources with py-solc-x, through the compiler that npm installed."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import solcx
from solcx.exceptions import SolcError

from piaolian_network.errors import ToolError

_IMPORT: Final = re.compile(r"""^\s*import\s+(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']""", re.MULTILINE)
_ADDRESS_BYTES: Final = 20
# A library begins with PUSH20 of its own address, ADDRESS, EQ: it knows when it is called directly.
_LIBRARY_HEAD: Final = b"\x73" + bytes(_ADDRESS_BYTES) + b"\x30\x14"
_LIBRARIES: Final = ("@openzeppelin/contracts/", "@openzeppelin/contracts-upgradeable/")


@dataclass(frozen=True)
class CompiledContract:
    """Code as the sources give it.

    Attributes:
        runtime: Runtime code; zeros where the constructor or the linker writes.
        immutables: Offsets (bytes) at which the constructor writes a word of 32 bytes.
        links: Offsets (bytes) at which the address of a library stands, 20 bytes; in a library also its own.
    """

    runtime: bytes
    immutables: tuple[int, ...]
    links: tuple[int, ...]


def compile_contracts(checkout: Path, names: tuple[str, ...]) -> dict[str, CompiledContract]:
    """Compile contracts with the settings of contracts/foundry.toml.

    Args:
        checkout: Folder that holds `contracts/` and `node_modules/`.
        names: Contracts wanted.

    Raises:
        ToolError: Sources or compiler are missing (`artifact-missing`), or it refuses them (`program-failed`).
    """
    contracts = checkout / "contracts"
    if not (contracts / "src").is_dir() or not (contracts / "solc").exists():
        raise ToolError(
            "artifact-missing",
            "the contract sources are not there: this command runs in a checkout",
            "找不到合约源码：本命令须在代码仓库中运行",
            "克隆代码仓库并运行 make setup。",
        )
    document = standard_json(checkout)
    try:
        # The version is asked of the given program; nothing is ever downloaded.
        answer = solcx.compile_standard(document, solc_binary=contracts / "solc", allow_paths=checkout)
    except SolcError as exc:
        raise ToolError(
            "program-failed", f"the compiler refused the sources: {str(exc)[:400]}", "编译器拒绝了合约源码"
        ) from exc
    found: dict[str, CompiledContract] = {}
    for contents in answer["contracts"].values():
        for name, output in contents.items():
            if name in names:
                found[name] = _compiled(output["evm"]["deployedBytecode"])
    missing = sorted(set(names) - found.keys())
    if missing:
        listed = ", ".join(missing)
        raise ToolError("artifact-missing", f"the sources hold no contract {listed}", f"源码中没有合约 {listed}")
    return found


def standard_json(checkout: Path) -> dict[str, Any]:
    """Collect the sources and settings as solc's standard JSON input."""
    contracts = checkout / "contracts"
    profile = tomllib.loads((contracts / "foundry.toml").read_text(encoding="utf-8"))["profile"]["default"]
    sources: dict[str, dict[str, str]] = {}
    waiting = [f"src/{path.relative_to(contracts / 'src')}" for path in sorted((contracts / "src").rglob("*.sol"))]
    while waiting:
        unit = waiting.pop()
        if unit in sources:
            continue
        text = _path_of(checkout, unit).read_text(encoding="utf-8")
        sources[unit] = {"content": text}
        waiting += [_resolve(unit, imported) for imported in _IMPORT.findall(text)]
    return {
        "language": "Solidity",
        "sources": dict(sorted(sources.items())),
        "settings": {
            "evmVersion": profile["evm_version"],
            "viaIR": profile["via_ir"],
            "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
            "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
            "outputSelection": {"*": {"*": ["evm.deployedBytecode"]}},
        },
    }


def _compiled(output: dict[str, Any]) -> CompiledContract:
    immutables = sorted(place["start"] for places in output.get("immutableReferences", {}).values() for place in places)
    links = sorted(
        place["start"]
        for libraries in output.get("linkReferences", {}).values()
        for places in libraries.values()
        for place in places
    )
    code = str(output["object"])
    for start in links:
        code = code[: 2 * start] + "00" * _ADDRESS_BYTES + code[2 * (start + _ADDRESS_BYTES) :]
    runtime = bytes.fromhex(code)
    if runtime.startswith(_LIBRARY_HEAD):
        links.insert(0, 1)
    return CompiledContract(runtime, tuple(immutables), tuple(links))


def _path_of(checkout: Path, unit: str) -> Path:
    if unit.startswith(_LIBRARIES):
        return checkout / "node_modules" / unit
    return checkout / "contracts" / unit


def _resolve(unit: str, imported: str) -> str:
    """Resolve an import against the unit that holds it, as the compiler does."""
    if not imported.startswith("."):
        return imported
    parts = unit.split("/")[:-1]
    for part in imported.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
