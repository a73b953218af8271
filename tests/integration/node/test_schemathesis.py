"""Requests that nobody wrote: made from the API's description, and good ones with one member changed."""

from support.api_fuzz import Fuzz
from support.endpoints import Examples

_OF_EACH = 5
# Of the good requests with one member changed, every so many-th: all of them take minutes.
_STRIDE = 23


def test_api__random_requests_of_every_operation__no_server_error(examples: Examples) -> None:
    fuzz = Fuzz(examples, examples.sender.http.get("/openapi.json").json())
    fuzz.generate(_OF_EACH, is_random=False)
    assert fuzz.faults == []
    assert fuzz.reached == {operation.name for operation in examples.operations}
    assert sum(fuzz.sent.values()) > 150
    assert {200, 404, 422} <= fuzz.sent.keys()


def test_api__good_requests_with_one_member_changed__no_server_error(examples: Examples) -> None:
    fuzz = Fuzz(examples, {})
    fuzz.mutate(lambda found: found[::_STRIDE])
    assert fuzz.faults == []
    assert sum(fuzz.sent.values()) > 60
    assert fuzz.sent[422] > 30
