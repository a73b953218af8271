"""What the SDK's packages offer: sorted, complete, and shown by examples that run."""

import doctest
import importlib

import pytest

PACKAGES = ["acts", "cli", "client", "contracts", "qr", "reconciliation", "requests", "tree", "verify", "wire"]


@pytest.mark.parametrize("package", PACKAGES)
def test_all__names__exist_once_and_in_order(package: str) -> None:
    module = importlib.import_module(f"piaolian_sdk.{package}")
    names: list[str] = module.__all__

    assert len(set(names)) == len(names)
    assert all(hasattr(module, name) for name in names)
    constants = [name for name in names if name.isupper()]
    classes = [name for name in names if name[0].isupper() and not name.isupper()]
    functions = [name for name in names if name[0].islower()]
    assert names == sorted(constants) + sorted(classes) + sorted(functions)


@pytest.mark.parametrize("package", ["acts", "qr", "tree"])
def test_docstring__example__runs(package: str) -> None:
    result = doctest.testmod(importlib.import_module(f"piaolian_sdk.{package}"))

    assert result.attempted > 0
    assert result.failed == 0
