"""What a unit has sent, kept so that the very same bytes can be sent again.

A document signature cannot be made twice with the same bytes, and the secrets of a leaf are drawn at random: whoever
lost an answer must send what was sent before, not sign anew. A record is written before its request leaves, and a
second try under the same idempotency key begins with it.

``MemoryJournal`` lets the same process try again; ``FolderJournal`` lets the next one, after a crash.
"""

import hashlib
import os
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

# A record of 1,000 receipts takes some 30 MB.
_KEPT_IN_MEMORY = 8


class Journal(Protocol):
    """Keeps one record for each idempotency key."""

    def read(self, key: str) -> bytes | None:
        """Return the record of a key, or None."""
        ...

    def write(self, key: str, record: bytes) -> None:
        """Keep the record of a key; it is safe when this returns."""
        ...

    def forget(self, key: str) -> None:
        """Delete the record of a key, once its receipts are kept elsewhere."""
        ...


class MemoryJournal:
    """Keeps the last few records for as long as the process lives."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, bytes] = OrderedDict()

    def read(self, key: str) -> bytes | None:
        """Return the record of a key, or None."""
        return self._records.get(key)

    def write(self, key: str, record: bytes) -> None:
        """Keep the record of a key, and drop the oldest beyond a few."""
        self._records[key] = record
        self._records.move_to_end(key)
        if len(self._records) > _KEPT_IN_MEMORY:
            self._records.popitem(last=False)

    def forget(self, key: str) -> None:
        """Delete the record of a key."""
        self._records.pop(key, None)


class FolderJournal:
    """Keeps each record in a file of its own, readable by the owner alone: documents and secrets are in it.

    Records stay until ``forget``: call it when the receipts are in the unit's own database.

    Args:
        folder: Made when it is missing. Its disk should survive a crash of the machine.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    def read(self, key: str) -> bytes | None:
        """Return the record of a key, or None."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, key: str, record: bytes) -> None:
        """Keep the record of a key; a crash leaves the old record or the new one, never half of one."""
        path = self._path(key)
        draft = path.with_suffix(".part")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(record)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        self._sync_folder()

    def forget(self, key: str) -> None:
        """Delete the record of a key."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        # Keys are the caller's own text: any characters, so no file names.
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}.json"

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
