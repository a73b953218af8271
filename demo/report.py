"""The record of a run: ``var/story.json`` and the lines that people read meanwhile.

Each step holds ``name, ok, transaction, gas, milliseconds`` and, where an act was refused, ``decided_by`` (contract,
node or sdk) and ``code``. A step that was not reached is absent. The file is written again after every step, so that a
run that is killed leaves what it had shown.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TextIO

from demo.errors import StoryError, StoryFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Decider = Literal["contract", "node", "sdk"]

# Somebody who watches must see that the run lives: a line at least every two seconds.
HEARTBEAT_SECONDS = 1.9


@dataclass(slots=True)
class Step:
    """One step of the story while it runs and as it is written down.

    Attributes:
        name: what happens, in Chinese and English.
        chapter: the chapter that it belongs to.
        ok: whether it ended as the rules demand; an act that had to be refused is ok when it was refused.
        transaction: 0x-hex hash of the transaction that carried it, the last one when there were several.
        gas: gas used by its transactions together.
        milliseconds: wall time of the step.
        decided_by: who refused, for refusals only.
        code: the stable code of the refusal, for refusals only.
        detail: figures and words worth keeping; never a name of a payer.
    """

    name: str
    chapter: str
    ok: bool = False
    transaction: str | None = None
    gas: int | None = None
    milliseconds: int = 0
    decided_by: Decider | None = None
    code: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def mined(self, transaction: str, gas: int) -> None:
        """Count a transaction of this step."""
        self.transaction = transaction
        self.gas = (self.gas or 0) + gas

    def refused(self, decided_by: Decider, code: str, message: str = "") -> None:
        """Note that the act was refused, by whom and with which code."""
        self.decided_by = decided_by
        self.code = code
        if message:
            self.detail["message"] = message


class StoryReport:
    """Runs steps, prints them and keeps the file.

    Args:
        path: where the JSON goes; its folder is made.
        out: where people read.
        width: characters of a step's name in the printed lines.
    """

    def __init__(self, path: Path, out: TextIO | None = None) -> None:
        self._path = path
        self._out = out if out is not None else sys.stdout
        self._steps: list[Step] = []
        self._chapter = ""
        self._started = time.time()
        self._lock = threading.Lock()
        self._last_line = time.monotonic()
        self._current: str | None = None
        self._stopped = threading.Event()
        self.totals: dict[str, Any] = {}
        self.missing: list[str] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write(finished=False)
        self._heart = threading.Thread(target=self._beat, name="story-heartbeat", daemon=True)
        self._heart.start()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Everything shown so far."""
        return tuple(self._steps)

    @property
    def ok(self) -> bool:
        """Whether steps were shown, all of them good, and nothing was missing."""
        return bool(self._steps) and all(step.ok for step in self._steps) and not self.missing

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapter = title
        self.say(f"\n== {title}")

    def say(self, line: str) -> None:
        """Print one line at once."""
        with self._lock:
            self._last_line = time.monotonic()
            print(line, file=self._out, flush=True)

    def progress(self, words: str) -> None:
        """Tell what the running step is doing; printed with the next heartbeat."""
        self._current = words

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Run one step that must succeed.

        Raises:
            StoryError: whatever stopped it, after it was written down as not ok.
        """
        step = Step(name=name, chapter=self._chapter)
        self._current = name
        begun = time.monotonic()
        try:
            yield step
            step.ok = True
        except StoryError as exc:
            step.detail["error"] = str(exc)
            raise
        except Exception as exc:
            # The story's own boundary: whatever a room raised becomes one failed step that names it.
            step.detail["error"] = f"{type(exc).__name__}: {exc}"
            raise StoryFailedError(f"{name}: {type(exc).__name__}: {exc}") from exc
        finally:
            step.milliseconds = round((time.monotonic() - begun) * 1000)
            self._steps.append(step)
            self._current = None
            self._write(finished=False)
            self.say(_line(step))

    @contextmanager
    def refusal(self, name: str, *, decided_by: Decider, code: str) -> Iterator[Step]:
        """Run one step whose act must be refused, by whom and why the caller names.

        The block calls ``step.refused``. Not refused, or refused otherwise, is a failed step.

        Raises:
            StoryFailedError: the act passed, or somebody else or another rule refused it.
        """
        with self.step(name) as step:
            yield step
            if step.code is None:
                raise StoryFailedError(f"{name}: must be refused with {code}, but passed")
            if (step.decided_by, step.code) != (decided_by, code):
                raise StoryFailedError(
                    f"{name}: must be refused by {decided_by} with {code}, "
                    f"but was by {step.decided_by} with {step.code} ({step.detail.get('message', '')})"
                )

    def close(self) -> None:
        """Write the last version of the file and stop the heartbeat."""
        self._stopped.set()
        self._write(finished=True)

    def _beat(self) -> None:
        while not self._stopped.wait(0.2):
            if self._current is not None and time.monotonic() - self._last_line >= HEARTBEAT_SECONDS:
                self.say(f"   … {time.time() - self._started:5.0f} s  {self._current}")

    def _write(self, *, finished: bool) -> None:
        content = {
            "version": 1,
            "ok": self.ok and finished,
            "finished": finished,
            "started_unix": round(self._started),
            "seconds": round(time.time() - self._started, 1),
            "missing": self.missing,
            "totals": self.totals,
            "steps": [
                {key: value for key, value in asdict(step).items() if value not in (None, {})} for step in self._steps
            ],
        }
        for step in content["steps"]:  # type: ignore[attr-defined]
            step.setdefault("transaction", None)
            step.setdefault("gas", None)
        temporary = self._path.with_suffix(".json.part")
        temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
        temporary.replace(self._path)


def _line(step: Step) -> str:
    mark = "✓" if step.ok else "✗"
    parts = [f" {mark} {step.name}"]
    if step.code is not None:
        parts.append(f"拒绝 [{step.decided_by}] {step.code}")
        if message := step.detail.get("message"):
            parts.append(str(message))
    if step.transaction:
        parts.append(f"tx {step.transaction[:10]}…")
    if step.gas:
        parts.append(f"{step.gas:,} gas")
    parts.append(f"{step.milliseconds} ms")
    if not step.ok:
        parts.append(str(step.detail.get("error", "")))
    return " · ".join(parts)
