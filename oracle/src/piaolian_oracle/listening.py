"""A server that listens in a thread of its own for as long as its context lasts."""

import logging
import socketserver
import threading
from typing import Self

_logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.1


class Listening:
    """Serves while it is open; a context manager.

    Args:
        server: Bound to its port.
        name: Of the channel, in logs.
    """

    def __init__(self, server: socketserver.TCPServer, name: str) -> None:
        self._server = server
        self._name = name
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": _POLL_SECONDS}, name=name, daemon=True
        )

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        _logger.info("listening", extra={"channel": self._name, "port": self.port})
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
