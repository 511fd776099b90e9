"""Deliver alerts beside the checks of `watcher stream`: a slow receiver must not hold up the next page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic
from types import TracebackType
from typing import Final, Self

from watcher.errors import ConfigError, StoreError
from watcher.services.context import AppContext
from watcher.services.delivery import deliver_due

GROUP_WAIT: Final = 3.0  # s that an alert waits for others of its group at most: the stream promises seconds
_DELIVER_EVERY: Final = 15.0  # s: for postponed deliveries and groups that wait
_FAILED_WAIT: Final = 5.0  # as the checks wait for a database that does not answer
_CLOSING: Final = 5.0  # s after which a process that is stopped begins no further message


class DeliveryThread:
    """A thread that delivers what is due, with a database connection of its own.

    `open_services` opens that connection, `problem` is called with a line for each message that was not sent. When the
    context ends, what the last checks have queued is sent, for `_CLOSING` seconds at most: it would wait for the next
    process. The message that is being sent is always finished, since another process would send it again.
    """

    def __init__(
        self, open_services: Callable[[], AbstractContextManager[AppContext]], problem: Callable[[str], None]
    ) -> None:
        self._open_services = open_services
        self._problem = problem
        self._stop = threading.Event()
        self._closing_at = float("inf")
        self._queued = threading.Event()
        self._wakeup = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deliveries")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send what is queued, and stop."""
        self._closing_at = monotonic() + _CLOSING
        self._stop.set()
        self._wakeup.set()
        self._thread.join()

    def wake(self) -> None:
        """Deliver at once: alerts may have been queued."""
        self._queued.set()
        self._wakeup.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._open_services() as services:
                    self._deliver(services)
            except (ConfigError, StoreError) as error:
                self._problem(f"{error}; it will be retried")
            except Exception as error:  # noqa: BLE001  a thread that ended unseen would leave all alerts in the outbox
                self._problem(f"deliveries: {type(error).__name__}; they will be retried")
            self._stop.wait(_FAILED_WAIT)

    def _deliver(self, services: AppContext) -> None:
        """Deliver until stopped: when woken, soon after that for groups, and at intervals."""
        groups_due = float("-inf")
        while True:
            self._wakeup.clear()  # before what it announces is read
            stopping = self._stop.is_set()
            if self._queued.is_set():
                self._queued.clear()
                groups_due = monotonic() + GROUP_WAIT
            report = deliver_due(services, stopped=self._closed)
            for line in (*report.template_errors, *report.errors):
                self._problem(line)
            left = groups_due - monotonic()
            if stopping and (left <= 0 or self._closed()):
                return
            if not stopping:
                left = GROUP_WAIT if left > 0 else _DELIVER_EVERY
            self._wakeup.wait(left)

    def _closed(self) -> bool:
        return monotonic() >= self._closing_at
