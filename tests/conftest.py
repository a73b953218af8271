"""Rules for every test: markers by folder, no sockets in unit tests, one network for a whole run."""

from pathlib import Path
from typing import Final

import pytest
import pytest_socket

pytest_plugins = ["support.network", "support.services", "support.contracts"]

_MARKED_FOLDERS: Final = ("unit", "integration", "acceptance", "faults", "fuzz")
_HERE: Final = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the marker of the folder that it lies in."""
    for item in items:
        if not item.path.is_relative_to(_HERE):
            continue
        folder = item.path.relative_to(_HERE).parts[0]
        if folder in _MARKED_FOLDERS:
            item.add_marker(getattr(pytest.mark, folder))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Close the door to the network for unit tests; event loops keep their Unix socket pairs."""
    if item.get_closest_marker("unit"):
        pytest_socket.disable_socket(allow_unix_socket=True)
    else:
        pytest_socket.enable_socket()
