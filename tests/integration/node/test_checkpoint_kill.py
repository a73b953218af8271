"""A signer that is killed between its decision and its signature keeps to its decision, on both databases."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

_TESTS: Final = Path(__file__).parents[2]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "support.checkpoint_program", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(_TESTS)},
    )


def outcome(*arguments: str) -> str:
    process = start(*arguments)
    written, _ = process.communicate(timeout=60)
    return written.strip()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'member.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url.replace("postgresql://", "postgresql+asyncpg://")


def test_killed_between_decision_and_signature__other_hash_refused_and_the_same_signed(database_url: str) -> None:
    process = start(database_url, "a", "9", "hang")
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "asked 9"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    process.stdout.close()

    assert outcome(database_url, "b", "9") == "refused checkpoint-conflict"
    assert outcome(database_url, "b", "15") == "refused checkpoint-not-descendant"
    assert outcome(database_url, "a", "8") == "refused checkpoint-behind"
    signed = outcome(database_url, "a", "9")
    assert signed.startswith("signed ")
    assert outcome(database_url, "a", "9") == signed
    assert outcome(database_url, "b", "9") == "refused checkpoint-conflict"
    assert outcome(database_url, "a", "12").startswith("signed ")
