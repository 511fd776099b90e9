"""Configure logging to standard error: JSON for machines, plain text on a terminal."""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TextIO

from watcher.errors import ConfigError
from watcher.services.checks.outcome import LOG, log
from watcher.text import escape_control_characters

LOG_FORMAT_VARIABLE: Final = "WATCHER_LOG"
"""json, text or off (the default, since commands print what matters)."""

_FORMATS: Final = ("json", "text", "off")
_OWN_LOGGER = logging.getLogger("watcher")  # the messages of our own modules
_LIBRARY_LOGGERS: Final = ("py.warnings", "asyncio", "uvicorn")
CLIENT_LOGGERS: Final = ("uvicorn.error", "asyncio")
"""The loggers of errors that clients cause; their messages have addresses and ports, or differ in each connection."""
_REPEATED_AFTER: Final = 60.0  # seconds
_MAX_LINES: Final = 1_000
# The user name and password in a URL.
_CREDENTIALS: Final = re.compile(r"(?<=://)[^\s/@]+@")
# The attributes of every log record; all others are fields of our call.
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_ROOT_FOLDER: Final = Path(__file__).resolve().parents[3]
_OUR_FOLDERS: Final = tuple(f"{_ROOT_FOLDER / name}/" for name in ("watcher", "flows", "snapshots"))
_MAX_FRAMES: Final = 3


class RedactingFilter(logging.Filter):
    """A filter that makes every text of a record printable and removes credentials from URLs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean the record, and return True."""
        record.msg, record.args = redact(record.getMessage()), ()
        for name, value in vars(record).items():
            if name not in _STANDARD and isinstance(value, str):
                setattr(record, name, redact(value))
        return True


class RepetitionFilter(logging.Filter):
    """A filter that passes equal lines once a minute, with the number of repetitions, and without stack traces.

    A full disk or a changed clock makes each of many pages fail in the same way, again and again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record; `repeated` is added with the number of equal ones that were left out."""
        now = self._clock()
        # Equal lines have the same message and, for our own records, the same fields except the run's id. Errors that
        # clients cause are equal if the same line of code logs them.
        by_line = record.name in CLIENT_LOGGERS
        what = (record.pathname, record.lineno) if by_line else record.getMessage()
        key: tuple[object, ...] = (record.name, record.levelno, what)
        if record.name == LOG.name:
            pairs = vars(record).items()
            fields = sorted((name, str(value)) for name, value in pairs if name not in _STANDARD | {"run"})
            key = (*key, *fields)
        began, count = self._seen.get(key, (-_REPEATED_AFTER, 0))
        if now - began < _REPEATED_AFTER:
            self._seen[key] = began, count + 1
            return False
        if len(self._seen) >= _MAX_LINES:  # messages may quote strangers' texts, so there is no limit
            self._seen.clear()
        self._seen[key] = now, 0
        if count:
            record.repeated = count
        if record.exc_info:
            record.error = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            # The last lines of our own sources in the stack trace are enough to find a defect.
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__) if error else ()
            ours = [frame for frame in frames if frame.filename.startswith(_OUR_FOLDERS)][-_MAX_FRAMES:]
            lines = (f"{Path(frame.filename).relative_to(_ROOT_FOLDER)}:{frame.lineno}" for frame in ours)
            record.where = " > ".join(lines) or None
            # An earlier handler may have cached the stack trace as text.
            vars(record).update(exc_info=None, exc_text=None)
        return True


class TextFormatter(logging.Formatter):
    """A formatter that writes a record as a line for people: time, level, event, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record as one line."""
        fields = " ".join(
            f"{name}={value}" for name, value in vars(record).items() if name not in _STANDARD and value is not None
        )
        return (
            f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower()} {record.getMessage()} {fields}".rstrip()
        )


def redact(text: str) -> str:
    r"""Return a text on one line, without the credentials in URLs.

    >>> redact("a\nb postgresql://me:word@host/x")
    'a\\u000ab postgresql://***@host/x'
    """
    return _CREDENTIALS.sub("***@", escape_control_characters(text))


def configure_logging(environ: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Start logging in the format that WATCHER_LOG names. Raises ConfigError for an unknown one."""
    form = environ.get(LOG_FORMAT_VARIABLE, "off")
    if form not in _FORMATS:
        raise ConfigError(f"{LOG_FORMAT_VARIABLE}: is {form!r}; write {', '.join(_FORMATS)}")
    if form == "off" or (LOG.isEnabledFor(logging.INFO) and stream is None):
        return
    handler = (logging.StreamHandler if form == "text" else _JsonHandler)(stream or sys.stderr)
    handler.addFilter(RepetitionFilter())
    handler.addFilter(RedactingFilter())
    handler.setFormatter(TextFormatter() if form == "text" else json_formatter())
    LOG.handlers = [handler]
    LOG.setLevel(logging.INFO)
    if form == "json":
        _OWN_LOGGER.setLevel(logging.INFO)
        logging.captureWarnings(capture=True)
        for each in (_OWN_LOGGER, *map(logging.getLogger, _LIBRARY_LOGGERS)):
            each.handlers, each.propagate = [handler], False
        # Python would print the error that ended a thread with its stack trace.
        threading.excepthook = _log_end_of_thread


class _JsonHandler(logging.StreamHandler[TextIO]):
    """A handler of a process that writes only JSON."""


def json_formatter() -> logging.Formatter:
    """Return a formatter that writes a record as one JSON object, also for Prefect (deploy/prefect-logging.yaml)."""
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(
        "{levelname}{name}{message}",
        style="{",
        rename_fields={"levelname": "level", "name": "logger", "message": "event"},
        timestamp=True,
        json_ensure_ascii=True,
    )


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    """Log the error that ended a thread; Python would print it with its stack trace."""
    if ended.exc_value is not None and ended.exc_type is not SystemExit:
        _OWN_LOGGER.error("a thread has ended", exc_info=ended.exc_value)


def writes_json() -> bool:
    """Return whether this process writes only JSON: it was configured to, and stderr is not a terminal."""
    return any(isinstance(handler, _JsonHandler) for handler in LOG.handlers) and not sys.stderr.isatty()


def report(line: str, *, error: bool = False) -> None:
    """Report a line to whoever started a service: printed as text, or as a log record if only JSON is written."""
    if writes_json():
        log("service", level=logging.WARNING if error else logging.INFO, text=line)
    else:
        print(escape_control_characters(line), file=sys.stderr if error else sys.stdout, flush=True)
