from datetime import timedelta
from pathlib import Path

import pytest

from piaolian_oracle.channels import callback_rules, cfx_peer
from piaolian_oracle.config import PREFIX, PUBLIC_FIELDS, SECRET_FIELDS, OracleConfig
from piaolian_oracle.errors import ConfigError

SETTINGS = {
    "PROFILE": "dev",
    "RPC_URL": "http://127.0.0.1:8545",
    "ADDRESS_BOOK": "/srv/addresses.json",
    "SOURCE": "2",
    "FOLDER": "/srv/bank",
    "ACCOUNTS": '["0000000000000000001"]',
    "DATA_DIR": "/srv/oracle",
    "TOKEN_LABEL": "oracle-2",
    "PIN": "48213907",
}


def environment(**changes: str | None) -> dict[str, str]:
    settings = SETTINGS | changes
    return {f"{PREFIX}{name}": value for name, value in settings.items() if value is not None}


def test_settings__complete__are_read() -> None:
    config = OracleConfig.from_environment(environment())

    assert config.source == 2
    assert config.accounts == frozenset({"0000000000000000001"})
    assert config.state_path == Path("/srv/oracle/oracle.sqlite")
    assert config.order_rules.requires_number


def test_settings__every_field__is_either_public_or_secret() -> None:
    assert set(OracleConfig.model_fields) == PUBLIC_FIELDS | SECRET_FIELDS
    assert not PUBLIC_FIELDS & SECRET_FIELDS


CHANNELS = {
    "CFX_LISTEN": "127.0.0.1:7001",
    "CFX_OWN_CODE": "K3209990001",
    "CFX_PEER_CODE": "F320999",
    "CFX_TOKEN": "agreed-token",
}


@pytest.mark.parametrize("absent", ["CFX_OWN_CODE", "CFX_PEER_CODE", "CFX_TOKEN"])
def test_cfx__half_set_up__is_refused(absent: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OracleConfig.from_environment(environment(**{**CHANNELS, absent: None}))

    assert absent in caught.value.message


def test_cfx__set_up__names_both_sides_and_hides_the_token() -> None:
    config = OracleConfig.from_environment(environment(**CHANNELS))

    peer = cfx_peer(config)
    assert (peer.own_code, peer.peer_code, peer.token) == ("K3209990001", "F320999", b"agreed-token")
    assert "agreed-token" not in repr(config) + str(config.public_settings()) + repr(peer)


def test_callback__without_certificates__is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        OracleConfig.from_environment(environment(CALLBACK_LISTEN="127.0.0.1:7002"))
    (tmp_path / "none.pem").write_text("", encoding="utf-8")
    settings = {"CALLBACK_BASE_URL": "https://a.test", "CALLBACK_CERTIFICATES": str(tmp_path / "none.pem")}
    config = OracleConfig.from_environment(environment(CALLBACK_LISTEN="127.0.0.1:7002", **settings))

    with pytest.raises(ConfigError) as caught:
        callback_rules(config)

    assert caught.value.field == "PIAOLIAN_ORACLE_CALLBACK_CERTIFICATES"


@pytest.mark.parametrize("address", ["7001", "127.0.0.1", "a b:1", "host:"])
def test_address__that_is_none__is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        OracleConfig.from_environment(environment(**{**CHANNELS, "CFX_LISTEN": address}))


def test_secrets__shown__are_hidden() -> None:
    config = OracleConfig.from_environment(environment())

    for text in (repr(config), str(config.public_settings())):
        assert "48213907" not in text
        assert "0000000000000000001" not in text


def test_pin_file__beside_a_pin__wins(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("90731284\n", encoding="utf-8")

    config = OracleConfig.from_environment(environment(PIN_FILE=str(tmp_path / "pin")))

    assert config.pin.get_secret_value() == "90731284"


def test_pin_file__that_is_absent__is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        OracleConfig.from_environment(environment(PIN_FILE=str(tmp_path / "absent")))

    assert caught.value.field == "PIAOLIAN_ORACLE_PIN_FILE"


@pytest.mark.parametrize("name", ["RPC_URL", "ADDRESS_BOOK", "SOURCE", "FOLDER", "ACCOUNTS", "DATA_DIR", "PIN"])
def test_setting__that_is_absent__is_named(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OracleConfig.from_environment(environment(**{name: None}))

    assert f"{PREFIX}{name}" in caught.value.message_zh


WRONG = {
    "source-zero": {"SOURCE": "0"},
    "accounts-no-list": {"ACCOUNTS": "0000000000000000001"},
    "accounts-empty": {"ACCOUNTS": "[]"},
    "url": {"RPC_URL": "geth"},
    "profile": {"PROFILE": "test"},
    "interval": {"POLL_INTERVAL": "0"},
    "interval-text": {"POLL_INTERVAL": "soon"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_setting__that_is_wrong__is_refused_without_showing_secrets(changes: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        OracleConfig.from_environment(environment(**changes))

    assert "0000000000000000001" not in str(caught.value)


@pytest.mark.parametrize(("text", "seconds"), [("0.5", 0.5), ("3", 3), ("1.025", 1.025), ("PT2M", 120)])
def test_duration__as_seconds_or_iso__is_read(text: str, seconds: float) -> None:
    config = OracleConfig.from_environment(environment(POLL_INTERVAL=text))

    assert config.poll_interval == timedelta(seconds=seconds)


def test_profile__production_as_root__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)

    with pytest.raises(ConfigError) as caught:
        OracleConfig.from_environment(environment(PROFILE="production"))

    assert "root" in caught.value.message


def test_profile__production_with_a_short_pin__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    OracleConfig.from_environment(environment(PROFILE="production"))
    with pytest.raises(ConfigError):
        OracleConfig.from_environment(environment(PROFILE="production", PIN="1234"))
