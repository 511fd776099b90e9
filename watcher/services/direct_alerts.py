"""Tell operators that the database cannot be used: such an alert cannot wait in the outbox, which is in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from watcher.errors import DeliveryError, WatcherError
from watcher.model import Alert, Article, Notice, OperatorEvent, Severity
from watcher.notify import MessageRenderer, Receiver
from watcher.report.labels import span
from watcher.services.alerts import key_of
from watcher.services.context import clock
from watcher.services.delivery import receiver_of
from watcher.services.operator_alerts import operator_alert, operators
from watcher.services.startup import load_watchlist

Send = Callable[[Alert, Receiver, str], None]


def alert_directly(
    path: Path,
    problem: str,
    environ: Mapping[str, str] = os.environ,
    *,
    now: Callable[[], datetime] = clock,
    send: Send | None = None,
) -> tuple[str, ...]:
    """Send operators of a watchlist one message when the database fails, and one when it works again (no `problem`).

    What was sent is remembered by a file outside the database and its disk. Returns what could not be sent.
    """
    marker = _marker(path, environ)
    if not problem:
        try:
            began = datetime.fromtimestamp(marker.stat().st_mtime, UTC)
            marker.unlink()
        except OSError:
            return ()
        notice = Notice(
            kind=OperatorEvent.SERVICE_RECOVERED,
            severity=Severity.MEDIUM,
            section=(),
            summary=f"the database works again, after {span(now() - began)}",
        )
        return _send(path, environ, now(), notice, send)
    try:
        marker.touch(mode=0o600, exist_ok=False)
        os.utime(marker, (now().timestamp(), now().timestamp()))
    except OSError:  # they know, or nothing could keep this from being sent each minute
        return ()
    notice = Notice(kind=OperatorEvent.SERVICE_DOWN, severity=Severity.HIGH, section=(), summary=problem)
    return _send(path, environ, now(), notice, send)


def _marker(path: Path, environ: Mapping[str, str]) -> Path:
    """Return a file in memory, as a rule, which says that operators know of the outage."""
    name = sha256(str(path.resolve()).encode()).hexdigest()[:16]
    folder = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or tempfile.gettempdir()
    return Path(folder) / f"article-watcher-{name}.down"


def _send(path: Path, environ: Mapping[str, str], now: datetime, notice: Notice, send: Send | None) -> tuple[str, ...]:
    try:
        watchlist = load_watchlist(path, environ)
    except WatcherError as error:
        return (str(error),)
    article = Article(wiki=watchlist.wikis[0].name, page_id=0, title="Database")
    key = key_of(f"direct:{notice.summary}:{now.isoformat()}")
    alert = operator_alert(article, [notice], key, now)
    deliver = send or MessageRenderer(watchlist.templates).notify
    failures = []
    for destination in operators(watchlist):
        try:
            deliver(alert, receiver_of(destination), f"{key}-{destination.name}")
        except DeliveryError as error:
            failures.append(f"{destination.name}: {error}")
    return tuple(failures)
