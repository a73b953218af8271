"""Figures of a run and the machine that they were taken on."""

from __future__ import annotations

import argparse
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Figures:
    """One way of putting receipts on the chain, measured.

    Attributes:
        name: what was done.
        receipts: how many receipts.
        seconds: from the first call to the last receipt final.
        latencies: seconds from a receipt's call to its finality, one for each receipt.
        answers: seconds from a receipt's call to the answer that completes it for the payer; empty where there is none.
        gas: gas of all transactions together.
    """

    name: str
    receipts: int
    seconds: float
    latencies: Sequence[float]
    answers: Sequence[float]
    gas: int

    def as_json(self) -> dict[str, Any]:
        """Return what is written down."""
        return {
            "name": self.name,
            "receipts": self.receipts,
            "seconds": round(self.seconds, 2),
            "receipts_per_second": round(self.receipts / self.seconds, 1),
            "final_seconds_p50": round(percentile(self.latencies, 50), 2),
            "final_seconds_p95": round(percentile(self.latencies, 95), 2),
            "answer_seconds_p50": round(percentile(self.answers, 50), 3) if self.answers else None,
            "answer_seconds_p95": round(percentile(self.answers, 95), 3) if self.answers else None,
            "gas_per_receipt": round(self.gas / self.receipts),
        }


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value below which so many percent lie (nearest rank)."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[rank - 1]


def machine() -> dict[str, Any]:
    """Describe the machine and the day."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Write rows as a Markdown table."""
    columns = (
        ("name", "way"),
        ("receipts", "receipts"),
        ("receipts_per_second", "receipts/s to final"),
        ("final_seconds_p50", "final p50 s"),
        ("final_seconds_p95", "final p95 s"),
        ("answer_seconds_p50", "answer p50 s"),
        ("answer_seconds_p95", "answer p95 s"),
        ("gas_per_receipt", "gas/receipt"),
    )
    lines = [
        "| " + " | ".join(title for _, title in columns) + " |",
        "|" + "|".join("---" for _ in columns) + "|",
    ]
    lines += ["| " + " | ".join(_cell(row[key]) for key, _ in columns) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)


def read_no_arguments(program: str, documentation: str | None) -> None:
    """Read the command line of a measurement that takes none: `--help` explains it, anything else is refused.

    Args:
        program: name after ``python -m``.
        documentation: the module's docstring.
    """
    parser = argparse.ArgumentParser(prog=program, description=documentation)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.parse_args()
