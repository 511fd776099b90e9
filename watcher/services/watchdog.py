"""Make one pass of the watchdog: ask what the work depends on, tell operators, send what is due."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from watcher.errors import DeliveryError, StoreError, WatcherError
from watcher.model import Article
from watcher.notify import MessageRenderer
from watcher.services.alerts import key_of
from watcher.services.context import clock
from watcher.services.delivery import deliver_due, receiver_of
from watcher.services.operator_alerts import ALL, operator_alert, operators, outage_notice, record_outages
from watcher.services.startup import load_watchlist, open_context


def watch_once(path: Path, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Make one pass for a watchlist, and return what is wrong.

    It needs neither Prefect nor, for what it says of the database, the database.
    """
    try:
        with open_context(path) as services:
            problems = record_outages(services, ALL, environ)
            report = deliver_due(services)
    except StoreError as error:
        return (str(error), *alert_directly(path, str(error), environ))
    return (*problems, *report.errors, *alert_directly(path, "", environ))


def alert_directly(path: Path, problem: str, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Send operators of a watchlist one message when the database fails, and one when it works again (no `problem`).

    Such an alert cannot wait in the outbox, which is in the database. What was sent is remembered by a file outside the
    database and its disk. Returns what could not be sent.
    """
    # A file in memory, as a rule.
    name = sha256(str(path.resolve()).encode()).hexdigest()[:16]
    folder = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or tempfile.gettempdir()
    marker, now = Path(folder) / f"article-watcher-{name}.down", clock()
    lasted = None
    try:
        if problem:
            marker.touch(mode=0o600, exist_ok=False)
        else:
            lasted = now - datetime.fromtimestamp(marker.stat().st_mtime, UTC)
            marker.unlink()
    except OSError:  # they know, or nothing could keep this from being sent each minute
        return ()
    try:
        watchlist = load_watchlist(path, environ)
    except WatcherError as error:
        return (str(error),)
    article = Article(wiki=watchlist.wikis[0].name, page_id=0, title="Database")
    notice = outage_notice(problem, "the database works again", lasted)
    key = key_of(f"direct:{notice.summary}:{now.isoformat()}")
    alert = operator_alert(article, [notice], key, now)
    renderer, failures = MessageRenderer(watchlist.templates), []
    for destination in operators(watchlist):
        try:
            renderer.notify(alert, receiver_of(destination), f"{key}-{destination.name}")
        except DeliveryError as error:
            failures.append(f"{destination.name}: {error}")
    return tuple(failures)
