"""Random requests of every operation, made by schemathesis from the API's own description, signed and sent.

Beside what the description allows and what it forbids, good requests of the scenario are sent with one member changed:
random ones are mostly refused at the first rule.
"""

import copy
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Err
from schemathesis.generation import GenerationMode

from piaolian_sdk.requests import sign_request
from piaolian_sdk.signing import DocumentSigner
from support.endpoints import Examples, Operation, Recorded

HOSTILE: Final[tuple[Any, ...]] = (
    None,
    "",
    "0",
    "-1",
    "1e400",
    "测" * 300,
    "\u0000",
    "' OR 1=1 --",
    "0x" + "ff" * 70,
    -1,
    0,
    1 << 31,
    1 << 63,
    1 << 256,
    0.5,
    [],
    {},
    [[]],
)


@dataclass
class Fuzz:
    """Sends, and keeps what no request may cause.

    Attributes:
        examples: The operations and their good requests.
        sent: Answers by status.
        faults: Server errors, and refusals that are no problem documents.
    """

    examples: Examples
    openapi: Mapping[str, Any]
    sent: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)

    def generate(self, count: int, *, is_random: bool, until: float | None = None) -> None:
        """Send requests of every operation.

        Args:
            count: Of each operation and mode.
            is_random: Other ones each time.
            until: Monotonic time at which to stop.
        """
        schema = schemathesis.openapi.from_dict(dict(self.openapi))
        for found in schema.get_all_operations():
            assert not isinstance(found, Err), found.err()
            operation = found.ok()
            ours = self._operation(operation.method.upper(), operation.path)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if until is not None and time.monotonic() > until:
                    return

                # An operation without parameters has nothing that its description forbids.
                with suppress(Unsatisfiable):
                    self._runner(ours, operation.as_strategy(generation_mode=mode), count, is_random=is_random)()

    def _runner(self, ours: Operation, strategy: Any, count: int, *, is_random: bool) -> Callable[[], None]:
        @settings(
            max_examples=count,
            derandomize=not is_random,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def run(case: Any) -> None:
            self._send_case(ours, case.as_transport_kwargs(base_url=self.examples.sender.base_url))

        return run

    def mutate(self, choose: Callable[[list[Recorded]], list[Recorded]] = lambda found: found) -> None:
        """Send the good requests with each member changed to something hostile, one at a time."""
        for operation in self.examples.operations:
            recorded = self.examples.kept[operation.name]
            if not recorded.body:
                continue
            changed = [
                Recorded(recorded.method, recorded.target, json.dumps(body).encode(), secrets.token_hex(8), 0)
                for body in _mutations(json.loads(recorded.body))
            ]
            for one in choose(changed):
                self._send(operation, one.method, self.examples.sender.base_url + one.target, {}, one.body, one.key)

    def _operation(self, method: str, path: str) -> Operation:
        return next(one for one in self.examples.operations if (one.method, one.path) == (method, path))

    def _send_case(self, operation: Operation, made: Mapping[str, Any]) -> None:
        body = made.get("data", b"")
        if "json" in made:
            body = json.dumps(made["json"])
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body or b"")
        headers = {name: value for name, value in (made.get("headers") or {}).items() if isinstance(value, str)}
        key = next((value for name, value in headers.items() if name.lower() == "idempotency-key"), None)
        try:
            request = httpx.Request(made["method"], made["url"], params=made.get("params"))
            self._send(operation, made["method"], str(request.url), headers, content, key)
        except (UnicodeEncodeError, httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol):
            return  # No client can send this.

    def _send(
        self, operation: Operation, method: str, url: str, extra: Mapping[str, str], body: bytes, key: str | None
    ) -> None:
        headers = {"Content-Type": "application/json"}
        if key is not None and key.isascii() and key.strip() == key and key:
            headers["Idempotency-Key"] = key
        if operation.access != "public":
            headers = _signed(method, url, headers, body, self.examples.signer_for(operation))
        # Public questions are counted by address: each comes from another one, as the proxy of this machine says.
        headers["X-Forwarded-For"] = f"198.51.100.{secrets.randbelow(250) + 1}"
        request = httpx.Request(method, url, headers=headers, content=body)
        answer = self.examples.sender.http.send(request)
        self.sent[answer.status_code] += 1
        self.reached.add(operation.name)
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        # 503 names a service that is away, which no request can cause.
        if answer.status_code >= 500 or (not answer.is_success and not is_problem):
            self.faults.append(f"{operation.name}: {answer.status_code} {answer.text[:300]} <- {url} {body[:300]!r}")


def _signed(method: str, url: str, headers: Mapping[str, str], body: bytes, signer: DocumentSigner) -> dict[str, str]:
    created = int(time.time())
    return sign_request(
        method, url, headers, body, signer, nonce=secrets.token_hex(16), created=created, expires=created + 60
    )


def _mutations(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give copies of a message with one member changed or left out, of the first element of lists too."""
    for path in _paths(content):
        without = copy.deepcopy(content)
        _at(without, path[:-1]).pop(path[-1])
        yield without
        for value in HOSTILE:
            changed = copy.deepcopy(content)
            _at(changed, path[:-1])[path[-1]] = value
            yield changed


def _paths(content: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield (*before, name)
            yield from _paths(value, (*before, name))
    elif isinstance(content, list) and content:
        yield from _paths(content[0], (*before, 0))


def _at(content: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        content = content[step]
    return content
