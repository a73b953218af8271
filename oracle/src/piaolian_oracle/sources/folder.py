"""A folder into which a bank, or an SFTP server, puts statement files.

Files are never moved, changed or deleted: the folder belongs to the bank's side and stays as evidence.
"""

import stat
from dataclasses import dataclass
from pathlib import Path

from piaolian_oracle.errors import StatementError

# Transfer programs write under such names and rename when the file is complete.
_UNFINISHED_SUFFIXES = frozenset({".filepart", ".part", ".partial", ".tmp"})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file in the folder and the state in which it was found.

    Attributes:
        path: Where it is.
        size: Bytes.
        modified_ns: Time of last change, nanoseconds since epoch.
    """

    path: Path
    size: int
    modified_ns: int

    def read(self, max_bytes: int) -> bytes:
        """Return the content.

        Raises:
            StatementError: "statement-too-large" before anything is read.
            OSError: The file cannot be read.
        """
        if self.size > max_bytes:
            raise StatementError(
                "statement-too-large",
                f"the file has {self.size} bytes, more than {max_bytes}",
                f"对账单文件超过上限 {max_bytes} 字节",
                "请银行分页发送, 或调高 PIAOLIAN_ORACLE_MAX_STATEMENT_BYTES",
            )
        return self.path.read_bytes()


class StatementFolder:
    """The folder of one source."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self) -> list[FoundFile]:
        """Return the finished regular files by name; links, hidden and unfinished files are left alone.

        Raises:
            OSError: The folder is absent or closed to this user.
        """
        found = []
        for path in sorted(self.path.iterdir()):
            if path.name.startswith(".") or path.suffix.lower() in _UNFINISHED_SUFFIXES:
                continue
            try:
                status = path.lstat()
            except FileNotFoundError:  # It went away between listing and looking.
                continue
            if stat.S_ISREG(status.st_mode):
                found.append(FoundFile(path, status.st_size, status.st_mtime_ns))
        return found
