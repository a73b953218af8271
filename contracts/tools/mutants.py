"""Prove that the tests see every rule: change one rule at a time, and some test must fail.

    python -m contracts.tools.mutants                 all mutants; writes contracts/mutants.txt
    python -m contracts.tools.mutants --only Votes    those of files or functions so named; writes nothing
    python -m contracts.tools.mutants --list          print what would be changed, run nothing

All mutants are built at once (``rules.py`` says which, ``schemata.py`` how) and the unit, attack and fuzz tests run once for
each. A mutant that cannot be told from the original by any test stands in ``contracts/mutants-equivalent.toml`` with
the reason. Exit code 1 when one survives.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Final

from contracts.tools.compiler import CONTRACTS, ROOT
from contracts.tools.recorder import Mutant
from contracts.tools.schemata import written

LIST: Final = CONTRACTS / "mutants.txt"
EQUIVALENTS: Final = CONTRACTS / "mutants-equivalent.toml"
SURVIVED: Final = "SURVIVED"
EQUIVALENT: Final = "equivalent"

_FORGE: Final = str(ROOT / "node_modules" / ".bin" / "forge")
_TESTS: Final = ("--match-path", "test/{unit,attacks,fuzz}/**")
_BUILD_SECONDS: Final = 1200
# A run takes one to three seconds; an endless loop ends when the gas of a test does.
_RUN_SECONDS: Final = 300
_SUITE: Final = re.compile(r"^Ran \d+ tests? for \S+:(\w+)$")
_FAILURE: Final = re.compile(r"^\[FAIL.*\] (\w+)\(")

Key = tuple[str, str, str]


class UnusableRunError(Exception):
    """The tests said neither that they passed nor which one failed."""


@dataclass(frozen=True)
class Result:
    """What became of one mutant.

    Attributes:
        key: File, function and change; the same in every run.
        verdict: ``Suite.test`` that failed, SURVIVED or EQUIVALENT.
    """

    key: Key
    verdict: str


def keys_of(mutants: Sequence[Mutant]) -> list[Key]:
    """Name mutants without numbers; equal changes in one function are counted."""
    seen: Counter[Key] = Counter()
    keys: list[Key] = []
    for mutant in mutants:
        key = (mutant.file, mutant.function, mutant.change)
        seen[key] += 1
        again = f" ({seen[key]})" if seen[key] > 1 else ""
        keys.append((mutant.file, mutant.function, mutant.change + again))
    return keys


def read_list() -> dict[Key, str]:
    """Return the verdicts of the last full run; empty before the first."""
    if not LIST.exists():
        return {}
    rows = (line.split("\t") for line in LIST.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {(file, function, change): verdict for file, function, change, verdict in rows}


def equivalents() -> set[tuple[str, str]]:
    """Return function and change of every mutant that no test can tell from the original."""
    if not EQUIVALENTS.exists():
        return set()
    entries = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))["mutant"]
    return {(entry["function"], entry["change"]) for entry in entries if entry["reason"]}


def run_tests(project: Path, number: int, only: Sequence[str] = _TESTS) -> str:
    """Run the tests with one mutant in force; 0 is none.

    Returns:
        ``Suite.test`` of the first that failed, or an empty text.

    Raises:
        UnusableRunError: Nothing was run, or the output cannot be read.
    """
    environment = os.environ | {"FOUNDRY_PROFILE": "mutants", "FOUNDRY_BLOCK_COINBASE": f"0x{number:040x}"}
    run = subprocess.run(
        [_FORGE, "test", "--fail-fast", *only],
        cwd=project,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=_RUN_SECONDS,
    )
    suite = ""
    for line in run.stdout.splitlines():
        if found := _SUITE.match(line):
            suite = found[1]
        elif found := _FAILURE.match(line):
            return f"{suite}.{found[1]}"
    if run.returncode != 0 or not suite:
        raise UnusableRunError(f"mutant {number}: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    return ""


def judge(project: Path, mutant: Mutant, key: Key, last: str) -> Result:
    """Say which test kills a mutant, asking first the one that did so last time."""
    if "." in last:
        suite, test = last.split(".")
        narrow = ["--match-contract", f"^{suite}$"]
        if test != "setUp":
            narrow += ["--match-test", f"^{test}$"]
        try:
            killer = run_tests(project, mutant.number, narrow)
        except UnusableRunError:
            killer = ""  # that test is there no more
        if killer:
            return Result(key, killer)
    killer = run_tests(project, mutant.number)
    if key[1:] in equivalents():
        return Result(key, killer or EQUIVALENT)
    return Result(key, killer or SURVIVED)


def run_all(folder: Path, mutants: Sequence[Mutant], keys: Sequence[Key], workers: int) -> Iterator[Result]:
    """Run the tests for every mutant, in as many copies of the built project as there are workers."""
    last = read_list()
    free: Queue[Path] = Queue()
    free.put(folder / "contracts")
    for worker in range(1, workers):
        copy = folder / f"contracts-{worker}"
        shutil.copytree(folder / "contracts", copy, symlinks=True)
        free.put(copy)

    def work(pair: tuple[Mutant, Key]) -> Result:
        project = free.get()
        try:
            return judge(project, *pair, last.get(pair[1], ""))
        finally:
            free.put(project)

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, zip(mutants, keys, strict=True))


def prepare(folder: Path) -> list[Mutant]:
    """Write and build the tree, and see that its tests pass while no mutant is in force.

    Raises:
        UnusableRunError: It does not build, or a test fails without a mutant.
    """
    mutants = written(folder)
    build = subprocess.run(
        [_FORGE, "build"],
        cwd=folder / "contracts",
        env=os.environ | {"FOUNDRY_PROFILE": "mutants"},
        capture_output=True,
        check=False,
        text=True,
        timeout=_BUILD_SECONDS,
    )
    if build.returncode != 0:
        raise UnusableRunError(f"the mutants do not build: {build.stdout[-3000:]}{build.stderr[-3000:]}")
    if failed := run_tests(folder / "contracts", 0):
        raise UnusableRunError(f"{failed} fails although no rule is changed")
    return mutants


def text_of(results: Sequence[Result]) -> str:
    """Return the list as it is committed: what was changed, and which test saw it."""
    counts = Counter(result.verdict if "." not in result.verdict else "killed" for result in results)
    head = f"{len(results)} mutants: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    lines = ["\t".join((*result.key, result.verdict)) for result in results]
    return "\n".join([head, "file, function, change, and the test that fails because of it", *lines]) + "\n"


def _chosen(mutants: list[Mutant], only: str) -> tuple[list[Mutant], list[Key]]:
    pairs = [
        (mutant, key)
        for mutant, key in zip(mutants, keys_of(mutants), strict=True)
        if only in mutant.file or only in mutant.function
    ]
    return [mutant for mutant, _ in pairs], [key for _, key in pairs]


def main(arguments: Sequence[str]) -> int:
    """Run what the command line asks for.

    Returns:
        0 when every mutant is killed or equivalent for a reason given, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m contracts.tools.mutants")
    parser.add_argument("--only", default="", help="part of a file's or function's name")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    parser.add_argument("--workers", type=int, default=2, help="test runs side by side")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="piaolian-mutants-") as name:
        folder = Path(name)
        if options.list:
            mutants, keys = _chosen(written(folder), options.only)
            for mutant, key in zip(mutants, keys, strict=True):
                print(f"{key[0]}:{mutant.line}: {key[1]}: {key[2]}")
            return 0
        mutants, keys = _chosen(prepare(folder), options.only)
        results: list[Result] = []
        for result in run_all(folder, mutants, keys, options.workers):
            results.append(result)
            print(f"{len(results)}/{len(mutants)}", *result.key, result.verdict, sep="\t", flush=True)
    return _report(results, started, is_whole=not options.only)


def _report(results: Sequence[Result], started: float, *, is_whole: bool) -> int:
    text = text_of(results)
    if is_whole:
        LIST.write_text(text, encoding="utf-8")
    survivors = [result for result in results if result.verdict == SURVIVED]
    listed = equivalents()
    killed = [result for result in results if "." in result.verdict and result.key[1:] in listed]
    for result in survivors:
        print("survived:", *result.key, file=sys.stderr)
    for result in killed:
        print(f"listed as equivalent, but {result.verdict} kills it:", *result.key, file=sys.stderr)
    print(f"{text.splitlines()[0]}; {time.monotonic() - started:.0f} s")
    return 1 if survivors or killed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
