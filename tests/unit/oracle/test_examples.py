import doctest
from types import ModuleType

import pytest

from piaolian_oracle import cfx, simulator
from piaolian_oracle.statements import reader


@pytest.mark.parametrize("module", [cfx, simulator, reader], ids=lambda module: module.__name__)
def test_example__in_the_docstring__runs(module: ModuleType) -> None:
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
