"""Running the product's own commands, and the token folders that they need."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from demo.errors import StoryFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_COMMAND_WITHIN_SECONDS: Final = 120
# Commands of the product spend their first second importing; more at once would only wait for each other.
_AT_ONCE: Final = 2

_Subject = TypeVar("_Subject")
_Result = TypeVar("_Result")


def command_path(name: str) -> str:
    """Return the path of an installed command of this environment."""
    return str(Path(sys.executable).parent / name)


def run_command(command: Sequence[str], environment: Mapping[str, str], *, stdin: str | None = None) -> str:
    """Run a command of the product to its end and return what it printed.

    Raises:
        StoryFailedError: it ended with a failure; its last words are told.
    """
    done = subprocess.run(
        list(command),
        check=False,
        capture_output=True,
        text=True,
        timeout=_COMMAND_WITHIN_SECONDS,
        env={**os.environ, **environment},
        input=stdin,
    )
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip())[-600:]
        raise StoryFailedError(f"{Path(command[0]).name} {command[1]} ended with {done.returncode}: {words}")
    return done.stdout


def in_parallel(work: Callable[[_Subject], _Result], subjects: Iterable[_Subject]) -> list[_Result]:
    """Do the same for several subjects, two at a time, and return the results in their order.

    Raises:
        Exception: what the first of them raised.
    """
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(work, subjects))


def write_secret(path: Path, text: str) -> Path:
    """Write a file that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def make_token_folder(directory: Path) -> dict[str, str]:
    """Make an empty folder for one SoftHSM token and return the environment that leads to it."""
    tokens = directory / "tokens"
    tokens.mkdir(parents=True, mode=0o700, exist_ok=True)
    configuration = directory / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        encoding="utf-8",
    )
    return {"SOFTHSM2_CONF": str(configuration)}


def new_pin() -> str:
    """Make a PIN of twelve digits."""
    return "".join(secrets.choice("0123456789") for _ in range(12))
