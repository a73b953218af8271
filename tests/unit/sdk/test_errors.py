"""Errors carry code, field, rule and remedy; nothing else has to be parsed."""

import pickle

import pytest

from piaolian_sdk.errors import (
    ContractRefusedError,
    InputError,
    PiaolianError,
    RemoteError,
    RuleViolation,
    SignerError,
    VerificationError,
)

ERRORS: list[PiaolianError] = [
    InputError("amount-malformed", "no amount", "不是金额", field="TotalAmount", rule="0.00", remedy="write 0.00"),
    RuleViolation(
        "total-mismatch", "sum differs", "合计不符", rule_id="R012", source="财综〔2017〕32号", field="Details"
    ),
    VerificationError("signature-wrong", "does not verify", "验证不通过", step="signature"),
    RemoteError("node-unreachable", "no answer", "没有应答", retry="same"),
    ContractRefusedError("unit-overdue", "overdue", "逾期未核销", name="UnitOverdue", values={"unit": 7}),
    SignerError("hsm-unavailable", "no token", "密码设备不可用", retry="after"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_problem__members_of_the_error(error: PiaolianError) -> None:
    problem = error.to_problem()
    assert problem["code"] == error.code
    assert problem["detail"] == str(error) == error.message
    assert problem["detail_zh"] == error.message_zh
    assert problem["retry"] == error.retry
    assert (problem["field"], problem["rule"], problem["remedy"]) == (error.field, error.rule, error.remedy)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_error__through_a_process_boundary__unchanged(error: PiaolianError) -> None:
    # Signatures may be verified in a pool of processes: an error must come back as itself.
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is type(error)
    assert copied.to_problem() == error.to_problem()
    assert vars(copied) == vars(error)


def test_input_error__with_field__only_the_field_changes() -> None:
    error = InputError("amount-malformed", "no amount", "不是金额", rule="0.00", remedy="write 0.00")
    moved = error.with_field("Details/Item[1]/ItemAmount")
    assert moved.to_problem() == error.to_problem() | {"field": "Details/Item[1]/ItemAmount"}


def test_rule_violation__without_a_rule_text__names_the_rule() -> None:
    assert ERRORS[1].rule == "R012"
