"""Opens the state file: one SQLite database with one writing process."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO

from piaolian_oracle.errors import StateError
from piaolian_oracle.state.schema import FORMAT, TABLES, TABLES_OF_FORMAT_2

# The only earlier format; its tables are the same.
_FORMAT_BEFORE = 1


class Database:
    """The state file.

    Every change is made inside `transaction()`, which commits whole or not at all and is on the disk when it returns
    (`synchronous=FULL`).

    Args:
        path: The file; made when it is absent and `is_read_only` is false.
        is_read_only: For `show`: takes no lock and changes nothing.

    Raises:
        StateError: The file is damaged, of another format, or in use by another daemon.
    """

    def __init__(self, path: Path, *, is_read_only: bool = False) -> None:
        self._path = path
        with ExitStack() as undo:
            if not is_read_only:
                undo.enter_context(closing(_lock(path)))
            try:
                self.connection = undo.enter_context(closing(_connect(path, is_read_only=is_read_only)))
                self._prepare(is_read_only=is_read_only)
            except sqlite3.DatabaseError as exc:
                raise StateError(
                    "state-corrupt",
                    "the state file is absent or no database of this program",
                    "状态文件不存在或已损坏",
                    "从备份恢复; 或换一个新文件重新读取全部对账单 (链上不会重复计入)",
                ) from exc
            self._opened = undo.pop_all()

    def _prepare(self, *, is_read_only: bool) -> None:
        self.connection.execute("PRAGMA foreign_keys = ON")
        if not is_read_only:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
        found = int(self.connection.execute("PRAGMA user_version").fetchone()[0])
        tables = int(self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
        if found == 0 and tables == 0 and not is_read_only:
            self.connection.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
        elif found == _FORMAT_BEFORE and not is_read_only:
            self.connection.executescript(f"BEGIN; {TABLES_OF_FORMAT_2} PRAGMA user_version = {FORMAT}; COMMIT;")
        elif found != FORMAT:
            raise StateError(
                "state-version",
                f"the state file has format {found}, this program reads {FORMAT}",
                f"状态文件格式为 {found}, 本程序只认 {FORMAT}",
                "请使用与状态文件相符的版本",
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside one write transaction."""
        with write_transaction(self.connection) as connection:
            yield connection

    def second_connection(self) -> sqlite3.Connection:
        """Open a further connection for the thread that serves a network source; whoever asks closes it.

        SQLite lets one of the two write at a time; the other waits.
        """
        connection = _connect(self._path, is_read_only=False, is_shared=True)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def close(self) -> None:
        """Close the file and give the lock back."""
        self._opened.close()


@contextmanager
def write_transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Commit what the block does whole, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connect(path: Path, *, is_read_only: bool, is_shared: bool = False) -> sqlite3.Connection:
    mode = "ro" if is_read_only else "rwc"
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=not is_shared)
    connection.row_factory = sqlite3.Row
    return connection


def _lock(path: Path) -> IO[bytes]:
    """Hold a file lock for as long as the daemon runs: two daemons with one key would spoil each other's nonces."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = path.with_suffix(".lock").open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        handle.close()
        raise StateError(
            "state-in-use",
            "another process works with this state file",
            "另一个进程正在使用该状态文件",
            "先停止正在运行的 piaolian-oracle, 再执行本命令",
        ) from exc
    return handle
