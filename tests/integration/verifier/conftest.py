"""The built page in Chromium, opened as a file, without network."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page, async_playwright

_ROOT: Final = Path(__file__).parents[3]


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
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = await browser.new_context(offline=True, viewport={"width": 390, "height": 844}, locale="zh-CN")
        opened = await context.new_page()
        asked: list[str] = []
        faults: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        await opened.goto(built_page.as_uri())
        yield opened
        await browser.close()
        assert [url for url in asked if not url.startswith(("blob:", "data:"))] == [built_page.as_uri()]
        assert faults == []
