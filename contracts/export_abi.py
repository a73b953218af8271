"""Write the ABIs and creation code of the deployed contracts into the SDK, so that it needs no compiler.

    python contracts/export_abi.py            build and write
    python contracts/export_abi.py --check    build and fail when a written file is stale

Each file is ``{"abi": [...], "bytecode": "0x..", "deployedBytecode": "0x..", "immutableReferences": {...}}``.
Immutable references say at which byte offsets of the deployed code the constructor wrote its values, so that a
network's code can be compared with the sources. PaymentDecisions and ReceiptActs are made by the constructors of the
two ledgers and are exported for that comparison only: a deployment sends none of them. ``roles.json`` says which role
may call which function.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CONTRACTS = Path(__file__).resolve().parent
ROOT = CONTRACTS.parent
TARGET = ROOT / "sdk" / "src" / "piaolian_sdk" / "_internal" / "abi"
FORGE = ROOT / "node_modules" / ".bin" / "forge"
NAMES = (
    "AccessManager",
    "ERC1967Proxy",
    "PaymentDecisions",
    "PaymentLedger",
    "ReceiptActs",
    "ReceiptLedger",
    "Registry",
)
# The limit of a contract's code is 24,576 bytes (EIP-170); we stop earlier, so that a repair still fits.
MAX_CODE_BYTES = 22_528
BUILD_SECONDS = 600


def build() -> None:
    """Compile the contracts without the tests.

    Raises:
        subprocess.CalledProcessError: The compiler refused.
    """
    subprocess.run([str(FORGE), "build", "--skip", "test"], check=True, cwd=CONTRACTS, timeout=BUILD_SECONDS)


def exported(name: str) -> dict[str, Any]:
    """Return what the SDK needs of one compiled contract; none is linked to a library today.

    Raises:
        ValueError: Its code is larger than we allow.
    """
    artifact = json.loads((CONTRACTS / "out" / f"{name}.sol" / f"{name}.json").read_text(encoding="utf-8"))
    deployed = artifact["deployedBytecode"]
    size = len(deployed["object"]) // 2 - 1
    if size > MAX_CODE_BYTES:
        raise ValueError(f"the code of {name} has {size} bytes, more than {MAX_CODE_BYTES}: move checks to a library")
    return {
        "abi": artifact["abi"],
        "bytecode": artifact["bytecode"]["object"],
        "deployedBytecode": deployed["object"],
        "immutableReferences": _numbered(deployed.get("immutableReferences", {})),
        "linkReferences": artifact["bytecode"].get("linkReferences", {}),
    }


def _numbered(references: dict[str, list[dict[str, int]]]) -> dict[str, list[dict[str, int]]]:
    """Number immutables by their first place: the compiler's own numbers change with every other source file."""
    ordered = sorted(references.values(), key=lambda places: places[0]["start"])
    return {str(number): places for number, places in enumerate(ordered)}


def text_of(document: dict[str, Any]) -> str:
    """Return the file's text: sorted and indented, so that a change shows as a change."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Build, then write or compare every file.

    Returns:
        0 when all is written or equal, 1 when a file is stale.
    """
    build()
    TARGET.mkdir(parents=True, exist_ok=True)
    files = {f"{name}.json": text_of(exported(name)) for name in NAMES}
    files["roles.json"] = (CONTRACTS / "roles.json").read_text(encoding="utf-8")
    stale = []
    for file_name, text in files.items():
        path = TARGET / file_name
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"stale ABI files, run contracts/export_abi.py: {', '.join(stale)}\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
