"""Plan the alerts for one comparison: new ones, replacements for undelivered ones, and "resolved" notices."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from snapshots import CheckResult, ImageDigests, Mute, NewDelivery, OutgoingAlert, QueuedAlert, SentFact, UnresolvedFact
from watcher.config import Watch, policy_of
from watcher.errors import WatcherError
from watcher.model import Alert, AlertTopic, Comparison, Finding, Severity, Snapshot
from watcher.private_files import make_folder, write_text
from watcher.report import report
from watcher.services.alerts import (
    already_sent,
    build_alert,
    deliveries_for,
    delivery_for,
    facts_reverted_by,
    facts_undone_by,
    idempotency_seed,
    report_links,
    report_url,
    sent_fact_of,
    thread_key,
    to_notice,
)
from watcher.services.context import AppContext
from watcher.services.failing import with_failures
from watcher.services.mutes import active_for, muted_findings, without_muted
from watcher.services.outcome import CheckOutcome, CheckState

_MAX_REMEMBERED: Final = 500  # findings of one alert


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPlan:
    """What follows from a comparison for those who are told."""

    alerts: tuple[OutgoingAlert, ...] = ()
    superseded: tuple[int, ...] = ()
    resolved: tuple[int, ...] = ()
    muted: tuple[int, ...] = ()
    has_recipients: bool = True

    @property
    def summary(self) -> str:
        """What a line about the check says of this."""
        parts = (
            ("no destination wants it", not self.has_recipients),
            ("muted in part", bool(self.muted)),
            ("what was told is resolved", bool(self.resolved)),
            ("in place of an alert not sent yet", bool(self.superseded)),
        )
        return "".join(f"; {words}" for words, true in parts if true)

    def apply_to(self, result: CheckResult) -> CheckResult:
        """The check with all this to be committed along with it."""
        return replace(
            result,
            alerts=self.alerts,
            superseded=self.superseded,
            resolved_facts=self.resolved,
            suppressing_mutes=self.muted,
        )


@dataclass(slots=True)
class _FilteredComparison:
    """A comparison without what is muted, told already or an undoing of what was told."""

    rest: Comparison
    undoing: list[Finding] = field(default_factory=list)
    resolved: dict[int, UnresolvedFact] = field(default_factory=dict)
    muted: tuple[int, ...] = ()

    def facts(self, watch: Watch) -> tuple[SentFact, ...]:
        """Those entries that a later edit is held against; of a flood the worst, for each is held against each."""
        worst = self.rest.at_least(watch.threshold)[:_MAX_REMEMBERED]
        return tuple(entry for finding in worst if (entry := sent_fact_of(finding)))


def plan_alerts(
    services: AppContext, watch: Watch, comparison: Comparison, after: Snapshot, now: datetime
) -> AlertPlan:
    """Compare what the archive knows was told with what is found now.

    A destination whose last alert about this page nobody has tried to send gets one about both edits in its
    place. What was told and holds no longer goes, as resolved, to those who were told. Raises StoreError.
    """
    article = after.revision.article
    active = services.archive.sent_facts.unresolved(article)
    mutes = active_for(services, watch, now)
    main = _filter(comparison, watch, active, mutes)
    alerts, replaced, waiting = [], [], set()
    sifted = [main]
    merging = bool(comparison.findings) and not comparison.is_image_comparison
    for rows in _group_by_baseline(services.archive.sent_facts.queued_alerts(article, now)) if merging else ():
        both = _compare_since(services, watch, rows[0], after)
        if both is None:
            continue
        sifted.append(_filter(both, watch, active, mutes))
        names = {row.destination: row.not_before for row in rows}
        alerts += _build_alert(services, watch, sifted[-1], active, now, only=names)
        replaced += [row.id for row in rows]
        waiting |= set(names)
    fresh = _build_alert(services, watch, main, active, now, without=waiting)
    alert = build_alert(services.watchlist, watch, main.rest)
    resolved = _resolution_alert(services, comparison, sifted, now)
    return AlertPlan(
        alerts=(*fresh, *alerts, *resolved),
        superseded=tuple(replaced),
        resolved=tuple(number for filtered_comparison in sifted for number in filtered_comparison.resolved),
        muted=tuple(dict.fromkeys(number for filtered_comparison in sifted for number in filtered_comparison.muted)),
        has_recipients=alert is None or bool(deliveries_for(services.watchlist, watch, alert, now)),
    )


def _filter(
    comparison: Comparison, watch: Watch, unresolved: Sequence[UnresolvedFact], mutes: Sequence[Mute]
) -> _FilteredComparison:
    audible, muted = without_muted(comparison, watch, mutes)
    filtered_comparison = _FilteredComparison(audible, muted=muted)
    assert comparison.after
    whole = facts_reverted_by(comparison.after, unresolved)
    filtered_comparison.resolved = {fact.id: fact for fact in whole}
    rest = []
    for finding in audible.findings:
        entry = sent_fact_of(finding)
        back = whole or (facts_undone_by(entry, unresolved) if entry else ())
        if back:
            filtered_comparison.undoing.append(finding)
            filtered_comparison.resolved |= {fact.id: fact for fact in back}
        elif entry is None or not already_sent(entry, unresolved):
            rest.append(finding)
    filtered_comparison.rest = replace(audible, findings=tuple(rest))
    return filtered_comparison


def _group_by_baseline(unsent: Sequence[QueuedAlert]) -> list[list[QueuedAlert]]:
    """The waiting rows, those together whose destinations have heard nothing since the same revision."""
    baselines: dict[str, int] = {}
    groups: dict[int, list[QueuedAlert]] = {}
    for row in unsent:
        groups.setdefault(baselines.setdefault(row.destination, row.before.id), []).append(row)
    return list(groups.values())


def _compare_since(services: AppContext, watch: Watch, row: QueuedAlert, after: Snapshot) -> Comparison | None:
    """What became of the page since before a waiting alert; None where not all of it can be read."""
    before = services.archive.revisions.snapshot(watch.wiki, row.before.id)
    if before.wikitext is None:
        return None
    comparison = services.compare(before, after, policy=policy_of(watch), dialect=services.dialect(watch.wiki))
    return None if comparison.unread else comparison


def _build_alert(
    services: AppContext,
    watch: Watch,
    filtered: _FilteredComparison,
    unresolved: Sequence[UnresolvedFact],
    now: datetime,
    *,
    only: dict[str, datetime] | None = None,
    without: set[str] | frozenset[str] = frozenset(),
) -> list[OutgoingAlert]:
    """The alert for the destinations that want it, for some not later than what it replaces."""
    alert = build_alert(services.watchlist, watch, filtered.rest)
    if alert is None:
        return []
    reported, drafts = filtered.facts(watch), list[NewDelivery]()
    for draft in deliveries_for(services.watchlist, watch, alert, now):
        if only is not None and draft.destination in only:
            drafts.append(replace(draft, not_before=min(draft.not_before, only[draft.destination])))
        elif only is None and draft.destination not in without:
            drafts.append(draft)
    threads = {draft.destination: thread_key(draft.destination, reported, unresolved, now) for draft in drafts}
    return (
        [OutgoingAlert(alert=alert, deliveries=_thread_deliveries(drafts, threads, unresolved), facts=reported)]
        if drafts
        else []
    )


def _thread_deliveries(
    deliveries: Sequence[NewDelivery], threads: Mapping[str, str], unresolved: Iterable[UnresolvedFact]
) -> tuple[NewDelivery, ...]:
    """The drafts in their threads; what is still tried there comes first, as news of it makes no sense before it."""
    retried = {name: timestamp for fact in unresolved for name, timestamp in fact.retrying}
    return tuple(
        replace(
            draft, thread=thread, not_before=max(draft.not_before, retried.get(draft.destination, draft.not_before))
        )
        if (thread := threads.get(draft.destination, ""))
        else draft
        for draft in deliveries
    )


def _resolution_alert(
    services: AppContext, comparison: Comparison, filtered: Sequence[_FilteredComparison], now: datetime
) -> tuple[OutgoingAlert, ...]:
    """The message that what was told holds no longer, for all who were told it."""
    active = [fact for each in filtered for fact in each.resolved.values()]
    names = {name for fact in active for name in fact.destinations}
    findings = next((each.undoing for each in filtered if each.undoing), list(comparison.at_least(Severity.INFO)))
    article, before, after = comparison.article, comparison.before, comparison.after
    if not names or article is None or before is None or after is None:
        return ()
    seed = f"resolved:{idempotency_seed(comparison)}"
    alert = Alert(
        key=hashlib.sha256(seed.encode()).hexdigest()[:16],
        article=article,
        before=before,
        after=after,
        notices=tuple(to_notice(finding) for finding in findings),
        diff_url=report_links(services.watchlist, comparison).diff_url or "",
        report_url=report_url(services.watchlist, comparison),
        topic=AlertTopic.RESOLVED,
    )
    drafts = [
        delivery_for(destination, alert, now)
        for destination in services.watchlist.destinations
        if destination.name in names
    ]
    threads = {name: key for fact in active for name, key, _ in fact.threads}
    return (OutgoingAlert(alert=alert, deliveries=_thread_deliveries(drafts, threads, active)),)


PARSER = RULES = "1"  # raised when the same two texts would be found to differ otherwise


def commit_comparison(
    services: AppContext,
    watch: Watch,
    comparison: Comparison,
    before: Snapshot,
    after: Snapshot,
    images: ImageDigests | None = None,
) -> CheckOutcome:
    """Write all that follows from a comparison, or nothing when another worker was faster.

    `images` are to be remembered of a comparison that is about them.

    Raises WatcherError when the report cannot be written: no alert may point to nothing.
    """
    now = services.now()
    news = plan_alerts(services, watch, comparison, after, now)
    if comparison.findings:
        _write_report(services, watch, comparison, before, after)
    checked = CheckResult(
        article=after.revision.article,
        before=before.revision,
        after=after.revision,
        now=now,
        comparison=comparison,
        parser=PARSER,
        rules=RULES,
        muted_findings=muted_findings(comparison, watch, active_for(services, watch, now)),
        images=images,
        owner=services.owner,
    )
    checked = with_failures(services, watch, news.apply_to(checked), comparison)
    if services.archive.comparisons.commit(checked) is None:
        return CheckOutcome(watch=watch, state=CheckState.BUSY, text="another worker judged it meanwhile")
    location = f"revisions {before.revision.id} → {after.revision.id}"
    if comparison.is_image_comparison:
        location = f"pictures of revision {after.revision.id}"
    text = f"{location}: {_without_unread(comparison)}{news.summary}"
    state = CheckState.ALERT if news.alerts or not news.has_recipients else CheckState.QUIET
    return CheckOutcome(watch=watch, state=state, text=text, comparison=comparison)


def _without_unread(comparison: Comparison) -> str:
    count = len(comparison.findings)
    if not count or comparison.worst is None:
        return "no change"
    return f"{count} finding{'s' * (count > 1)}, worst {comparison.worst.label}"


def report_file_name(comparison: Comparison) -> str:
    """The file name of a comparison's report: from ids, never from a title."""
    assert comparison.article
    assert comparison.before
    assert comparison.after
    article = comparison.article
    return f"{article.wiki}-{article.page_id}-{comparison.before.id}-{comparison.after.id}.html"


def _write_report(
    services: AppContext, watch: Watch, comparison: Comparison, before: Snapshot, after: Snapshot
) -> None:
    """Write the page before the alert is queued, so that no alert points to nothing."""
    folder = services.watchlist.reports
    page = report(
        comparison,
        "html",
        before_text=before.wikitext,
        after_text=after.wikitext,
        links=report_links(services.watchlist, comparison),
        threshold=watch.threshold,
    )
    try:
        make_folder(folder)
        write_text(folder / report_file_name(comparison), page)
    except OSError as error:
        raise WatcherError(
            f"{folder}: the report cannot be written ({error.strerror}); free or change the folder"
        ) from error
