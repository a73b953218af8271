"""A bank that sends the same numbered statements to several receivers, each into its own folder."""

import os
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from piaolian_oracle.simulator.message import Message, Movement, write_message
from piaolian_sdk.beijing import BEIJING

_FILE_NAME = re.compile(r"camt054_(\d{6})\.xml\Z", re.ASCII)


class SimulatedBank:
    """A bank for demo and tests.

    It keeps no state of its own: the next number follows from the files that the folders hold, so one process may
    begin where another one stopped.

    Args:
        account: The treasury's account.
        folders: One folder for each receiver; made when absent.
    """

    def __init__(self, account: str, folders: Sequence[Path]) -> None:
        self.account = account
        self.folders = tuple(folders)
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)

    def next_number(self) -> int:
        """Return the number of the next statement, from 1."""
        names = (path.name for folder in self.folders for path in folder.iterdir())
        return 1 + max((int(match[1]) for name in names if (match := _FILE_NAME.match(name))), default=0)

    def send(self, movements: Iterable[Movement], *, at: datetime | None = None) -> int:
        """Send one statement to every receiver.

        Args:
            movements: What it reports.
            at: When the bank makes it; the present without it.

        Returns:
            Its electronic sequence number.
        """
        number = self.next_number()
        message = self.message(number, list(movements), at=at)
        for folder in self.folders:
            put_file(folder, file_name(number), message)
        return number

    def message(self, number: int, movements: Sequence[Movement], *, at: datetime | None = None) -> bytes:
        """Return the camt.054 message with this number, without sending it."""
        created = (at or datetime.now(BEIJING)).replace(microsecond=0)
        return write_message(
            Message(
                account=self.account,
                statement_id=f"N{number:06d}",
                number=number,
                created=created,
                movements=movements,
            )
        )


def file_name(number: int) -> str:
    """Return the name under which the statement with this number is sent."""
    return f"camt054_{number:06d}.xml"


def put_file(folder: Path, name: str, content: bytes) -> Path:
    """Put a file into a folder as transfer programs do: complete, or not there."""
    unfinished = folder / f"{name}.part"
    with unfinished.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    return unfinished.rename(folder / name)
