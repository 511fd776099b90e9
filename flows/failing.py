"""Record a comparison that failed, alert those who watch, and go on: a failure that nobody hears of hides an edit."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flows.alerts import draft_for, links_of, seed_of
from flows.outcome import Outcome, State
from flows.services import Services
from snapshots import Archive, Checked, Draft, Event, Occurrence, Telling
from watcher.config import Watch, serves
from watcher.errors import WatcherError
from watcher.model import Alert, Comparison, Happening, Notice, Severity, Snapshot, Topic, Unread
from watcher.model.guard import FAILED, failures

EVENT: Final = "comparison-failed"
_RECENT: Final = timedelta(days=7)
_LOG = logging.getLogger(__name__)


def record_failure(services: Services, watch: Watch, before: Snapshot, after: Snapshot, error: Exception) -> Outcome:
    """Commit, in place of findings, that two revisions could not be compared.

    The cursor moves to the newer one: later edits are compared with it, and the failure is not met again at every
    poll. Raises StoreError.
    """
    article = after.revision.article
    comparison = Comparison(
        unread=(Unread(reason=f"{FAILED}anything of the edit: {type(error).__name__}"),),
        article=article,
        before=before.revision,
        after=after.revision,
    )
    checked = Checked(
        article=article,
        before=before.revision,
        after=after.revision,
        now=services.now(),
        comparison=comparison,
        owner=services.owner,
    )
    if services.archive.commit(with_failures(services, watch, checked, comparison)) is None:
        return Outcome(watch=watch, state=State.BUSY, text="another worker judged it meanwhile")
    text = _summary(comparison)
    story = WatcherError(f"{watch.title}: {text}")
    story.__cause__ = error
    _LOG.debug("%s", story, exc_info=error)
    return Outcome(watch=watch, state=State.FAILED, text=text, error=story)


def with_failures(services: Services, watch: Watch, checked: Checked, comparison: Comparison) -> Checked:
    """The check with an event and an alert about what of the comparison failed; the same check where nothing did."""
    if not failures(comparison.unread):
        return checked
    event = Event(kind=EVENT, detail=_summary(comparison), at=checked.now, revision_id=checked.after.id)
    alert = _alert(services, comparison)
    drafts = tuple(_drafts(services, watch, alert))
    further = (*checked.further, Telling(alert=alert, drafts=drafts)) if drafts else checked.further
    return replace(checked, further=further, events=(*checked.events, event))


def recent_failures(archive: Archive, now: datetime) -> tuple[Occurrence, ...]:
    """The comparisons that failed in the last seven days, newest first: edits whose findings nobody has seen."""
    return archive.events_since(EVENT, now - _RECENT)


def _summary(comparison: Comparison) -> str:
    """The revision range and what failed in it."""
    assert comparison.before
    assert comparison.after
    lost = failures(comparison.unread)
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return f"revisions {comparison.before.id} → {comparison.after.id} compared in part only: {lost[0].reason}{more}"


def _alert(services: Services, comparison: Comparison) -> Alert:
    assert comparison.article
    assert comparison.before
    assert comparison.after
    summary = f"{_summary(comparison)}; read the difference, later edits are compared as usual"
    return Alert(
        key=hashlib.sha256(f"failed:{seed_of(comparison)}".encode()).hexdigest()[:16],
        article=comparison.article,
        before=comparison.before,
        after=comparison.after,
        notices=(Notice(kind=Happening.COMPARISON_FAILED, severity=Severity.HIGH, section=(), summary=summary),),
        diff_url=links_of(services.watchlist, comparison).diff_url or "",
        topic=Topic.OPERATOR,  # about the watching: a later alert about the page neither replaces nor follows it
    )


def _drafts(services: Services, watch: Watch, alert: Alert) -> Iterator[Draft]:
    """One message for each destination of the watch and each operator, whatever kinds and severities it asks for."""
    for destination in services.watchlist.destinations:
        if destination.operator or serves(destination, watch):
            yield draft_for(destination, alert, services.now())
