import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from piaolian_oracle.simulator import SimulatedBank, file_name, put_file
from piaolian_oracle.sources import IntakeRules, StatementFolder, StatementIntake
from piaolian_oracle.state import Database, PartStore, StatementStore
from piaolian_oracle.statements import account_digest
from piaolian_oracle.statements.order import OrderRules
from support.bank import ACCOUNT, BankBook, bank_for, payment_code

CODE = payment_code(1)
RULES = IntakeRules(frozenset({ACCOUNT}))


@pytest.fixture
def bank(tmp_path: Path) -> SimulatedBank:
    return bank_for(tmp_path, oracles=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "oracle.sqlite")
    yield made
    made.close()


@pytest.fixture
def store(database: Database) -> StatementStore:
    return StatementStore(database)


def intake_of(bank: SimulatedBank, store: StatementStore, rules: IntakeRules = RULES) -> StatementIntake:
    return StatementIntake(StatementFolder(bank.folders[0]), store, rules)


def payments_of(database: Database) -> list[tuple[str, int]]:
    parts = PartStore(database).open_parts(1000, 1 << 40)
    return [(payment.code, payment.amount_fen) for part in parts for payment in part.payments]


def verdicts(database: Database) -> dict[str, str]:
    return dict(database.connection.execute("SELECT name, code FROM files ORDER BY name").fetchall())


def refused(store: StatementStore) -> list[tuple[bytes, str]]:
    return [(refusal.account, refusal.code) for refusal in store.refusals()]


