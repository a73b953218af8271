"""Revocation lists of the authorities, from a folder that somebody keeps up to date while the node runs.

A file that cannot be used never takes away what is known: the list that was read before stays in use, the file is named
in the log, and ``piaolian-node check`` fails.
"""

import logging
from datetime import datetime
from pathlib import Path

from piaolian_node.errors import ConfigError
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.signing import CertificateTrust, RevocationList, read_revocation_list

_logger = logging.getLogger(__name__)
_SUFFIXES = frozenset({".pem", ".crl", ".der"})


class RevocationFolder:
    """Gives the lists of a folder to a trust, again whenever a file changed.

    Args:
        folder: Holds one list a file: ``*.pem``, ``*.crl`` or ``*.der``.
        trust: Takes the lists.
    """

    def __init__(self, folder: Path, trust: CertificateTrust) -> None:
        self._folder = folder
        self._trust = trust
        self._seen: dict[Path, tuple[int, int]] = {}
        self._lists: dict[bytes, RevocationList] = {}
        self.faults: dict[str, PiaolianError | OSError] = {}

    def load(self) -> None:
        """Read every list.

        Raises:
            ConfigError: The folder holds none, or one that cannot be used.
        """
        self.refresh()
        if self.faults:
            name, fault = next(iter(sorted(self.faults.items())))
            why, why_zh = (fault.message, fault.message_zh) if isinstance(fault, PiaolianError) else (str(fault),) * 2
            raise _config_error(f"{name}: {why}", f"{name}：{why_zh}")
        if not self._lists:
            raise _config_error("the folder holds no list", "目录中没有吊销列表")

    def refresh(self) -> None:
        """Read the files that changed; what is wrong with one is kept in ``faults`` by its name."""
        for path in sorted(self._folder.glob("*")):
            if path.suffix.lower() not in _SUFFIXES:
                continue
            try:
                status = path.stat()
                state = (status.st_mtime_ns, status.st_size)
                if self._seen.get(path) == state:
                    continue
                self._seen[path] = state
                found = read_revocation_list(path.read_bytes())
                self._trust.use_revocation_list(found)
            except (PiaolianError, OSError) as exc:
                self.faults[path.name] = exc
                code = exc.code if isinstance(exc, PiaolianError) else type(exc).__name__
                _logger.error("a revocation list cannot be used", extra={"file": path.name, "code": code})  # noqa: TRY400
                continue
            self.faults.pop(path.name, None)
            self._lists[found.issuer_der] = found
            _logger.info("revocation list in use", extra={"file": path.name, "entries": len(found.revoked)})

    def overdue(self, at: datetime) -> list[str]:
        """Return the authorities whose next list ought to be here by now."""
        return sorted(found.issuer for found in self._lists.values() if found.is_overdue(at))


def _config_error(what: str, what_zh: str) -> ConfigError:
    return ConfigError(
        f"the revocation lists cannot be used: {what}",
        f"证书吊销列表不可用：{what_zh}",
        field="revocation_lists",
        remedy="put the newest list of each authority into the folder, as the authority published it",
    )
