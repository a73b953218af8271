"""The logs of the whole story hold nobody's name, number or account: of nodes, oracles, chain, kubo and supervisor."""

from pathlib import Path

import pytest

from demo.world import World
from support.personal import leaks, personal_values


@pytest.fixture(scope="module")
def logs(told: World) -> dict[Path, str]:
    found = {path: path.read_text("utf-8", "replace") for path in told.directory.rglob("*.log*") if path.is_file()}
    return {path: text for path, text in found.items() if text}


@pytest.fixture(scope="module")
def values(told: World) -> set[str]:
    documents = [issued.receipt.document for issued in told.issued]
    return personal_values(documents, told.directory.rglob("camt05*.xml"))


def test_logs__of_the_whole_story__every_process_wrote_some(logs: dict[Path, str]) -> None:
    names = " ".join(path.name for path in logs)
    for kind in ("geth", "ipfs", "oracle", "serve", "worker"):
        assert kind in names, (kind, names)
    assert sum(len(text) for text in logs.values()) > 10_000


def test_values__of_the_whole_story__are_names_numbers_and_accounts(told: World, values: set[str]) -> None:
    assert len(values) > 100
    assert any(value.startswith("测试") for value in values)
    # The check codes of all receipts are among them.
    codes = {issued.receipt.check_code for issued in told.issued}
    assert codes <= values


def test_logs__of_the_whole_story__hold_none_of_them(logs: dict[Path, str], values: set[str]) -> None:
    found = {path.name: leaks(values, text) for path, text in logs.items()}
    # What is found is named by its number alone: a test's output is a log as well.
    assert {name: len(held) for name, held in found.items() if held} == {}
