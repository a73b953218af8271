from pathlib import Path

import pytest

from piaolian_oracle.simulator import SimulatedBank, file_name
from piaolian_oracle.simulator.__main__ import main
from piaolian_oracle.statements import read_statements
from support.bank import ACCOUNT, BankBook, payment_code


def test_send__to_three_receivers__gives_all_the_same_bytes(tmp_path: Path) -> None:
    bank = SimulatedBank(ACCOUNT, [tmp_path / name for name in "abc"])

    number = bank.send([BankBook().paid(payment_code(1))])

    contents = {(folder / file_name(number)).read_bytes() for folder in bank.folders}
    assert len(contents) == 1
    (statement,) = read_statements(contents.pop())
    assert (statement.number, statement.lines[0].code) == (1, payment_code(1))


def test_number__after_another_process_has_sent__goes_on(tmp_path: Path) -> None:
    SimulatedBank(ACCOUNT, [tmp_path / "a"]).send([])
    SimulatedBank(ACCOUNT, [tmp_path / "a"]).send([])

    assert SimulatedBank(ACCOUNT, [tmp_path / "a", tmp_path / "b"]).next_number() == 3


def test_command__with_two_payments__sends_one_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    payments = [f"{payment_code(number)},80.00,2026-05-12,B{number}" for number in (1, 2)]
    arguments = ["simulator", "--account", ACCOUNT, "--folder", str(tmp_path / "a")]
    for payment in payments:
        arguments += ["--pay", payment]
    monkeypatch.setattr("sys.argv", arguments)

    main()

    (statement,) = read_statements((tmp_path / "a" / file_name(1)).read_bytes())
    assert [line.reference for line in statement.lines] == ["B1", "B2"]
    assert "第 1 号" in capsys.readouterr().out


@pytest.mark.parametrize("payment", ["1,2,3", f"{payment_code(1)},80.00,today,B1"])
def test_command__with_a_malformed_payment__ends_with_a_reason(
    payment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["simulator", "--account", ACCOUNT, "--folder", str(tmp_path), "--pay", payment])

    with pytest.raises(SystemExit) as caught:
        main()

    assert caught.value.code == 2
    assert not list(tmp_path.iterdir())
