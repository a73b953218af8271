"""The table of attacks on the contracts cannot rot: a lost test, row, reason or comment is found."""

import shutil
from pathlib import Path

import pytest

from contracts.tools.attacks import ATTACKS, faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ATTACKS, tmp_path / "attacks"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_table__as_committed__is_whole() -> None:
    assert faults() == []


def test_table__test_renamed__names_row_and_test(folder: Path) -> None:
    change(folder / "Months.t.sol", "function test_writeOff_outOfOrder(", "function test_writeOff_anyOrder(")
    assert faults(folder) == [
        "Months.test_writeOff_anyOrder: has no row",
        "Months.test_writeOff_outOfOrder: there is no such test",
    ]


def test_table__other_error_in_the_test__is_named(folder: Path) -> None:
    change(
        folder / "README.md",
        "`Months.test_writeOff_outOfOrder` | `MonthOutOfOrder`",
        "`Months.test_writeOff_outOfOrder` | `UnitOverdue`",
    )
    assert faults(folder) == ["Months.test_writeOff_outOfOrder: does not expect UnitOverdue"]


def test_table__row_without_a_reason__is_named(folder: Path) -> None:
    change(
        folder / "README.md",
        "`Months.test_writeOff_outOfOrder` | `MonthOutOfOrder`",
        "`Months.test_writeOff_outOfOrder` |",
    )
    assert faults(folder) == ["Months.test_writeOff_outOfOrder: the row does not say what stops the attack"]


def test_table__comment_taken_away__is_named(folder: Path) -> None:
    change(folder / "Months.t.sol", "    /// @notice A node writes a unit's month off by itself.\n", "")
    assert faults(folder) == ["Months.test_writeOff_byTheNodeAlone: no comment says what is tried"]


def test_table__file_taken_away__every_row_of_it_is_named(folder: Path) -> None:
    (folder / "Months.t.sol").unlink()
    assert faults(folder) == [
        fault for fault in faults(folder) if fault.startswith("Months.test_") and "there is no file" in fault
    ]
    assert len(faults(folder)) == 7


def test_table__row_that_is_none__is_shown(folder: Path) -> None:
    change(folder / "README.md", "| A write-off out of order |", "| A write-off | out of order |")
    assert faults(folder)[0].startswith("not a row of the table: | A write-off | out of order |")
