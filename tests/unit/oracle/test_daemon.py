import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from piaolian_oracle.daemon import Daemon
from piaolian_oracle.errors import ChainError
from piaolian_sdk.errors import RemoteError

if TYPE_CHECKING:
    from piaolian_oracle.sources import StatementIntake
    from piaolian_oracle.voting import ReportVoter


@dataclass
class Worker:
    """Stands for intake and voter; raises what it is told to."""

    error: Exception | None = None
    runs: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        self.runs += 1
        if self.runs == 3:
            self.stop.set()
        if self.error is not None:
            raise self.error

    scan = cycle = work


def daemon_of(intake: Worker, voter: Worker) -> Daemon:
    return Daemon(cast("StatementIntake", intake), cast("ReportVoter", voter), poll_seconds=0.001)


def test_run__until_stopped__runs_both_in_each_cycle() -> None:
    intake, voter = Worker(), Worker()

    daemon_of(intake, voter).run(intake.stop)

    assert (intake.runs, voter.runs) == (3, 3)


TROUBLE = {
    "remote": RemoteError("chain-unreachable", "away", "不在", retry="after"),
    "chain": ChainError("committee-missing", "no seat", "无席位", retry="after"),
    "bug": RuntimeError("bug"),
}


@pytest.mark.parametrize("error", TROUBLE.values(), ids=TROUBLE)
def test_trouble__with_the_chain__does_not_stop_the_reading(error: Exception) -> None:
    intake, voter = Worker(), Worker(error)

    daemon_of(intake, voter).run(intake.stop)

    assert (intake.runs, voter.runs) == (3, 3)


def test_trouble__with_the_folder__does_not_stop_the_voting() -> None:
    intake, voter = Worker(OSError("gone")), Worker()

    daemon_of(intake, voter).run(voter.stop)

    assert voter.runs == 3


def test_trouble__that_lasts__is_logged_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    voter = Worker(TROUBLE["remote"])
    daemon = daemon_of(Worker(), voter)

    results = [daemon.cycle() for _ in range(5)]
    voter.error = None
    results.append(daemon.cycle())

    assert results == [False] * 5 + [True]
    assert [record.message for record in caplog.records] == ["cycle failed", "trouble over"]
