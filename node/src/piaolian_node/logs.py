"""Logs as one JSON object a line: ids, counts and durations, never a name, number of a person, amount or body."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

# What a log record holds without anybody's `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# Accounts, cards, phones and identity numbers have 11 to 19 digits; payment codes have 20, receipt keys are written
# with a dash. A second line of defence: our own code does not log such numbers.
_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{11,18}[\dXx]?(?![0-9A-Za-z])", re.ASCII)
_MASK = "***"
# Frames of an error that a line shows, the innermost last.
_FRAMES = 8


class JSONFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an exception appears by class and place, without its locals."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _mask(record.getMessage()),
        }
        entry |= {name: _mask(value) for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = type(record.exc_info[1]).__name__
            # Frames alone: the message of an error of a library may quote what was being worked on.
            entry["trace"] = [
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-_FRAMES:]
            ]
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure_logs(level: str) -> None:
    """Send every log record of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Client libraries log the addresses of requests at INFO.
    for name in ("httpx", "httpcore", "urllib3", "web3", "alembic", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _mask(value: object) -> object:
    if isinstance(value, str):
        return _LONG_NUMBER.sub(_MASK, value)
    return value
