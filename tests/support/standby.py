"""A synchronous standby of the run's PostgreSQL."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from piaolian_network.ports import free_port

_PATIENCE_SECONDS: Final = 60.0


@dataclass
class Standby:
    """A running standby.

    Attributes:
        url: Address of the standby, ``postgresql://...``.
        primary: Address of the server that it follows.
    """

    url: str
    primary: str
    process: subprocess.Popen[bytes]

    def pause(self) -> None:
        """Let it stand still, as a machine does whose network is gone."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """End a pause."""
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    def promote(self) -> None:
        """Make it a server of its own."""
        ask(self.primary, "ALTER SYSTEM RESET synchronous_standby_names")
        ask(self.primary, "SELECT pg_reload_conf()")
        ask(self.url, "SELECT pg_promote()")

    def _pids(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [self.process.pid, *map(int, children.split())]


def ask(url: str, question: str) -> Any:
    """Return the first value of a query."""

    async def inner() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(inner())


@contextmanager
def standby_of(postgres_url: str) -> Iterator[Standby]:
    """Run a standby that the server waits for at each commit; the server is as before when the block ends."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    directory = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(directory, "nobody")
        prefix = ["setpriv", "--reuid", "nobody", "--clear-groups"]
    environment = {"LC_ALL": "C.UTF-8", "PATH": f"{programs}:{os.environ['PATH']}"}
    primary, data, port = urlsplit(postgres_url), directory / "data", free_port()
    copy = [*prefix, "pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "piaolian", "-D", str(data)]
    subprocess.run([*copy, "-R", "-c", "fast"], check=True, capture_output=True, env=environment, cwd="/", timeout=120)
    serve = [*prefix, "postgres", "-D", str(data), "-p", str(port), "-k", str(directory)]
    serve += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "logging_collector=off"]
    with subprocess.Popen(serve, env=environment, cwd="/", stderr=subprocess.DEVNULL) as process:
        try:
            ask(postgres_url, "ALTER SYSTEM SET synchronous_standby_names = '*'")
            ask(postgres_url, "SELECT pg_reload_conf()")
            made = Standby(f"postgresql://piaolian@127.0.0.1:{port}/postgres", postgres_url, process)
            wait_streaming(postgres_url, 1)
            yield made
        finally:
            process.send_signal(signal.SIGCONT)
            ask(postgres_url, "ALTER SYSTEM RESET synchronous_standby_names")
            ask(postgres_url, "SELECT pg_reload_conf()")
            process.terminate()
    shutil.rmtree(directory)


def wait_streaming(postgres_url: str, count: int) -> None:
    """Wait until so many synchronous standbys stream."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    question = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
    while ask(postgres_url, question) != count:
        assert time.monotonic() < deadline, "the standby does not stream"
        time.sleep(0.1)
