"""PINs: which are strong enough, and how many wrong ones may be tried before the token locks itself.

A token counts wrong PINs and locks at a number of its own, often ten, sometimes three. A service that a supervisor
starts again and again would use them up within a minute: so every try is counted in a file, across restarts and by all
processes of the node, and after a few the token is not asked any more until a person says so.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Final

from piaolian_node.errors import ConfigError

MIN_PIN_LENGTH: Final = 8
_MIN_DIFFERENT: Final = 5
_RUN: Final = 4
_USUAL: Final = frozenset({"password", "passw0rd", "admin123", "piaolian", "12341234", "11223344", "13572468"})
# Less than any token's own limit that is left after a person mistyped once.
DEFAULT_TRIES: Final = 2


def pin_fault(pin: str) -> str | None:
    """Return the rule that a PIN breaks, or None.

    Counted are length, different characters, and runs such as 4567, 9876 or 0000 (GB/T 22239, 8.1.4.1 a).
    """
    if len(pin) < MIN_PIN_LENGTH:
        return f"it must have {MIN_PIN_LENGTH} characters"
    if len(set(pin)) < _MIN_DIFFERENT:
        return f"it must have {_MIN_DIFFERENT} different characters"
    if pin.lower() in _USUAL:
        return "it must not be a usual one"
    if _longest_run(pin) >= _RUN:
        return f"it must not have {_RUN} characters in a row"
    return None


def require_strong_pin(pin: str, field: str) -> None:
    """Refuse a weak PIN; the PIN itself is not repeated.

    Raises:
        ConfigError: It is weak.
    """
    fault = pin_fault(pin)
    if fault is not None:
        raise ConfigError(
            f"{field}: the PIN is too weak: {fault}",
            f"{field}：PIN 过弱（至少 {MIN_PIN_LENGTH} 位、{_MIN_DIFFERENT} 种字符，不得为常用或连续字符）",
            field=field,
            remedy="draw one at random, for instance with: shuf -i 0-9 -r -n 12 | tr -d '\\n'",
        )


def _longest_run(pin: str) -> int:
    longest = 1
    for step in (-1, 0, 1):
        length = 1
        for before, after in pairwise(pin):
            length = length + 1 if ord(after) - ord(before) == step else 1
            longest = max(longest, length)
    return longest


class PinTries:
    """Counts refused PINs in a file.

    Args:
        path: The file; its folder is made.
        limit: Tries after which the token is not asked any more.
    """

    def __init__(self, path: Path, limit: int = DEFAULT_TRIES) -> None:
        self._path = path
        self._limit = limit

    def require_one(self) -> None:
        """Refuse when the tries are used up.

        Raises:
            ConfigError: They are, or the file cannot be read.
        """
        with self._open() as file:
            if _read(file) >= self._limit:
                raise ConfigError(
                    f"the token refused the PIN {self._limit} times; it is not asked again, so that it does not lock",
                    f"密码设备已 {self._limit} 次拒绝 PIN，为避免锁定不再尝试",
                    field="token_pin",
                    remedy="set the right PIN, then run: piaolian-node keys allow-pin",
                )

    def count_refusal(self) -> None:
        """Count a refused PIN, on the disk before this returns."""
        with self._open() as file:
            _write(file, _read(file) + 1)

    def forget(self) -> None:
        """Begin to count anew."""
        with self._open() as file:
            if _read(file):
                _write(file, 0)

    @contextmanager
    def _open(self) -> Iterator[IO[str]]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _read(file: IO[str]) -> int:
    file.seek(0)
    text = file.read().strip()
    # What is no number was not written by this class: it counts as used up.
    return int(text) if text.isdigit() else (0 if not text else 1 << 30)


def _write(file: IO[str], count: int) -> None:
    import os

    file.seek(0)
    file.truncate()
    file.write(f"{count}\n")
    file.flush()
    os.fsync(file.fileno())
