"""How long the offline page checks a bundle in Chromium: `python -m bench.page`. Goal: below 300 ms."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import async_playwright

from bench.measure import machine, read_no_arguments

_ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "tests"))
from support.bundle_cases import BundleCase, good_cases  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import FilePayload, Page

_RESULTS: Final = _ROOT / "bench" / "results" / "page.json"
_ROUNDS: Final = 9
_GOAL_MILLISECONDS: Final = 300


async def measure(page: Path) -> dict[str, Any]:
    """Return first, median and largest time in milliseconds for each bundle, each in a fresh page."""
    figures = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for case in good_cases():
            opened = await browser.new_page()
            await opened.goto(page.as_uri())
            times = [await _check(opened, case, place) for place in range(_ROUNDS)]
            figures[case.name] = {
                "bytes": len(case.bundle),
                "first_milliseconds": times[0],
                "median_milliseconds": statistics.median(times),
                "largest_milliseconds": max(times),
            }
            await opened.close()
        await browser.close()
    return figures


async def _check(page: Page, case: BundleCase, place: int) -> float:
    if place == 0:
        await page.set_input_files("#trust-file", _payload("trust.json", case.trust.encode()))
        await asyncio.sleep(0.3)
    await page.set_input_files("#bundle-file", _payload("bundle.json", case.bundle))
    await page.wait_for_selector(f"#results > :nth-child({place + 1})")
    shown = await page.locator("#results > :first-child").get_attribute("data-milliseconds")
    return float(shown or "nan")


def _payload(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/json", "buffer": data}


def main() -> int:
    """Build the page, measure, write the results and say whether the goal is met."""
    read_no_arguments("bench.page", __doc__)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "verifier.html"
        command: list[str | Path] = [_ROOT / ".tools" / "bin" / "node", _ROOT / "verifier" / "build.js", "--out", page]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        figures = asyncio.run(measure(page))
        size = page.stat().st_size
    largest = max(one["largest_milliseconds"] for one in figures.values())
    is_met = largest < _GOAL_MILLISECONDS
    result = {"machine": machine(), "page_bytes": size, "goal_milliseconds": _GOAL_MILLISECONDS, "bundles": figures}
    _RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for name, one in figures.items():
        print(f"{name:36}first {one['first_milliseconds']:6.1f} ms  median {one['median_milliseconds']:6.1f} ms")
    print(f"largest {largest:.1f} ms, goal {_GOAL_MILLISECONDS} ms: {'met' if is_met else 'NOT met'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
