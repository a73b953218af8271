"""Settings: secrets by file, unsafe values refused, nothing secret printed."""

from pathlib import Path

import pytest

from piaolian_node.config import SECRET_FIELDS, NodeConfig
from piaolian_node.errors import ConfigError

BASE = {
    "PUBLIC_URL": "https://node.example",
    "DATABASE_URL": "sqlite+aiosqlite:///secret-name.sqlite",
    "RPC_URLS": '["http://127.0.0.1:1"]',
    "ADDRESS_BOOK": "/tmp/a.json",
    "KUBO_API": "http://127.0.0.1:2",
    "TOKEN_LABEL": "node",
    "TOKEN_PIN": "48213907",
    "DATA_DIR": "/tmp/d",
    "AREA": "3206",
    "DEPARTMENT": "测试市财政局",
    "SUPERVISION_CERTIFICATE": "/tmp/s.pem",
    "ENCRYPTION_KEY": "11" * 32,
    "TRUST_ROOTS": "/tmp/r",
}


def environment(**changes: str | None) -> dict[str, str]:
    values = {**BASE, **changes}
    return {f"PIAOLIAN_NODE_{name}": value for name, value in values.items() if value is not None}


def test_from_environment__complete__read() -> None:
    config = NodeConfig.from_environment(environment(BLOCK_INTERVAL="0.5", LEASE_TIME="30"))
    assert (config.profile, config.area, config.block_interval.total_seconds()) == ("production", "3206", 0.5)
    assert "node.example" in config.allowed_authorities


def test_from_environment__secret_in_a_file__file_wins(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("90731284\n", encoding="utf-8")
    config = NodeConfig.from_environment(environment(TOKEN_PIN_FILE=str(tmp_path / "pin")))
    assert config.token_pin.get_secret_value() == "90731284"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({"AREA": "320"}, "AREA", id="area of three digits"),
        pytest.param({"TOKEN_PIN": None}, "TOKEN_PIN", id="no pin"),
        pytest.param({"TOKEN_PIN": "1234"}, "token_pin", id="short pin"),
        pytest.param({"TOKEN_PIN": "12345678"}, "token_pin", id="usual pin"),
        pytest.param({"LISTEN_HOST": "0.0.0.0"}, "listen_host", id="open to the world without TLS"),
        pytest.param({"PUBLIC_URL": "http://node.example"}, "public_url", id="plain HTTP to payers"),
        pytest.param({"PUBLIC_URL": "https://" + "node." * 28 + "cn"}, "public_url", id="too long for a QR code"),
        pytest.param({"RPC_URLS": "http://x"}, "RPC_URLS", id="no list"),
        pytest.param({"RPC_URLS": "[]"}, "RPC_URLS", id="no chain node"),
        pytest.param({"IN_FLIGHT": "40"}, "IN_FLIGHT", id="more than the chain bears"),
        pytest.param({"TOKEN_PIN_FILE": "/nonexistent"}, "TOKEN_PIN_FILE", id="file absent"),
    ],
)
def test_from_environment__unsafe_or_malformed__named(changes: dict[str, str | None], word: str) -> None:
    with pytest.raises(ConfigError) as refused:
        NodeConfig.from_environment(environment(**changes))
    assert word in refused.value.message
    assert "48213907" not in refused.value.message


def test_public_values__every_field__either_secret_or_shown() -> None:
    config = NodeConfig.from_environment(environment())
    shown = config.public_values()
    assert set(shown) | SECRET_FIELDS == set(NodeConfig.model_fields)
    assert not set(shown) & SECRET_FIELDS
    text = str(shown)
    for secret in ("48213907", "11" * 32, "secret-name"):
        assert secret not in text
        assert secret not in repr(config)
