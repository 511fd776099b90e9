"""Keep a server's log readable: messages that strangers can provoke are written a few times a minute."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

_WINDOW: Final = 60.0  # seconds
_BURST: Final = 5
LOGGERS: Final = ("uvicorn.error", "asyncio")
"""The loggers of client errors."""


@dataclass(slots=True)
class _Window:
    begun: float
    written: int = 0
    dropped: int = 0


class LogRate(logging.Filter):
    """Passes `burst` records of one line of code in `window` seconds, and counts the others.

    By the line of code, not by the text: the text has addresses and ports of clients in it.
    """

    def __init__(self, burst: int = _BURST, window: float = _WINDOW) -> None:
        super().__init__()
        self._burst = burst
        self._window = window
        self._windows: dict[tuple[str, int], _Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record; the first of a new window has the number left out before it."""
        source = (record.pathname, record.lineno)
        current = self._windows.get(source)
        if current is None or not 0 <= record.created - current.begun < self._window:
            dropped = current.dropped if current else 0
            current = self._windows[source] = _Window(begun=record.created)
            if dropped:
                record.msg = f"{record.getMessage()} ({dropped} more of these were not logged)"
                record.args = ()
        current.written += 1
        if current.written > self._burst:
            current.dropped += 1
            return False
        return True


def limit_logs(rate: LogRate | None = None) -> None:
    """Limit what the server and asyncio log; an existing limit is kept."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, LogRate) for known in logger.filters):
            logger.addFilter(rate or LogRate())
