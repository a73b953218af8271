"""Listens for CFX over TCP: one thread for each connection, every wait bounded.

A connection that breaks the framing, fails its MAC, is too slow or too large is closed; the others go on. Only a peer
on a private line should reach this port: the MAC proves who speaks, it does not hide what is said.
"""

import logging
import socket
import socketserver
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from piaolian_oracle.cfx.frame import MAX_FRAME_BYTES, Frame, FrameReader
from piaolian_oracle.errors import FrameError
from piaolian_oracle.listening import Listening

_logger = logging.getLogger(__name__)

_PIECE_BYTES = 65_536


class Dialogue(Protocol):
    """Answers frames."""

    def answer(self, frame: Frame) -> Frame:
        """Return the answer; raises FrameError for a frame that gets none."""
        ...


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one peer may take up.

    Attributes:
        max_frame_bytes: Largest frame.
        frame_seconds: From the first byte of a frame to its last.
        idle_seconds: Between two frames.
        max_connections: At one time; a further one is closed at once.
    """

    max_frame_bytes: int = MAX_FRAME_BYTES
    frame_seconds: float = 10.0
    idle_seconds: float = 120.0
    max_connections: int = 64


class CfxServer(Listening):
    """A listening socket; a context manager that serves while it is open.

    Args:
        host: Address to listen on.
        port: Port; 0 for any free one.
        dialogue: Answers.
        limits: See `ServerLimits`.
    """

    def __init__(self, host: str, port: int, dialogue: Dialogue, limits: ServerLimits | None = None) -> None:
        super().__init__(_Server((host, port), dialogue, limits or ServerLimits()), "cfx")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    # A connection that is open when the oracle stops must not keep it from stopping.
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], dialogue: Dialogue, limits: ServerLimits) -> None:
        super().__init__(address, _Connection)
        self.dialogue = dialogue
        self.limits = limits
        self.places = threading.BoundedSemaphore(limits.max_connections)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 # The base's signature.
        """Log a bug in one connection; the others go on."""
        _logger.error("connection failed", extra={"code": "internal"}, exc_info=True)  # noqa: LOG014 # Called while it is handled.


class _Connection(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        if not self.server.places.acquire(blocking=False):
            _logger.warning("too many CFX connections")
            return
        try:
            self._serve()
        except FrameError as error:
            _logger.warning("CFX connection closed", extra={"code": error.code})
        except OSError as error:
            _logger.info("CFX connection lost", extra={"error": type(error).__name__})
        finally:
            self.server.places.release()

    def _serve(self) -> None:
        limits = self.server.limits
        reader = FrameReader(limits.max_frame_bytes)
        begun_at: float | None = None
        while piece := self._receive(begun_at):
            if begun_at is None:
                begun_at = time.monotonic()
            for frame in reader.feed(piece):
                begun_at = time.monotonic()
                self.request.settimeout(limits.frame_seconds)
                self.request.sendall(self.server.dialogue.answer(frame).to_bytes())
            if not reader.is_inside_frame:
                begun_at = None
        reader.close()

    def _receive(self, begun_at: float | None) -> bytes:
        """Return the next piece, b"" at the end of the stream or of the patience between frames."""
        limits = self.server.limits
        if begun_at is None:
            self.request.settimeout(limits.idle_seconds)
        else:
            left = begun_at + limits.frame_seconds - time.monotonic()
            if left <= 0:
                raise _too_slow(limits.frame_seconds)
            self.request.settimeout(left)
        try:
            return self.request.recv(_PIECE_BYTES)
        except TimeoutError as exc:
            if begun_at is None:
                return b""
            raise _too_slow(limits.frame_seconds) from exc


def _too_slow(seconds: float) -> FrameError:
    return FrameError(
        "frame-too-slow",
        f"a frame was not complete within {seconds:g} seconds",
        f"报文未在 {seconds:g} 秒内传完",
        "检查线路后重发",
        retry="after",
    )
