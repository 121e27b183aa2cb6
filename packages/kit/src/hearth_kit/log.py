"""Structured logs: one JSON object a line, or plain text for a person's terminal.

Called once by each deployable's `main.py`; nothing else configures logging. Logs go to standard
error: standard output belongs to data.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["json", "text"]


def configure(
    *, level: str = "INFO", form: LogFormat = "json", service: str, stream: TextIO | None = None
) -> None:
    """Send every record of the process to one handler.

    Shape: `{"time", "level", "logger", "message", "service", …extra}`; time in RFC 3339, UTC.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_json(service) if form == "json" else _text())
    root = logging.getLogger()
    for old in tuple(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())


def _json(service: str) -> logging.Formatter:
    formatter = JsonFormatter(
        "{asctime}{levelname}{name}{message}",
        style="{",
        # In UTC: strftime's own offset lacks the colon that RFC 3339 asks for.
        datefmt="%Y-%m-%dT%H:%M:%SZ",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        static_fields={"service": service},
    )
    formatter.converter = time.gmtime
    return formatter


def _text() -> logging.Formatter:
    return logging.Formatter("{asctime} {levelname:<7} {name}: {message}", style="{")
