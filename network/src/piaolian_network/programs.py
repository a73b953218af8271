"""Where the programs of a network are found: the checkout's tools, or a folder given by the caller."""

import os
import shutil
from pathlib import Path
from typing import Final

from piaolian_network.errors import ToolError

# network/src/piaolian_network/programs.py of an editable installation: four folders up is the checkout.
_CHECKOUT: Final = Path(__file__).resolve().parents[3]


def find_program(name: str, *, folder: Path | None = None) -> Path:
    """Find an executable: in the given folder, in the checkout's `.tools/bin` and `node_modules/.bin`, on PATH.

    Raises:
        ToolError: It is nowhere (`program-missing`).
    """
    candidates = [folder / name] if folder else []
    # Foundry's programs come as npm wrappers, whose child a signal to the wrapper would not reach.
    candidates += sorted(_CHECKOUT.glob(f"node_modules/@foundry-rs/{name}-*/bin/{name}"))
    candidates += [_CHECKOUT / ".tools" / "bin" / name, _CHECKOUT / "node_modules" / ".bin" / name]
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    found = shutil.which(name)
    if found:
        return Path(found)
    raise ToolError("program-missing", f"program {name} is not installed", f"找不到程序 {name}", "先运行 make setup。")


def checkout() -> Path:
    """Return the folder that holds `contracts/` and `network/`."""
    return _CHECKOUT