def test_scan__of_new_statements__takes_each_once(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    book = BankBook()
    bank.send([book.paid(CODE)])
    bank.send([book.paid(payment_code(2), "1.00")])
    intake = intake_of(bank, store)

    taken = [intake.scan(), intake.scan()]

    assert taken == [2, 0]
    assert payments_of(database) == [(CODE, 8000), (payment_code(2), 100)]


def test_scan__after_a_restart__takes_nothing_twice(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    bank.send([BankBook().paid(CODE)])
    intake_of(bank, store).scan()

    assert intake_of(bank, store).scan() == 0
    assert payments_of(database) == [(CODE, 8000)]


def test_skipped_number__holds_the_source_until_it_comes(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    book = BankBook()
    folder = bank.folders[0]
    put_file(folder, file_name(1), bank.message(1, [book.paid(CODE)]))
    second, third = [book.paid(payment_code(2))], [book.paid(payment_code(3))]
    put_file(folder, file_name(3), bank.message(3, third))
    intake = intake_of(bank, store)

    assert intake.scan() == 1
    assert refused(store) == [(account_digest(ACCOUNT), "source-gap")]

    put_file(folder, file_name(2), bank.message(2, second))
    assert intake.scan() == 2
    assert refused(store) == []
    assert [code for code, _ in payments_of(database)] == [payment_code(number) for number in (1, 2, 3)]


def test_repeated_number__with_the_same_content__has_no_effect(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    movements = [BankBook().paid(CODE)]
    bank.send(movements)
    put_file(bank.folders[0], "again.xml", bank.message(1, movements))

    intake_of(bank, store).scan()

    assert payments_of(database) == [(CODE, 8000)]
    assert refused(store) == []
    assert set(verdicts(database).values()) == {"read"}


def test_repeated_number__with_other_content__stops_the_source(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    book = BankBook()
    bank.send([book.paid(CODE)])
    intake = intake_of(bank, store)
    intake.scan()
    put_file(bank.folders[0], "false.xml", bank.message(1, [book.paid(CODE, "8000000.00")]))
    bank.send([book.paid(payment_code(2))])

    assert intake.scan() == 0
    assert refused(store) == [(account_digest(ACCOUNT), "source-content-changed")]
    assert payments_of(database) == [(CODE, 8000)]
    assert verdicts(database)["false.xml"] == "source-content-changed"


def test_refused_source__stays_refused_after_a_restart_and_goes_on_after_release(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    book = BankBook()
    bank.send([book.paid(CODE)])
    put_file(bank.folders[0], "false.xml", bank.message(1, [book.paid(CODE, "1.00")]))
    intake_of(bank, store).scan()
    bank.send([book.paid(payment_code(2))])

    assert intake_of(bank, store).scan() == 0
    assert store.release(account_digest(ACCOUNT).hex()[:8]) == 1
    assert intake_of(bank, store).scan() == 1
    assert [code for code, _ in payments_of(database)] == [CODE, payment_code(2)]


def test_file_that_was_read__and_is_changed_later__stops_the_source(bank: SimulatedBank, store: StatementStore) -> None:
    book = BankBook()
    bank.send([book.paid(CODE)])
    intake = intake_of(bank, store)
    intake.scan()
    put_file(bank.folders[0], file_name(1), bank.message(1, [book.paid(CODE, "80.01")]))

    intake.scan()

    assert [code for _, code in refused(store)] == ["source-content-changed"]


def test_foreign_account__is_refused_and_nothing_of_it_is_taken(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    bank.send([BankBook().paid(CODE)])
    rules = IntakeRules(frozenset({"another"}))

    assert intake_of(bank, store, rules).scan() == 0
    assert verdicts(database) == {file_name(1): "account-not-configured"}
    assert refused(store) == []


def test_broken_file__is_named_and_read_again_only_when_it_changes(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    content = bank.message(1, [BankBook().paid(CODE)])
    path = put_file(bank.folders[0], file_name(1), content[: len(content) // 2])
    intake = intake_of(bank, store)

    assert intake.scan() == 0
    assert verdicts(database) == {file_name(1): "statement-malformed"}

    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    assert intake.scan() == 1
    assert verdicts(database) == {file_name(1): "read"}


def test_unfinished_hidden_and_linked_files__are_left_alone(bank: SimulatedBank, store: StatementStore) -> None:
    content = bank.message(1, [BankBook().paid(CODE)])
    folder = bank.folders[0]
    for name in ("a.xml.part", "b.TMP", ".c.xml"):
        (folder / name).write_bytes(content)
    (folder / "d.xml").symlink_to(folder / "a.xml.part")
    (folder / "e").mkdir()

    assert intake_of(bank, store).scan() == 0


def test_file_above_the_limit__is_refused(bank: SimulatedBank, store: StatementStore, database: Database) -> None:
    bank.send([BankBook().paid(CODE)])

    intake_of(bank, store, replace(RULES, max_bytes=100)).scan()

    assert verdicts(database) == {file_name(1): "statement-too-large"}


def test_statement_without_number__is_taken_once_where_the_source_allows_it(
    store: StatementStore, database: Database, tmp_path: Path
) -> None:
    sample = Path(__file__).parents[3] / "data" / "bank" / "camt054.xml"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "camt054.xml").write_bytes(sample.read_bytes())
    rules = IntakeRules(frozenset({ACCOUNT}), OrderRules(requires_number=False))
    intake = StatementIntake(StatementFolder(tmp_path / "in"), store, rules)

    assert [intake.scan(), intake.scan()] == [1, 0]
    assert len(payments_of(database)) == 5


def test_reference__that_comes_again_with_another_amount__is_withheld(
    bank: SimulatedBank, store: StatementStore, database: Database
) -> None:
    book = BankBook()
    bank.send([book.paid(CODE, reference="SAME")])
    bank.send([book.paid(CODE, "90.00", reference="SAME")])

    intake_of(bank, store).scan()

    assert payments_of(database) == [(CODE, 8000)]
    rows = database.connection.execute("SELECT reason FROM exceptional_lines").fetchall()
    assert [row[0] for row in rows] == ["reference-conflict"]


def test_folder_that_is_absent__raises_for_the_daemon_to_try_again(store: StatementStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        StatementIntake(StatementFolder(tmp_path / "absent"), store, RULES).scan()
