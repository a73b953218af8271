"""One thread of a process uses the PKCS#11 library at a time: the library was not told to lock."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from piaolian_node.hsm import HSMToken, token


class FakeToken:
    """Opens sessions and counts the threads that are in the library."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.flags = 0
        self._lock = threading.Lock()

    @property
    def slot(self) -> "FakeToken":
        return self

    def get_token(self) -> "FakeToken":
        return self

    def open(self, **options: object) -> "FakeToken":
        return self

    def use(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.002)
        with self._lock:
            self.inside -= 1


def test_session__threads_side_by_side_and_two_tokens__one_is_in_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeToken()
    monkeypatch.setattr(token, "find_token", lambda module, label: library)
    tokens = [HSMToken(Path("/nowhere.so"), label, "1234") for label in ("one", "two")]

    def sign(turn: int) -> None:
        with tokens[turn % 2].session() as session:
            session.use()  # type: ignore[attr-defined]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(sign, range(40)))

    assert library.most == 1
