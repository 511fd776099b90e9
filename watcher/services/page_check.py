"""Check one watched page: store its new revisions, judge them and queue alerts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from snapshots import CheckResult, ImageDigests
from snapshots.articles import CheckedPage
from snapshots.revisions import PendingRevisions
from watcher.batching import batched
from watcher.config import Watch, policy_of
from watcher.errors import StoreError, WatcherError
from watcher.model import Article, Comparison, Finding, Revision, Severity, Snapshot
from watcher.model.elements import CITED_VERSION
from watcher.model.revisions import TOO_LARGE, is_size_too_large
from watcher.services.alerting import commit_comparison
from watcher.services.alerts import sent_facts_of
from watcher.services.context import AppContext
from watcher.services.contradictions import refresh_index
from watcher.services.failing import record_failure
from watcher.services.images import ShownImages, check_images
from watcher.services.ledger import record_pending
from watcher.services.outcome import CheckOutcome, CheckState, is_settled, latest_settled, settling_outcome
from watcher.services.pins import section_events
from watcher.services.poll import FAILURES_BEFORE_EVENT, PageStatus, close_open_events, resolve_article, with_title
from watcher.services.rendered import check_rendered
from watcher.services.restorations import judge_restoration
from watcher.services.reverts import restored_revision

_STORE_BATCH: Final = 50  # revisions: what is fetched is stored although the rest of the walk may fail


_LOG = logging.getLogger(__name__)


def check_page(services: AppContext, watch: Watch, page_status: PageStatus) -> CheckOutcome:
    """Check one page; whatever goes wrong with it, the others are checked."""
    article = page_status.article
    try:
        article, latest = resolve_article(services, watch, page_status)
        outcome, page = _check_article(services, watch, page_status, article, latest)
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


def _failed_outcome(services: AppContext, watch: Watch, article: Article | None, error: Exception) -> CheckOutcome:
    if isinstance(error, StoreError):
        return CheckOutcome(watch, CheckState.FAILED, str(error), error=error)
    with suppress(StoreError):  # the error of the check is the one to report
        if article is None:  # a watch that was never checked has no article that could hold its failures
            services.archive.unreached_watches.record_failure(watch.wiki, watch.title, str(error), services.now())
        elif services.archive.articles.record_check(article, services.now(), str(error)) >= FAILURES_BEFORE_EVENT:
            services.archive.events.record(article, "fetch-failed", str(error), services.now())
    return CheckOutcome(watch, CheckState.FAILED, str(error), error=error)


def _check_article(
    services: AppContext, watch: Watch, page_status: PageStatus, article: Article, latest: int
) -> tuple[CheckOutcome, CheckedPage | None]:
    """Check the text and the images of a page; what is recorded in the end, and returned, is one transaction."""
    page = None
    governing = _governing_watch(services, watch, article, page_status.titles)
    try:
        outcome, images = _fetch_and_judge(services, governing, article, latest, page_status)
        outcome, shown = check_images(services, governing, article, page_status.digests, outcome, images)
        if page_status.is_rendered:
            outcome = check_rendered(services, governing, article, page_status, outcome)
        if outcome.state is not CheckState.BUSY:
            with services.archive.database.transaction():
                page = _record_check(services, watch, page_status, article, outcome, shown)
            services.leases.forget_page(article)
    finally:
        services.leases.release_page(article)
    return outcome, page


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


def _governing_watch(
    services: AppContext, watch: Watch, article: Article, titles: tuple[str, ...] | None = None
) -> Watch:
    """Return the watch whose settings apply: of several watches of one page, the first that is active."""
    first = services.index.watch_of(article, watch, titles)
    return watch if first is None or not first.is_active(services.now()) else first


def _fetch_and_judge(
    services: AppContext, watch: Watch, article: Article, latest: int, page_status: PageStatus
) -> tuple[CheckOutcome, ImageDigests | None]:
    """Store new revisions, and judge them when they have settled; also return the digests read under the lease."""
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
        kind, reported = "too-large", f"revision {revision.id} ({_size(revision)}) is {TOO_LARGE}"
    else:
        kind, reported = "hidden", f"the text of revision {revision.id} is hidden"
    services.archive.events.record(article, kind, reported, services.now(), revision.id)
    return CheckOutcome(watch, CheckState.SETTLING, f"{reported}; waiting for the next one")


def _size(revision: Revision) -> str:
    return f"{(revision.size or 0) / 2**20:,.0f} MiB"


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
        return record_failure(services, watch, before, after, error) if settled else waiting


def _compare(
    services: AppContext, watch: Watch, before: Snapshot, after: Snapshot, earlier: Revision | None
) -> Comparison:
    """Compare two texts; `earlier` is the accepted revision whose text the edit brings back, if it does."""
    dialect = services.dialect(watch.wiki)
    comparison = services.compare(before, after, policy=policy_of(watch), dialect=dialect)
    return judge_restoration(services, watch, comparison, earlier) if earlier else comparison


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
    if count > 1:
        before, after = services.archive.revisions.pair(watch.wiki, cursor.id, newest.id)
        result = replace(result, ledger=record_pending(services, watch, before, after, is_stored=True).batch)
    done = services.archive.comparisons.commit(result)
    if done is None:
        return CheckOutcome(watch, CheckState.BUSY, "another worker has judged it meanwhile")
    return CheckOutcome(watch, CheckState.QUIET, text)
