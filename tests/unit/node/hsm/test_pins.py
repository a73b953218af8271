"""PINs: weak ones are refused, in the ceremony too, and refused ones are counted on the disk."""

from pathlib import Path

import pytest

from piaolian_node.cli import main
from piaolian_node.errors import ConfigError
from piaolian_node.hsm.pins import PinTries, pin_fault


@pytest.mark.parametrize(
    ("pin", "word"),
    [
        pytest.param("4821390", "characters", id="short"),
        pytest.param("48484848", "different", id="two characters"),
        pytest.param("Passw0rd", "usual", id="usual"),
        pytest.param("90712345", "row", id="ascending run"),
        pytest.param("90765432", "row", id="descending run"),
        pytest.param("90711113", "row", id="repeated"),
    ],
)
def test_pin__weak__its_rule_named(pin: str, word: str) -> None:
    assert word in (pin_fault(pin) or "")


@pytest.mark.parametrize("pin", ["48213907", "tR7-kq2w", "907312841956"])
def test_pin__strong__taken(pin: str) -> None:
    assert pin_fault(pin) is None


def ceremony(monkeypatch: pytest.MonkeyPatch, folder: Path, pin: str, so_pin: str, profile: str = "production") -> int:
    monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "absent.conf"))
    for name, value in {
        "PROFILE": profile,
        "PKCS11_MODULE": str(folder / "absent.so"),
        "TOKEN_LABEL": "node",
        "TOKEN_PIN": pin,
        "DEPARTMENT": "测试市财政局",
    }.items():
        monkeypatch.setenv(f"PIAOLIAN_NODE_{name}", value)
    (folder / "so-pin").write_text(so_pin, encoding="ascii")
    return main(["keys", "init", "--make-token", "--so-pin-file", str(folder / "so-pin")])


@pytest.mark.parametrize(
    ("pin", "so_pin", "word"),
    [
        pytest.param("12345678", "90731284", "token_pin", id="weak user PIN"),
        pytest.param("48213907", "12345678", "so-pin-file", id="weak security officer's PIN"),
        pytest.param("48213907", "48213907", "安全员 PIN 与用户 PIN 相同", id="one PIN for both"),
    ],
)
def test_keys_init__weak_pins__refused_before_the_token_is_touched(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    pin: str,
    so_pin: str,
    word: str,
) -> None:
    assert ceremony(monkeypatch, tmp_path, pin, so_pin) == 1
    printed = capsys.readouterr().err
    assert word in printed
    assert pin not in printed
    assert "PKCS#11" not in printed


def test_keys_init__strong_pins__go_on_to_the_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # An empty search path: no program is started.
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ceremony(monkeypatch, tmp_path, "48213907", "90731284") == 1
    assert "softhsm2-util" in capsys.readouterr().err


def test_tries__counted_across_processes__refused_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "data" / "pin-tries"
    for _ in range(2):
        PinTries(path).require_one()
        PinTries(path).count_refusal()
    with pytest.raises(ConfigError) as refused:
        PinTries(path).require_one()
    assert "allow-pin" in (refused.value.remedy or "")
    PinTries(path).forget()
    PinTries(path).require_one()


def test_tries__file_damaged__counts_as_used_up(tmp_path: Path) -> None:
    (tmp_path / "pin-tries").write_text("x", encoding="ascii")
    with pytest.raises(ConfigError):
        PinTries(tmp_path / "pin-tries").require_one()
