"""The offline page, built as `make verifier` does, in Chromium: opened as a file, without network."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import FilePayload, Page, async_playwright

_ROOT: Final = Path(__file__).parents[2]
# The newest card of the page.
LATEST: Final = "#results > :first-child"


@pytest.fixture(scope="session")
def built_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the page as `make verifier` does."""
    target = tmp_path_factory.mktemp("verifier") / "verifier.html"
    command: list[str | Path] = [_ROOT / ".tools" / "bin" / "node", _ROOT / "verifier" / "build.js", "--out", target]
    subprocess.run(command, check=True, timeout=120, cwd=_ROOT)
    return target


@pytest.fixture
async def page(built_page: Path) -> AsyncIterator[Page]:
    """Open the page; anything it asks for, and any fault of its script, fails the test."""
    async with opened(built_page) as made:
        yield made


@asynccontextmanager
async def opened(built_page: Path, *arguments: str) -> AsyncIterator[Page]:
    """Open the page in a Chromium with further arguments, and see at the end that it asked for nothing."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", *arguments]
        )
        context = await browser.new_context(offline=True, viewport={"width": 390, "height": 844}, locale="zh-CN")
        made = await context.new_page()
        asked: list[str] = []
        faults: list[str] = []
        made.on("request", lambda request: asked.append(request.url))
        made.on("pageerror", lambda error: faults.append(str(error)))
        made.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        await made.goto(built_page.as_uri())
        yield made
        await browser.close()
        assert [url for url in asked if not url.startswith(("blob:", "data:"))] == [built_page.as_uri()]
        assert faults == []


def payload(name: str, data: bytes, kind: str = "application/json") -> FilePayload:
    """Return a file to put into the page."""
    return {"name": name, "mimeType": kind, "buffer": data}


async def until(page: Page, expression: str) -> None:
    """Wait until an expression holds. It is asked from outside: the page's policy lets nothing be evaluated inside."""
    for _ in range(500):
        if await page.evaluate(expression):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(expression)


async def latest(page: Page, selector: str, file: FilePayload) -> str:
    """Put a file in and return the text of the card that it makes."""
    before = await page.locator("#results > *").count()
    await page.set_input_files(selector, file)
    await until(page, f"document.getElementById('results').children.length > {before}")
    return await page.locator(LATEST).inner_text()


async def give_trust(page: Page, trust: bytes) -> None:
    """Put a trust file in."""
    await page.set_input_files("#trust-file", payload("trust.json", trust))
    await until(page, "document.getElementById('trust-file').value === ''")
