"""Record a comparison that failed, alert those who watch, and go on: a failure that nobody hears of hides an edit."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from snapshots import Archive, ArticleEvent, CheckResult, NewDelivery, OutgoingAlert, PageEvent
from watcher.config import Watch, serves
from watcher.errors import WatcherError
from watcher.model import Alert, AlertTopic, Comparison, Notice, OperatorEvent, Severity, Snapshot, Unread
from watcher.model.guard import FAILED, failures
from watcher.services.alerts import delivery_for, idempotency_seed, report_links
from watcher.services.context import AppContext
from watcher.services.outcome import CheckOutcome, CheckState

EVENT: Final = "comparison-failed"
_RECENT: Final = timedelta(days=7)
_LOG = logging.getLogger(__name__)


def record_failure(
    services: AppContext, watch: Watch, before: Snapshot, after: Snapshot, error: Exception
) -> CheckOutcome:
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
    checked = CheckResult(
        article=article,
        before=before.revision,
        after=after.revision,
        now=services.now(),
        comparison=comparison,
        owner=services.owner,
    )
    if services.archive.comparisons.commit(with_failures(services, watch, checked, comparison)) is None:
        return CheckOutcome(watch=watch, state=CheckState.BUSY, text="another worker judged it meanwhile")
    text = _summary(comparison)
    story = WatcherError(f"{watch.title}: {text}")
    story.__cause__ = error
    _LOG.debug("%s", story, exc_info=error)
    return CheckOutcome(watch=watch, state=CheckState.FAILED, text=text, error=story)


def with_failures(services: AppContext, watch: Watch, checked: CheckResult, comparison: Comparison) -> CheckResult:
    """The check with an event and an alert about what of the comparison failed; the same check where nothing did."""
    if not failures(comparison.unread):
        return checked
    event = PageEvent(kind=EVENT, detail=_summary(comparison), at=checked.now, revision_id=checked.after.id)
    alert = _alert(services, comparison)
    drafts = tuple(_drafts(services, watch, alert))
    further = (*checked.alerts, OutgoingAlert(alert=alert, deliveries=drafts)) if drafts else checked.alerts
    return replace(checked, alerts=further, events=(*checked.events, event))


def recent_failures(archive: Archive, now: datetime) -> tuple[ArticleEvent, ...]:
    """The comparisons that failed in the last seven days, newest first: edits whose findings nobody has seen."""
    return archive.events.since(EVENT, now - _RECENT)


def _summary(comparison: Comparison) -> str:
    """The revision range and what failed in it."""
    assert comparison.before
    assert comparison.after
    lost = failures(comparison.unread)
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return f"revisions {comparison.before.id} → {comparison.after.id} compared in part only: {lost[0].reason}{more}"


def _alert(services: AppContext, comparison: Comparison) -> Alert:
    assert comparison.article
    assert comparison.before
    assert comparison.after
    summary = f"{_summary(comparison)}; read the difference, later edits are compared as usual"
    return Alert(
        key=hashlib.sha256(f"failed:{idempotency_seed(comparison)}".encode()).hexdigest()[:16],
        article=comparison.article,
        before=comparison.before,
        after=comparison.after,
        notices=(Notice(kind=OperatorEvent.COMPARISON_FAILED, severity=Severity.HIGH, section=(), summary=summary),),
        diff_url=report_links(services.watchlist, comparison).diff_url or "",
        topic=AlertTopic.OPERATOR,  # about the watching: a later alert about the page neither replaces nor follows it
    )


def _drafts(services: AppContext, watch: Watch, alert: Alert) -> Iterator[NewDelivery]:
    """One message for each destination of the watch and each operator, whatever kinds and severities it asks for."""
    for destination in services.watchlist.destinations:
        if destination.operator or serves(destination, watch):
            yield delivery_for(destination, alert, services.now())
