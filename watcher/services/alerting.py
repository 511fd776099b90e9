"""Plan the alerts for one comparison: new ones, replacements for undelivered ones, and "resolved" notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from snapshots import (
    CheckResult,
    ImageDigests,
    Mute,
    NewDelivery,
    OutgoingAlert,
    QueuedAlert,
    RenderedFacts,
    SentFact,
    UnresolvedFact,
)
from watcher.config import Watch, policy_of
from watcher.model import Alert, AlertTopic, Article, Comparison, Finding, Severity, Snapshot
from watcher.private_files import make_folder, write_text
from watcher.services.alerts import (
    already_sent,
    build_alert,
    deliveries_for,
    endpoints,
    facts_reverted_by,
    facts_undone_by,
    key_of,
    new_alert,
    report_links,
    sent_fact_of,
    thread_of,
    to_notice,
)
from watcher.services.attribution import attribute_findings, judge_in_context, name_edits
from watcher.services.context import AppContext
from watcher.services.contradictions import with_other_articles
from watcher.services.failing import with_failures
from watcher.services.grouping import after_group_interval, delivery_for, hold
from watcher.services.mutes import active_for, muted_findings, without_muted
from watcher.services.outcome import CheckOutcome, CheckState
from watcher.services.pins import section_events
from watcher.services.resolutions import find_resolutions, resolution_summary

_MAX_REMEMBERED: Final = 500  # findings of one alert
PARSER: Final = "4"  # raised when the same two texts would be found to differ otherwise
RULES: Final = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPlan:
    """The alerts that follow from a comparison, and what they replace, resolve and leave out."""

    alerts: tuple[OutgoingAlert, ...] = ()
    superseded: tuple[int, ...] = ()
    resolved: tuple[int, ...] = ()
    muted: tuple[int, ...] = ()
    has_recipients: bool = True

    @property
    def summary(self) -> str:
        """Describe the plan in the line about the check."""
        parts = (
            ("no destination accepts it", not self.has_recipients),
            ("partly muted", bool(self.muted)),
            ("an earlier alert is resolved", bool(self.resolved)),
            ("replaces an alert that was not sent yet", bool(self.superseded)),
        )
        return "".join(f"; {words}" for words, holds in parts if holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AlertState:
    """What is muted of a page, what alerts about it stated, and which of them are queued."""

    mutes: Sequence[Mute]
    unresolved: Sequence[UnresolvedFact]
    queued: Sequence[QueuedAlert]

    @classmethod
    def read(cls, services: AppContext, watch: Watch, article: Article, now: datetime) -> _AlertState:
        facts = services.archive.sent_facts
        return cls(
            mutes=active_for(services, watch, now),
            unresolved=facts.unresolved(article, now),
            queued=facts.queued_alerts(article, now),
        )


@dataclass(slots=True)
class _FilteredComparison:
    """A comparison without the findings that are muted, were sent already or revert what was sent.

    The latter are `undoing`, each with the time since when the article had stated what it reverts.
    """

    rest: Comparison
    undoing: list[tuple[Finding, datetime]] = field(default_factory=list)
    resolved: dict[int, UnresolvedFact] = field(default_factory=dict)
    muted: tuple[int, ...] = ()

    def facts(self, watch: Watch) -> tuple[SentFact, ...]:
        """Return the facts that later edits are compared with; of a flood the worst, for each is compared with each."""
        # What was filtered was sent to nobody: an edit that undoes it resolves nothing.
        sent = [finding for finding in self.rest.at_least(watch.threshold) if not finding.filtered]
        return tuple(entry for finding in sent[:_MAX_REMEMBERED] if (entry := sent_fact_of(finding)))


def plan_alerts(
    services: AppContext, watch: Watch, comparison: Comparison, after: Snapshot, known: _AlertState
) -> AlertPlan:
    """Plan the alerts for a comparison by the facts that earlier alerts stated.

    A destination whose last alert about this page is still queued, and was not attempted, gets one about both edits in
    its place. Facts that no longer hold go, as resolved, to those who got them. Raises StoreError.
    """
    mutes, active, now = known.mutes, known.unresolved, services.now()
    main = _filter(comparison, watch, active, mutes)
    alerts, replaced, waiting = [], [], set()
    filtered = [main]
    merging = bool(comparison.findings) and not comparison.is_of_one_revision
    for rows in _group_by_baseline(known.queued) if merging else ():
        both = _compare_since(services, watch, rows[0], after)
        if both is None:
            continue
        filtered.append(_filter(both, watch, active, mutes))
        names = {row.destination: row.not_before for row in rows}
        alerts += _build_alert(services, watch, filtered[-1], active, now, only=names)
        replaced += [row.id for row in rows]
        waiting |= set(names)
    fresh = _build_alert(services, watch, main, active, now, without=waiting)
    alert = build_alert(services.watchlist, watch, main.rest)
    resolved = _resolution_alert(services, comparison, filtered, now)
    return AlertPlan(
        alerts=tuple(after_group_interval(services, alert, now) for alert in (*fresh, *alerts, *resolved)),
        superseded=tuple(replaced),
        resolved=tuple(number for each in filtered for number in each.resolved),
        muted=tuple(dict.fromkeys(number for each in filtered for number in each.muted)),
        has_recipients=alert is None or bool(deliveries_for(services.watchlist, watch, alert, now)),
    )


def _filter(
    comparison: Comparison, watch: Watch, unresolved: Sequence[UnresolvedFact], mutes: Sequence[Mute]
) -> _FilteredComparison:
    unmuted, muted = without_muted(comparison, watch, mutes)
    reverted = facts_reverted_by(endpoints(comparison)[2], unresolved)
    result = _FilteredComparison(unmuted, resolved={fact.id: fact for fact in reverted}, muted=muted)
    rest = []
    for finding in unmuted.findings:
        fact = sent_fact_of(finding)
        undone = facts_undone_by(fact, unresolved) if fact else ()
        result.resolved |= {fact.id: fact for fact in undone}
        if undone:
            result.undoing.append((finding, min(fact.at for fact in undone)))
        elif reverted:  # the whole text is what it was: nothing in it is news
            continue
        elif fact is None or not already_sent(fact, unresolved):
            rest.append(finding)
    result.rest = replace(unmuted, findings=tuple(rest))
    return result


def _group_by_baseline(unsent: Sequence[QueuedAlert]) -> list[list[QueuedAlert]]:
    """Group the queued alerts whose destinations got nothing since the same revision."""
    baselines: dict[str, int] = {}
    groups: dict[int, list[QueuedAlert]] = {}
    for row in unsent:
        groups.setdefault(baselines.setdefault(row.destination, row.before.id), []).append(row)
    return list(groups.values())


def _compare_since(services: AppContext, watch: Watch, row: QueuedAlert, after: Snapshot) -> Comparison | None:
    """Compare the page with its text before a queued alert; None where not all of it can be read."""
    before = services.archive.revisions.snapshot(watch.wiki, row.before.id)
    if before.wikitext is None:
        return None
    comparison = services.compare(before, after, policy=policy_of(watch), dialect=services.dialect(watch.wiki))
    if comparison.unread:
        return None
    return with_other_articles(services, attribute_findings(services, watch, comparison))


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
    """Build the alert for the destinations that accept it: `only` some, not later than what it replaces."""
    alert = build_alert(services.watchlist, watch, filtered.rest)
    if alert is None:
        return []
    facts, drafts = filtered.facts(watch), list[NewDelivery]()
    for draft in deliveries_for(services.watchlist, watch, alert, now):
        if only is not None and draft.destination in only:
            drafts.append(replace(draft, not_before=min(draft.not_before, only[draft.destination])))
        elif only is None and draft.destination not in without:
            drafts.append(draft)
    if not drafts:
        return []
    last = _last_threads(services, alert, drafts, now)
    threads = {draft.destination: thread_of(draft.destination, facts, unresolved, now) for draft in drafts}
    # An alert has one topic: what updates one destination is news to another that got nothing before.
    news = [draft for draft in drafts if not threads[draft.destination][1]]
    updates = [draft for draft in drafts if threads[draft.destination][1]]
    keys = {name: key or last.get(name, "") for name, (key, _) in threads.items()}
    return [
        OutgoingAlert(alert=version, deliveries=_thread_deliveries(part, keys, unresolved), facts=facts)
        for version, part in ((_as_update(alert), updates), (alert, news))
        if part
    ]


def _as_update(alert: Alert) -> Alert:
    """Return the alert for those who were sent an earlier state of the same fact; their deliveries are its own."""
    return replace(alert, key=key_of(f"update:{alert.key}"), topic=AlertTopic.UPDATE)


def _last_threads(
    services: AppContext, alert: Alert, drafts: Sequence[NewDelivery], now: datetime
) -> Mapping[str, str]:
    """Return the threads of what the destinations heard of the page in their group interval, were it that it is over.

    In an edit war, each turn follows the one before it, which was resolved.
    """
    grouped = {draft.destination for draft in drafts if draft.labels}
    intervals = [item.group_interval for item in services.watchlist.destinations if item.name in grouped]
    if not intervals:
        return {}
    threads = services.archive.sent_facts.newest_threads(alert.article, now - max(intervals))
    return {name: thread for name, thread in threads.items() if name in grouped}


def _thread_deliveries(
    deliveries: Sequence[NewDelivery], threads: Mapping[str, str], unresolved: Iterable[UnresolvedFact]
) -> tuple[NewDelivery, ...]:
    """Put deliveries into their threads, not before what is still retried there: an update must not come first."""
    retried = {name: timestamp for fact in unresolved for name, timestamp in fact.retrying}
    return tuple(
        hold(replace(draft, thread=thread), retried.get(draft.destination, draft.not_before))
        if (thread := threads.get(draft.destination, ""))
        else draft
        for draft in deliveries
    )


def _resolution_alert(
    services: AppContext, comparison: Comparison, filtered: Sequence[_FilteredComparison], now: datetime
) -> tuple[OutgoingAlert, ...]:
    """Build the message that earlier alerts no longer hold, for all who got them."""
    active = [fact for each in filtered for fact in each.resolved.values()]
    names = {name for fact in active for name in fact.destinations}
    if not names:
        return ()
    begun = min(fact.at for fact in active)
    every = [(finding, begun) for finding in comparison.at_least(Severity.INFO)]
    notices = [
        replace(
            to_notice(services.watchlist, comparison, finding),
            summary=resolution_summary(finding, finding.edits, since),
            reasons=(),
            explanations=(),
        )
        for finding, since in next((each.undoing for each in filtered if each.undoing), every)
    ]
    alert = new_alert(services.watchlist, comparison, notices, prefix="resolved:", topic=AlertTopic.RESOLVED)
    drafts = [
        delivery_for(destination, alert, now)
        for destination in services.watchlist.destinations
        if destination.name in names
    ]
    threads = {name: key for fact in active for name, key, _ in fact.threads}
    return (OutgoingAlert(alert=alert, deliveries=_thread_deliveries(drafts, threads, active)),)


def commit_comparison(
    services: AppContext,
    watch: Watch,
    comparison: Comparison,
    before: Snapshot,
    after: Snapshot,
    images: ImageDigests | None = None,
    rendered: RenderedFacts | None = None,
) -> CheckOutcome:
    """Commit a comparison with its alerts in one transaction, or nothing when another worker was faster.

    `images` are the digests to store with a comparison of images, `rendered` the facts with one of what readers see. A
    report that cannot be written costs no alert: the
    outcome, which is logged, says so. It can be made again from the stored revisions.
    """
    now = services.now()
    comparison = name_edits(services, watch, comparison)
    with services.archive.database.view():
        comparison = with_other_articles(services, judge_in_context(services, watch, comparison))
        known = _AlertState.read(services, watch, after.revision.article, now)
        resolutions = find_resolutions(services, comparison)
    plan = plan_alerts(services, watch, comparison, after, known)
    checked = CheckResult(
        article=after.revision.article,
        before=before.revision,
        after=after.revision,
        now=now,
        snapshots=_described_edits(comparison),
        comparison=comparison,
        parser=PARSER,
        rules=RULES,
        muted_findings=muted_findings(comparison, watch, known.mutes),
        undone_findings=resolutions.undone,
        undoing_findings=resolutions.undoing,
        images=images,
        rendered=rendered,
        alerts=plan.alerts,
        superseded=plan.superseded,
        resolved_facts=plan.resolved,
        suppressing_mutes=plan.muted,
        events=() if comparison.is_of_one_revision else section_events(services, watch, after),
        owner=services.owner,
    )
    checked = with_failures(services, watch, checked, comparison)
    if services.archive.comparisons.commit(checked) is None:
        return CheckOutcome(watch, CheckState.BUSY, "another worker has judged it meanwhile")
    compared = f"revisions {before.revision.id} → {after.revision.id}"
    if comparison.is_of_one_revision:
        compared = f"{'what readers see' if comparison.is_rendered else 'images'} of revision {after.revision.id}"
    text = f"{compared}: {_count_findings(comparison)}{plan.summary}"
    if comparison.findings and (problem := _write_report(services, watch, comparison, before, after)):
        text += f"; {problem}"
    state = CheckState.ALERT if plan.alerts or not plan.has_recipients else CheckState.QUIET
    return CheckOutcome(watch=watch, state=state, text=text, comparison=comparison, compared=(before, after))


def _described_edits(comparison: Comparison) -> tuple[Snapshot, ...]:
    """Return the edits whose editors' accounts are known, without their texts, which are stored; no other pages'."""
    edits = {
        edit.id: edit
        for finding in comparison.findings
        for edit in finding.edits
        if edit.bot is not None and not finding.through
    }
    return tuple(Snapshot(revision=edit, wikitext=None) for edit in edits.values())


def _count_findings(comparison: Comparison) -> str:
    count = len(comparison.findings)
    if not count or comparison.worst is None:
        return "no change"
    filtered = sum(bool(finding.filtered) for finding in comparison.findings)
    more = f", {filtered} filtered" if filtered else ""
    return f"{count} finding{'s' * (count > 1)}, worst {comparison.worst.label}{more}"


def report_file_name(comparison: Comparison) -> str:
    """Return the file name of a comparison's report: from ids, never from a title, which could name another folder."""
    article, before, after = endpoints(comparison)
    return f"{article.wiki}-{article.page_id}-{before.id}-{after.id}.html"


def _write_report(services: AppContext, watch: Watch, comparison: Comparison, before: Snapshot, after: Snapshot) -> str:
    """Write the report of a comparison as a file; return why it could not be written, empty when it was."""
    from watcher.report import ReportOptions, report

    folder = services.watchlist.reports
    page = report(
        comparison,
        "html",
        ReportOptions(
            before_text=before.wikitext,
            after_text=after.wikitext,
            links=report_links(services.watchlist, comparison),
            threshold=watch.threshold,
        ),
    )
    try:
        make_folder(folder)
        write_text(folder / report_file_name(comparison), page)
    except OSError as error:
        return f"{folder}: the report cannot be written ({error.strerror}); free or change the folder"
    return ""
