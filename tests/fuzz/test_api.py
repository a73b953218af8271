"""Ten minutes of random requests of every operation: `make schemathesis`."""

import time

import pytest

from support.api_fuzz import Fuzz
from support.endpoints import Examples

_SECONDS = 600


@pytest.mark.timeout(1500)
def test_api__ten_minutes_of_random_requests__no_server_error(examples: Examples) -> None:
    fuzz = Fuzz(examples, examples.sender.http.get("/openapi.json").json())
    until = time.monotonic() + _SECONDS
    fuzz.mutate()
    while time.monotonic() < until:
        fuzz.generate(20, is_random=True, until=until)
    print(f"answers by status: {dict(sorted(fuzz.sent.items()))}")
    assert fuzz.faults == []
    assert fuzz.reached == {operation.name for operation in examples.operations}
