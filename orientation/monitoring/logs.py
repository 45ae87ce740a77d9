"""Logs: a line of JSON for each event, with the id of its request, and nothing that is about a person.

Kept out: addresses of who asks, query strings, paths, names of clients, and the words of exceptions, which may hold
any of what was sent. Kept: what happened, where in the code, on which route, how long it took, how it ended.
"""

from __future__ import annotations

import logging
import logging.config
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson
from flask import g, has_request_context
from gunicorn.glogging import Logger

_TALKERS = (
    ("gunicorn", "Invalid request"),
    ("gunicorn", "Error handling request"),
    ("gunicorn", "Ignored premature client disconnection"),
    ("gunicorn", "Closing connection"),
    ("gunicorn", "HTTP/2"),
    ("orientation", "Exception on"),
)
"""Loggers of libraries and the beginnings of what they say that goes on with an address or with what was sent."""
_LOUD = {"urllib3": "ERROR", "elastic_transport": "ERROR", "werkzeug": "ERROR"}
"""Libraries whose lower levels write addresses with what was looked up in them, or a line for every try while the
engine is away: the error that comes of it, and the metrics, say it once."""


def configure(level: str, form: str) -> None:
    """Send every log of the process to standard error in one form: ``json``, or ``text`` for a terminal."""
    order = logging.getLevelNamesMapping().__getitem__
    formatter = JsonLines if form == "json" else TextLines
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": formatter}},
            "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines", "stream": sys.stderr}},
            "root": {"level": level.upper(), "handlers": ["lines"]},
            "loggers": {name: {"level": max(level.upper(), loudest, key=order)} for name, loudest in _LOUD.items()},
        }
    )
    logging.captureWarnings(capture=True)


class ServerLogger(Logger):
    """The logs of gunicorn, through ours; it writes no line of its own for a request."""

    def __init__(self, cfg: Any) -> None:
        """Let what it says pass to the root."""
        super().__init__(cfg)
        self.error_log.propagate = True

    def setup(self, cfg: Any) -> None:
        """Take the settings, and no handler."""
        self.cfg = cfg
        # Below this level it writes the address of each request.
        self.error_log.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[cfg.loglevel.upper()]))

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Write nothing: the application writes the line of each request."""


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return orjson.dumps(event(record), default=str).decode()


class TextLines(logging.Formatter):
    """A record as one line for people, the same things in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and under it where an exception came from."""
        said = event(record)
        head = f"{said.pop('time')} {said.pop('level'):<7} {said.pop('message')}"
        error = said.pop("error", None)
        lines = [head + "".join(f" {name}={value}" for name, value in said.items())]
        if error:
            lines += [f"    {frame}" for frame in error["at"]] + [f"    {' from '.join(error['types'])}"]
        return "\n".join(lines)


def event(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is told of a record."""
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    said: dict[str, Any] = {
        "time": moment.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
        "process": record.process,
    }
    if has_request_context():
        said["request_id"] = g.get("request_id")
    said |= getattr(record, "said", {})
    if record.exc_info and record.exc_info[0] is not None:
        said["error"] = where(record.exc_info[1], record.exc_info[2])
    return {name: value for name, value in said.items() if value is not None}


def _message(record: logging.LogRecord) -> str:
    for logger, beginning in _TALKERS:
        if record.name.partition(".")[0] == logger and str(record.msg).startswith(beginning):
            return beginning.lower()
    return record.getMessage()


def where(error: BaseException | None, trace: TracebackType | None) -> dict[str, list[str]]:
    """Return the types of an exception and of its causes, and the lines of code on its way; never its words."""
    types: list[str] = []
    cause = error
    while cause is not None and len(types) < 10:
        types.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(trace)
    return {"types": types, "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}
