"""End mutes that ran out or were taken back, and queue one summary of what each suppressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from snapshots import Mute, ReviewAction, ReviewEvent
from watcher.services.attribution import attribute_findings
from watcher.services.context import AppContext
from watcher.services.judgement import with_excused
from watcher.services.mutes import for_watch, matches
from watcher.services.outcome import AlertPlan
from watcher.services.planning import AlertState, plan_alerts


def end_mute(services: AppContext, mute: Mute) -> int:
    """End a mute and queue a summary for each article of which it suppressed something; return how many.

    The summary compares the article with its text when the mute first suppressed something: edits that were reverted
    meanwhile are not in it. What a destination was told before and is undone by now is resolved there. Raises
    StoreError, and Unavailable where a message that is to be replaced is being sent.
    """
    archive, plans = services.archive, list[AlertPlan]()
    for article, since in archive.mutes.suppressed(mute):
        watch, cursor = services.index.watch_of(article), archive.revisions.cursor(article)
        if watch is None or cursor is None:
            continue
        before, after = (archive.revisions.snapshot(watch.wiki, number) for number in (since, cursor.id))
        whole = services.compare_for(watch, before, after)
        whole = with_excused(services, watch, whole, after)
        whole = attribute_findings(services, watch, whole, before, after)
        own_mute = for_watch(services, watch, mute)
        own = tuple(finding for finding in whole.findings if matches(own_mute, watch, finding))
        # What another mute still suppresses is left to the summary of that mute.
        state = AlertState.read(services, watch, article, services.now(), ending=own_mute)
        plans.append(plan_alerts(services, watch, replace(whole, findings=own), after, state))
    alerts = [alert for plan in plans for alert in plan.alerts]
    replaced = [number for plan in plans for number in plan.superseded]
    outdated = [number for plan in plans for number in plan.outdated]
    ended = archive.mutes.end(mute, alerts, services.now(), superseded=replaced, outdated=outdated)
    return sum(bool(plan.alerts) for plan in plans) if ended else 0


def undo_decisions(services: AppContext, events: Sequence[ReviewEvent], by: str) -> int:
    """Undo actions of reviewers, and end the mutes that they began, with a summary of what those suppressed.

    Returns the number of the batch, 0 when all was undone before. Raises StoreError.
    """
    mute_ids = {event.mute_id for event in events if event.action is ReviewAction.MUTE and not event.undone}
    for mute in services.archive.mutes.list_open():
        if mute.id in mute_ids:
            end_mute(services, mute)
    return services.archive.reviews.undo(events, by, services.now())
