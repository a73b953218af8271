"""The table that ``make samples`` prints is the reviewed one, line by line."""

from pathlib import Path

import pytest

from support.documents import SAMPLES, edge_values
from support.samples_table import table

DATA = Path(__file__).parents[2] / "data"
REVIEWED = (DATA / "samples_table.txt").read_text(encoding="utf-8").splitlines()
PRINTED = list(table())


@pytest.mark.parametrize("position", range(len(REVIEWED)), ids=lambda position: f"line-{position + 1}")
def test_samples__line__has_the_reviewed_outcome(position: int) -> None:
    assert PRINTED[position : position + 1] == [REVIEWED[position]]


def test_samples__whole_table__has_no_line_beside_the_reviewed() -> None:
    assert len(PRINTED) == len(REVIEWED)


def test_samples__every_file_and_value__stands_in_the_table() -> None:
    places = [line.split("\t")[1] for line in REVIEWED]

    assert {path.stem for path in (DATA / "einvoice").iterdir()} == set(SAMPLES)
    assert set(SAMPLES) <= set(places)
    assert {path.stem for path in (DATA / "text").iterdir()} <= {line.split("\t")[0] for line in REVIEWED}
    for group, values in edge_values().items():
        assert places.count(group) == len(values)


def test_samples__valid_and_invalid_groups__are_accepted_and_refused_throughout() -> None:
    # Whoever renews the table cannot turn these over by accident.
    for line in REVIEWED:
        _, place, _, outcome = line.split("\t")
        if place == "credit_codes_valid":
            assert outcome.startswith("accepted")
        if place == "credit_codes_invalid":
            assert outcome.startswith("refused")
