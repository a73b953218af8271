"""Logs as one JSON object a line, without personal data.

Code logs ids and counts only. As a second line of defence every run of 11 to 19 digits is masked, the length of
account, card, phone and identity numbers; payment codes (20 digits) and hashes are left as they are.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

# What a log record holds without anybody's `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{10,18}[\dXx](?![0-9A-Za-z])", re.ASCII)
_MASK = "***"


class JSONFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an exception appears by its class and message, with the place, and no locals."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _clean(record.getMessage()),
        }
        entry |= {name: _clean(value) for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = _clean(f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}")
            entry["trace"] = self.formatException(record.exc_info).splitlines()[-3:-1]
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure_logs(level: str) -> None:
    """Send every log record of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Client libraries log addresses of requests at INFO; they say nothing that the oracle does not say itself.
    for name in ("httpx", "urllib3", "web3"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _LONG_NUMBER.sub(_MASK, value)
    return value
