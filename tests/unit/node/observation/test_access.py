"""Who may ask for metrics."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from fastapi import Request
from pydantic import SecretStr

from piaolian_node.observation.endpoints import _may_see

if TYPE_CHECKING:
    from piaolian_node.context import NodeContext

TOKEN = "0123456789abcdef0123456789"


def may_see(host: str, headers: dict[str, str], token: str | None = None) -> bool:
    scope = {
        "type": "http",
        "client": (host, 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    config = SimpleNamespace(metrics_token=SecretStr(token) if token else None)
    return _may_see(Request(scope), cast("NodeContext", SimpleNamespace(config=config)))


@pytest.mark.parametrize(
    ("host", "headers", "token", "expected"),
    [
        pytest.param("127.0.0.1", {}, None, True, id="this machine"),
        pytest.param("::1", {}, None, True, id="this machine by IPv6"),
        pytest.param("198.51.100.7", {}, None, False, id="another machine"),
        pytest.param("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, None, False, id="a proxy of this machine"),
        pytest.param("198.51.100.7", {"Authorization": f"Bearer {TOKEN}"}, TOKEN, True, id="the token"),
        pytest.param("127.0.0.1", {}, TOKEN, False, id="this machine without the token"),
        pytest.param("127.0.0.1", {"Authorization": f"Bearer {TOKEN}x"}, TOKEN, False, id="another token"),
        pytest.param("127.0.0.1", {"Authorization": "Bearer é"}, TOKEN, False, id="a token that is no ASCII"),
    ],
)
def test_metrics__asked_by__seen(host: str, headers: dict[str, str], token: str | None, expected: bool) -> None:
    assert may_see(host, headers, token) is expected
