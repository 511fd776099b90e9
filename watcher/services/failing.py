"""Record a comparison that failed and alert those who watch: a failure without an alert would hide an edit."""

from __future__ import annotations

import logging
from dataclasses import replace

from snapshots import CheckResult, OutgoingAlert, PageEvent
from watcher.config import Watch, serves
from watcher.errors import WatcherError
from watcher.model import AlertTopic, Comparison, Notice, OperatorEvent, Severity, Snapshot, Unread
from watcher.model.elements import FAILED, failures
from watcher.services.alerts import endpoints, new_alert
from watcher.services.context import AppContext
from watcher.services.grouping import delivery_for
from watcher.services.outcome import FAILED_COMPARISON, CheckOutcome, CheckState

_LOG = logging.getLogger(__name__)


def record_failure(
    services: AppContext, watch: Watch, before: Snapshot, after: Snapshot, error: Exception
) -> CheckOutcome:
    """Commit, in place of findings, that two revisions could not be compared.

    The cursor moves to the newer one: later edits are compared with it, and the failure does not recur at every poll.
    Raises StoreError.
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
        return CheckOutcome(watch, CheckState.BUSY, "another worker has judged it meanwhile")
    text = _summary(comparison)
    story = WatcherError(f"{watch.title}: {text}")
    story.__cause__ = error
    _LOG.debug("%s", story, exc_info=error)
    return CheckOutcome(watch, CheckState.FAILED, text, error=story)


def with_failures(services: AppContext, watch: Watch, checked: CheckResult, comparison: Comparison) -> CheckResult:
    """Add an event and an alert about the parts of the comparison that failed, if any did."""
    if not failures(comparison.unread):
        return checked
    summary = _summary(comparison)
    event = PageEvent(kind=FAILED_COMPARISON, detail=summary, at=checked.now, revision_id=checked.after.id)
    advice = "read the difference; later edits are compared as usual"
    notice = Notice(
        kind=OperatorEvent.COMPARISON_FAILED, severity=Severity.HIGH, section=(), summary=f"{summary}; {advice}"
    )
    # The topic of operators: a later alert about the page neither replaces this one nor follows it.
    alert = new_alert(services.watchlist, comparison, [notice], prefix="failed:", topic=AlertTopic.OPERATOR)
    alert = replace(alert, report_url=None)
    # Whatever kinds and severities a destination accepts: it would not know that it misses findings.
    drafts = tuple(
        delivery_for(destination, alert, services.now())
        for destination in services.watchlist.destinations
        if destination.operator or serves(destination, watch)
    )
    alerts = (*checked.alerts, OutgoingAlert(alert=alert, deliveries=drafts)) if drafts else checked.alerts
    return replace(checked, alerts=alerts, events=(*checked.events, event))


def _summary(comparison: Comparison) -> str:
    _, before, after = endpoints(comparison)
    failed = failures(comparison.unread)
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"revisions {before.id} → {after.id} were compared only in part: {failed[0].reason}{more}"
