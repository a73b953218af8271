"""The examples in the docstrings of the public modules run."""

import doctest
import importlib

import pytest

MODULES = [
    "piaolian_sdk.beijing",
    "piaolian_sdk.codes",
    "piaolian_sdk.errors",
    "piaolian_sdk.late_fees",
    "piaolian_sdk.money",
    "piaolian_sdk.reconciliation",
    "piaolian_sdk.schema",
    "piaolian_sdk.sm2",
    "piaolian_sdk.text",
]


@pytest.mark.parametrize("name", MODULES)
def test_docstring__examples__give_what_they_show(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs={"date": __import__("datetime").date})
    assert result.attempted > 0
    assert result.failed == 0
