"""The search for personal data finds what it should."""

import pytest

from support.documents import INPATIENT, OUTPATIENT, sample_bytes
from support.personal import leaks, personal_values


def test_values__of_samples__names_numbers_and_accounts() -> None:
    values = personal_values([sample_bytes(OUTPATIENT), sample_bytes(INPATIENT)])
    assert {"测试丙", "测试丁", "11010120991231012X", "0000000002", "138900", "0000000000000000003"} <= values
    assert "男" not in values


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param('{"event": "payer 测试丁 refused"}', True, id="name"),
        pytest.param("account=0000000000000000003,", True, id="account"),
        pytest.param("check code 138900.", True, id="check code"),
        pytest.param("hash 0x00138900ff", False, id="digits within a hash"),
        pytest.param("number 3206012300000 10003", False, id="receipt number"),
    ],
)
def test_leaks__line__found(line: str, found: bool) -> None:
    values = personal_values([sample_bytes(OUTPATIENT), sample_bytes(INPATIENT)])
    assert bool(leaks(values, line)) is found
