from pathlib import Path

from piaolian_oracle.overview import OUTCOMES_ZH, read_overview
from piaolian_oracle.simulator import put_file
from piaolian_oracle.sources import IntakeRules, StatementFolder, StatementIntake
from piaolian_oracle.state import Database, StatementStore
from support.bank import ACCOUNT, BankBook, bank_for, payment_code


def test_overview__of_every_kind_of_row__names_no_account(tmp_path: Path) -> None:
    bank, book = bank_for(tmp_path, oracles=1), BankBook()
    bank.send([book.paid(payment_code(1)), book.paid(""), book.reversed(payment_code(2))])
    put_file(bank.folders[0], "broken.xml", b"<Document")
    put_file(bank.folders[0], "zz.xml", bank.message(1, [book.paid(payment_code(1), "1.00")]))
    database = Database(tmp_path / "oracle.sqlite")
    StatementIntake(
        StatementFolder(bank.folders[0]), StatementStore(database), IntakeRules(frozenset({ACCOUNT}))
    ).scan()

    lines = read_overview(database, 20, 1_800_000_000).lines()
    database.close()

    text = "\n".join(lines)
    assert ACCOUNT not in text
    for expected in ("source-content-changed", "broken.xml", "camt.054#1", "80.00 元", "没有缴款码", "银行冲正"):
        assert expected in text


def test_every_outcome__has_words_for_people() -> None:
    from typing import get_args

    from piaolian_oracle.state import Outcome

    assert set(OUTCOMES_ZH) == set(get_args(Outcome))
