"""The page's tables are what the SDK says today."""

from pathlib import Path

from scripts.verifier_tables import tables


def test_tables__as_committed__are_current() -> None:
    committed = Path(__file__).parents[3] / "verifier" / "src" / "tables.json"
    assert committed.read_text(encoding="utf-8") == tables()
