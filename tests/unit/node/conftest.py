"""Fixtures of the node's unit tests."""

import asyncio
from pathlib import Path

import pytest

from support.node_fakes import fresh_database


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of today's shape."""

    async def make(folder: Path) -> None:
        async with fresh_database(folder):
            pass

    folder = tmp_path_factory.mktemp("template")
    asyncio.run(make(folder))
    return folder / "node.sqlite"
