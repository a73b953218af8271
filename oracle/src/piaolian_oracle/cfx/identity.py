"""Message ids: 19 digits, never the same twice, also when two are made within a second or a nanosecond."""

import threading
import time
from collections.abc import Callable


class MessageIds:
    """Makes message ids that rise.

    Args:
        now_ns: Clock, nanoseconds since epoch; 19 digits until the year 2286.
    """

    def __init__(self, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._now_ns = now_ns
        self._mutex = threading.Lock()
        self._last = 0

    def next(self) -> str:
        """Return the next id."""
        with self._mutex:
            self._last = max(self._last + 1, self._now_ns())
            return f"{self._last:019d}"
