"""Measurements explain themselves before they measure, and refuse what they do not know."""

import importlib
import sys

import pytest

MODULES = ["codes", "gas", "page", "payments", "proof", "receipts"]


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize(("argument", "code"), [("--help", 0), ("--fast", 2)])
def test_measurement__argument__is_read_before_anything_is_measured(
    name: str, argument: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = importlib.import_module(f"bench.{name}")
    monkeypatch.setattr(sys, "argv", [name, argument])

    with pytest.raises(SystemExit) as ended:
        module.main()

    assert ended.value.code == code
    said = capsys.readouterr()
    assert f"bench.{name}" in said.out + said.err
