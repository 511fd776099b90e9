"""Send a destination a sample alert, so that an operator sees that it arrives."""

from __future__ import annotations

import secrets
from datetime import datetime

from watcher.config import Destination, Watchlist
from watcher.errors import DeliveryError
from watcher.model import Alert, AlertTopic, Article, Kind, Notice, Revision, Severity
from watcher.notify import MessageRenderer
from watcher.services.delivery import receiver_of


def send_sample(watchlist: Watchlist, destination: Destination, now: datetime) -> tuple[str, tuple[str, ...]]:
    """Send a sample that is marked as a test.

    Returns why the destination did not accept it, "" where it did, and the errors in the user's own templates.
    """
    renderer, alert = MessageRenderer(watchlist.templates), sample(now, secrets.token_hex(8))
    problem = ""
    try:
        renderer.notify(alert, receiver_of(destination), f"{alert.key}-{destination.name}")
    except DeliveryError as error:
        problem = str(error)
    return problem, tuple(renderer.template_errors)


def sample(now: datetime, key: str) -> Alert:
    """Return an alert about an article that does not exist."""
    article = Article(wiki="test", page_id=0, title="Sample article")
    nothing = Revision(article=article, id=0, parent_id=0, at=now, editor="Article Watcher", comment=None)
    notice = Notice(
        kind=Kind.STATISTIC_CHANGED,
        severity=Severity.HIGH,
        section=("Figures",),
        summary="21 million → 25 million visitors (+19 %), same source",
        new_sentence="In 2012, an estimated 25 million visitors came.",
        old_sentence="In 2012, an estimated 21 million visitors came.",
        reasons=("source-unchanged",),
    )
    return Alert(
        key=key, article=article, before=nothing, after=nothing, notices=(notice,), diff_url="", topic=AlertTopic.TEST
    )
