"""Lines of the service's own log: one JSON object each, and nothing of what customers wrote."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

__all__ = ["write_json_lines"]

_FIELDS = (
    *("request", "route", "method", "status", "seconds", "bytes", "model", "version", "rows"),
    *("key", "job", "error", "worker"),
)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = _places(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def write_json_lines(level: int = logging.INFO) -> None:
    """Write the log of this process to standard error, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    for name in ("coterie", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


def _places(error: BaseException) -> list[str]:
    """Name where an error was raised, without its message, which may quote a customer."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return [*places[-20:], type(error).__name__]
