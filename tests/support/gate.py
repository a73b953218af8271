"""A gate between the node and what it depends on: lets everything through until a test holds one step.

The node's addresses of chain and IPFS lead through gates. A test holds a step (an RPC method, a command of kubo) before
it reaches the service, or its answer on the way back; while it is held, the node stands exactly there and can be
killed.
"""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

_HELD_SECONDS: Final = 180.0
_UPSTREAM_SECONDS: Final = 120.0


class Hold:
    """One held step.

    Args:
        step: Name of the step.
        after: Hold the answer rather than the request.
        when: Holds only requests with parameters for which this is true.
    """

    def __init__(self, step: str, *, after: bool, when: Callable[[Any], bool] | None = None) -> None:
        self.step = step
        self.after = after
        self.is_reached = threading.Event()
        self._when = when
        self._is_over = threading.Event()
        self._lets_through = False

    def concerns(self, step: str, parameters: Any) -> bool:
        """Whether a request is to be held."""
        return step == self.step and not self._is_over.is_set() and (self._when is None or self._when(parameters))

    def wait(self) -> bool:
        """Stand still until the hold is over, and return whether to go on."""
        self.is_reached.set()
        assert self._is_over.wait(_HELD_SECONDS), "a test held a step and forgot it"
        return self._lets_through

    def release(self) -> None:
        """Let what is held go on."""
        self._lets_through = True
        self._is_over.set()

    def drop(self) -> None:
        """Lose what is held, as when the connection breaks."""
        self._is_over.set()


class Gate:
    """A gate before one service.

    Args:
        upstream: Address of the service, ``http://host:port``.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        assert parts.hostname is not None
        assert parts.port is not None
        self.upstream = (parts.hostname, parts.port)
        self._hold: Hold | None = None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.gate = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        """Address of the gate."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def holding(self, step: str, *, after: bool = False, when: Callable[[Any], bool] | None = None) -> Iterator[Hold]:
        """Hold a step until released, dropped, or the end of the block."""
        assert self._hold is None, "one step at a time"
        hold = self._hold = Hold(step, after=after, when=when)
        try:
            yield hold
        finally:
            self._hold = None
            hold.drop()

    def hold_on(self, step: str, parameters: Any) -> Hold | None:
        """Return the hold that concerns a request."""
        hold = self._hold
        return hold if hold is not None and hold.concerns(step, parameters) else None

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    gate: Gate

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Killed processes leave broken connections: nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out in one piece; otherwise each answer waits for an acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        step, parameters = _step(self.path, body)
        hold = self.server.gate.hold_on(step, parameters)
        if hold is not None and not hold.after and not hold.wait():
            self.close_connection = True
            return
        answer, content = self._forward(body)
        if hold is not None and hold.after and not hold.wait():
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "trailer", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _forward(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        host, port = self.server.gate.upstream
        connection = http.client.HTTPConnection(host, port, timeout=_UPSTREAM_SECONDS)
        try:
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
            }
            connection.request("POST", self.path, body, headers | {"Accept-Encoding": "identity"})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # The base's name.
        """Say nothing: every request of a node comes through here."""


def _step(path: str, body: bytes) -> tuple[str, Any]:
    """Return the name of a request's step and its parameters: a JSON-RPC method or a command of kubo."""
    command = urlsplit(path).path
    if command.startswith("/api/v0/"):
        return command.removeprefix("/api/v0/"), None
    call = json.loads(body)
    return (call["method"], call["params"]) if isinstance(call, dict) else ("batch", call)
