"""Check one watched page from top to bottom: fetch, store, compare, judge, plan, record, commit.

`check_page` walks a page through its text, its images and what readers see of it; whatever differs there goes through
`commit_comparison`, which commits it together with the alerts that follow from it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from snapshots import CheckResult, ImageDigests, OutgoingAlert, PageEvent, RenderedFacts
from snapshots.articles import CheckedPage
from snapshots.revisions import PendingRevisions
from watcher.batching import batched
from watcher.config import Watch, policy_of, serves
from watcher.errors import StoreError, WatcherError
from watcher.model import (
    AlertTopic,
    Article,
    Comparison,
    Finding,
    Notice,
    OperatorEvent,
    Revision,
    Severity,
    Snapshot,
    Unread,
)
from watcher.model.elements import CITED_VERSION, FAILED, failures
from watcher.model.revisions import TOO_LARGE, is_size_too_large
from watcher.private_files import make_folder, write_text
from watcher.services.alerts import delivery_for, endpoints, new_alert, report_links, sent_facts_of
from watcher.services.context import AppContext
from watcher.services.contradictions import refresh_index
from watcher.services.images import ShownImages, check_images
from watcher.services.judgement import judge_comparison, judge_restoration, restored_revision
from watcher.services.ledger import record_pending
from watcher.services.mutes import muted_findings
from watcher.services.outcome import (
    FAILED_COMPARISON,
    CheckOutcome,
    CheckState,
    is_settled,
    latest_settled,
    settling_outcome,
)
from watcher.services.pins import section_events
from watcher.services.planning import AlertState, plan_alerts
from watcher.services.poll import FAILURES_BEFORE_EVENT, PageStatus, close_open_events, resolve_article, with_title
from watcher.services.rendered import check_rendered

PARSER: Final = "6"  # raised when the same two texts would be found to differ otherwise
RULES: Final = "5"
_STORE_BATCH: Final = 50  # revisions: what is fetched is stored although the rest of the walk may fail

_LOG = logging.getLogger(__name__)


def check_page(services: AppContext, watch: Watch, page_status: PageStatus) -> CheckOutcome:
    """Check one page; whatever goes wrong with it, the others are checked."""
    article = page_status.article
    try:
        article, latest = resolve_article(services, watch, page_status)
        # Of several watches of one page, the settings of the first that is active apply.
        first = services.index.watch_of(article, watch, page_status.titles)
        governing = first if first is not None and first.is_active(services.now()) else watch
        page = None
        try:
            outcome, images = _check_text(services, governing, article, latest, page_status)
            outcome, shown = check_images(
                services, governing, article, page_status.digests, outcome, images, commit=commit_comparison
            )
            if page_status.is_rendered:
                outcome = check_rendered(services, governing, article, page_status, outcome, commit=commit_comparison)
            if outcome.state is not CheckState.BUSY:
                with services.archive.database.transaction():
                    page = _record_check(services, watch, page_status, article, outcome, shown)
                services.leases.forget_page(article)
        finally:
            services.leases.release_page(article)
        if page is not None and page.is_index_outdated(CITED_VERSION):
            refresh_index(services, [article], unindexed=False, known=outcome.compared)
    except WatcherError as error:
        return _failed_outcome(services, watch, article, error)
    except Exception as error:  # noqa: BLE001  a defect in one article's check must not stop the others
        failure = WatcherError(
            f"{watch.title}: {type(error).__name__} during the check; run it with --debug and report it"
        )
        failure.__cause__ = error
        _LOG.debug("%s", failure, exc_info=error)
        return _failed_outcome(services, watch, article, failure)
    return with_title(outcome, article)


def _check_text(
    services: AppContext, watch: Watch, article: Article, latest: int, page_status: PageStatus
) -> tuple[CheckOutcome, ImageDigests | None]:
    """Fetch and store new revisions, and judge them when they have settled; also return the digests of the images.

    What is read of the page is read under its lease.
    """
    known = page_status.poll_state
    if known is not None and known.last_judged_id == latest:  # an unchanged page needs no lease
        return CheckOutcome(watch, CheckState.UNCHANGED, f"nothing since revision {latest}"), None
    with services.archive.database.transaction():
        if not services.leases.acquire_page(article):
            return CheckOutcome(watch, CheckState.BUSY, "another worker is checking it"), None
        # Read again under the lease: another worker may have judged the page since.
        stored = services.archive.revisions.resume(article, page_status.newest)
        images = services.archive.images.digests(article)
    cursor = stored.cursor
    if cursor is None:
        return _establish_baseline(services, watch, article, None), images
    shown = page_status.newest
    if shown is not None and stored.revisions and stored.revisions[-1].id == shown.revision.id:
        latest = shown.revision.id  # an edit may have come since the poll
    newest, pending, walked = _store_new(services, article, cursor, stored.revisions, latest)
    if newest.id == cursor.id:
        return CheckOutcome(watch, CheckState.UNCHANGED, f"nothing since revision {cursor.id}"), images
    # Nothing is pending where the newest revision has a time before the cursor's, as after a restored history.
    outcome = _judge_pending(services, watch, cursor, newest, pending or (newest,), stored)
    return replace(outcome, revisions=stored.stored + walked), images


def _store_new(
    services: AppContext, article: Article, cursor: Revision, pending: Sequence[Revision], latest: int
) -> tuple[Revision, Sequence[Revision], int]:
    """Store the revisions after the newest stored one; `pending` are those that are stored after the cursor.

    Return the one that readers see, those that are stored after the cursor now, and how many were new.
    """
    revisions, client = services.archive.revisions, services.client(article.wiki)
    newest = pending[-1] if pending else cursor
    count = 0
    if newest.id != latest:
        for batch in batched(client.revisions_since(article, newest), _STORE_BATCH):
            new, pending = revisions.store_after(article, batch, cursor)
            count += new
        newest = pending[-1] if pending else cursor
    if newest.id == latest or (count and newest.id > latest):
        return newest, pending, count
    # What readers see lies before what is stored: a part of the history was restored, or a clock was set back.
    shown = client.newest(article)
    new, pending = revisions.store_after(article, [shown], cursor)
    return shown.revision, pending, count + new


def _judge_pending(
    services: AppContext,
    watch: Watch,
    cursor: Revision,
    newest: Revision,
    pending: Sequence[Revision],
    stored: PendingRevisions,
) -> CheckOutcome:
    """Compare the last judged revision with what readers see, and commit what follows in one transaction.

    `stored` is what the lease began with, which may spare reading the texts again.
    """
    if newest.has_text_of(cursor):
        return _net_zero_edits(services, watch, cursor, newest, pending)
    now = services.now()
    settled = is_settled(watch, (*pending, newest), now)
    stable = None if settled else latest_settled(watch, pending, now)
    waiting = settling_outcome(watch, (*pending, newest), now)
    if not settled and stable is None and not watch.critical_bypass:
        return waiting
    if stored.texts is not None and stored.texts[1].revision == newest:
        before, after = stored.texts
        earlier = None if stored.is_new_text else restored_revision(services, watch, newest)
    else:
        with services.archive.database.view():
            before, after = services.archive.revisions.pair(watch.wiki, cursor.id, newest.id)
            earlier = restored_revision(services, watch, newest)
    if after.wikitext is None:
        return _hidden_outcome(services, watch, newest.article, newest)
    if before.wikitext is None:
        return _establish_baseline(services, watch, newest.article, cursor)
    services.dialect(watch.wiki)  # a wiki that cannot be asked for it is a failed check, and no defect of the edit
    try:
        comparison = _compare(services, watch, before, after, earlier)
        if settled or (watch.critical_bypass and comparison.worst is Severity.CRITICAL):
            return commit_comparison(services, watch, comparison, before, after)
        done = _judge_stable(services, watch, before, comparison, stable) if stable else None
        return replace(done, until=waiting.until) if done else waiting
    except WatcherError:
        raise
    # An edit on which that fails is recorded, alerted and not tried again.
    except Exception as error:  # noqa: BLE001  whatever an edit triggers must not end the checks of its article
        return _record_failure(services, watch, before, after, error) if settled else waiting


def _compare(
    services: AppContext, watch: Watch, before: Snapshot, after: Snapshot, earlier: Revision | None
) -> Comparison:
    """Compare two texts; `earlier` is the accepted revision whose text the edit brings back, if it does."""
    dialect = services.dialect(watch.wiki)
    comparison = services.compare(before, after, policy=policy_of(watch), dialect=dialect)
    return judge_restoration(services, watch, comparison, earlier) if earlier else comparison


def commit_comparison(
    services: AppContext,
    watch: Watch,
    comparison: Comparison,
    before: Snapshot,
    after: Snapshot,
    *,
    images: ImageDigests | None = None,
    rendered: RenderedFacts | None = None,
) -> CheckOutcome:
    """Judge a comparison and commit it with its alerts in one transaction, or nothing if another worker was faster.

    `images` are the digests to store with a comparison of images, `rendered` the facts with one of what readers see. A
    report that cannot be written costs no alert: the outcome, which is logged, says so. It can be made again from the
    stored revisions.
    """
    now, article = services.now(), after.revision.article
    judged = judge_comparison(services, watch, comparison, before, after, is_stored=not services.is_replay)
    comparison = judged.comparison
    with services.archive.database.view():
        state = AlertState.read(services, watch, article, now)
    plan = plan_alerts(services, watch, comparison, after, state)
    # Edits whose editors' accounts are known, without their texts, which are stored; no other pages'.
    described = {
        edit.id: edit
        for finding in comparison.findings
        for edit in finding.edits
        if edit.bot is not None and not finding.through
    }
    checked = CheckResult(
        article=article,
        before=before.revision,
        after=after.revision,
        now=now,
        snapshots=tuple(Snapshot(revision=edit, wikitext=None) for edit in described.values()),
        comparison=comparison,
        parser=PARSER,
        rules=RULES,
        muted_findings=muted_findings(comparison, watch, state.mutes),
        undone_findings=judged.resolutions.undone,
        undoing_findings=judged.resolutions.undoing,
        ledger=judged.ledger,
        images=images,
        rendered=rendered,
        alerts=plan.alerts,
        superseded=plan.superseded,
        outdated_facts=plan.outdated,
        renamed_sections=plan.renamed,
        suppressing_mutes=plan.muted,
        events=() if comparison.is_of_one_revision else section_events(services, watch, after),
        owner=services.owner,
    )
    if services.archive.comparisons.commit(_with_failures(services, watch, checked, comparison)) is None:
        return CheckOutcome(watch, CheckState.BUSY, "another worker has judged it meanwhile")
    compared = f"revisions {before.revision.id} → {after.revision.id}"
    if comparison.is_of_one_revision:
        compared = f"{'what readers see' if comparison.is_rendered else 'images'} of revision {after.revision.id}"
    count, filtered = len(comparison.findings), sum(bool(finding.filtered) for finding in comparison.findings)
    findings = "no change"
    if comparison.worst is not None:
        more = f", {filtered} filtered" if filtered else ""
        findings = f"{count} finding{'s' * (count > 1)}, worst {comparison.worst.label}{more}"
    text = f"{compared}: {findings}{plan.summary}"
    is_reported = comparison.findings and not services.is_replay
    if is_reported and (problem := _write_report(services, watch, comparison, before, after)):
        text += f"; {problem}"
    outcome = CheckState.ALERT if plan.alerts or not plan.has_recipients else CheckState.QUIET
    return CheckOutcome(watch=watch, state=outcome, text=text, comparison=comparison, compared=(before, after))


def _establish_baseline(services: AppContext, watch: Watch, article: Article, hidden: Revision | None) -> CheckOutcome:
    """Start from the text that readers see now; `hidden` is a cursor whose text is hidden and cannot be compared."""
    snapshot = services.client(article.wiki).newest(article)
    if snapshot.wikitext is None:
        services.archive.revisions.store(article, [snapshot])
        return _hidden_outcome(services, watch, article, snapshot.revision)
    now = services.now()
    done = services.archive.comparisons.commit(
        CheckResult(
            article=article,
            before=hidden,
            after=snapshot.revision,
            snapshots=(snapshot,),
            events=section_events(services, watch, snapshot),
            now=now,
            owner=services.owner,
        )
    )
    if done is None:
        return CheckOutcome(watch, CheckState.BUSY, "another worker has begun with it meanwhile")
    text = f"watching from revision {snapshot.revision.id} on"
    return CheckOutcome(watch, CheckState.BASELINE, text, revisions=1)


def _hidden_outcome(services: AppContext, watch: Watch, article: Article, revision: Revision) -> CheckOutcome:
    if is_size_too_large(revision.size):
        kind, reported = "too-large", f"revision {revision.id} ({(revision.size or 0) / 2**20:,.0f} MiB) is {TOO_LARGE}"
    else:
        kind, reported = "hidden", f"the text of revision {revision.id} is hidden"
    services.archive.events.record(article, kind, reported, services.now(), revision.id)
    return CheckOutcome(watch, CheckState.SETTLING, f"{reported}; waiting for the next one")


def _judge_stable(
    services: AppContext, watch: Watch, before: Snapshot, current: Comparison, stable: Revision
) -> CheckOutcome | None:
    """Judge the edits up to one that has stood for the settle period, whatever is edited after it.

    None where a later edit takes back, or gives a source to, something that would be alerted: that may settle first.
    `current` is the comparison with what readers see.
    """
    with services.archive.database.view():
        _, after = services.archive.revisions.pair(watch.wiki, before.revision.id, stable.id)
        earlier = restored_revision(services, watch, stable)
    if after.wikitext is None:
        return None
    comparison = _compare(services, watch, before, after, earlier)
    alerted, still = (
        {statement for finding in each.at_least(watch.threshold) for statement in _statements(finding)}
        for each in (comparison, current)
    )
    return commit_comparison(services, watch, comparison, before, after) if alerted <= still else None


def _statements(finding: Finding) -> set[tuple[str | None, ...]]:
    """Return what a finding says that the article states now, and where; of a table, of each cell."""
    change = finding.change
    where = change.kind.value, change.new_sentence, *change.location.section
    facts = sent_facts_of(finding)
    return {(*where, fact.label, fact.new) for fact in facts} or {(*where, finding.summary)}


def _net_zero_edits(
    services: AppContext, watch: Watch, cursor: Revision, newest: Revision, pending: Sequence[Revision]
) -> CheckOutcome:
    """Record a run of edits that cancelled out, without an alert, then advance the cursor."""
    article, now = newest.article, services.now()
    count = len(pending)
    text = f"revisions {cursor.id} → {newest.id}: no change"
    if count > 1:
        reported = f"{count} edits that cancel out: {', '.join(str(revision.id) for revision in pending[:20])}"
        services.archive.events.record(article, "cancelled-out", reported, now, newest.id)
        text += f", {count} edits that cancel out"
    result = CheckResult(article=article, before=cursor, after=newest, now=now, owner=services.owner)
    before, after = services.archive.revisions.pair(watch.wiki, cursor.id, newest.id)
    if count > 1 and not services.is_replay:
        result = replace(result, ledger=record_pending(services, watch, before, after, is_stored=True).batch)
    done = services.archive.comparisons.commit(result)
    if done is None:
        return CheckOutcome(watch, CheckState.BUSY, "another worker has judged it meanwhile")
    return CheckOutcome(watch, CheckState.QUIET, text, compared=(before, after))


def _record_check(
    services: AppContext,
    watch: Watch,
    page_status: PageStatus,
    article: Article,
    outcome: CheckOutcome,
    shown: ShownImages | None,
) -> CheckedPage:
    """Record that a page was checked, which images it shows, and which of its troubles have ended; end its lease."""
    page = services.archive.articles.record_success(
        article,
        services.now(),
        owner=services.owner,
        shown=shown.digests if shown else None,
        before=shown.before if shown and services.leases.holds_page(article) else None,
    )
    # A text that is hidden or too large ends as SETTLING, too: its event stays open.
    if page_status.poll_state is None or page_status.poll_state.has_open_event:
        close_open_events(services, article, text_seen=outcome.state is not CheckState.SETTLING)
    if page_status.article is None or outcome.state is CheckState.BASELINE:
        services.archive.unreached_watches.record_first_success(watch.wiki, watch.title, services.now())
    return page


def _failed_outcome(services: AppContext, watch: Watch, article: Article | None, error: Exception) -> CheckOutcome:
    if isinstance(error, StoreError):
        return CheckOutcome(watch, CheckState.FAILED, str(error), error=error)
    with suppress(StoreError):  # the error of the check is the one to report
        if article is None:  # a watch that was never checked has no article that could hold its failures
            services.archive.unreached_watches.record_failure(watch.wiki, watch.title, str(error), services.now())
        elif services.archive.articles.record_check(article, services.now(), str(error)) >= FAILURES_BEFORE_EVENT:
            services.archive.events.record(article, "fetch-failed", str(error), services.now())
    return CheckOutcome(watch, CheckState.FAILED, str(error), error=error)


def _record_failure(
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
    if services.archive.comparisons.commit(_with_failures(services, watch, checked, comparison)) is None:
        return CheckOutcome(watch, CheckState.BUSY, "another worker has judged it meanwhile")
    text = _summary(comparison)
    story = WatcherError(f"{watch.title}: {text}")
    story.__cause__ = error
    _LOG.debug("%s", story, exc_info=error)
    return CheckOutcome(watch, CheckState.FAILED, text, error=story)


def _with_failures(services: AppContext, watch: Watch, checked: CheckResult, comparison: Comparison) -> CheckResult:
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
    if folder.is_symlink():  # whoever may write beside it would choose where reports go
        return f"{folder}: no report is written: this is a symbolic link; name the folder that it leads to"
    try:
        make_folder(folder)
        write_text(folder / report_file_name(comparison), page)
    except OSError as error:
        return f"{folder}: the report cannot be written ({error.strerror}); free or change the folder"
    return ""
