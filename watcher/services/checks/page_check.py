"""Check one watched page from top to bottom: fetch, store, compare, judge, plan, record, commit.

`check_page` is the entry point, and the methods of `_PageCheck` are its steps in order. Every difference in the text of
a page, its images or its rendered text goes through `commit`, which judges it and commits it together with its alerts.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from snapshots import CheckResult, ImageDigests, OutgoingAlert, PageEvent
from snapshots.revisions import PendingRevisions
from watcher import model
from watcher.batching import batched
from watcher.config import Watch, serves
from watcher.errors import FETCH_ERRORS, StoreError, Unavailable, WatcherError
from watcher.judge.context import alerts_for_newcomer
from watcher.model.elements import Guard, failures
from watcher.model.revisions import TOO_LARGE, is_size_too_large
from watcher.private_files import make_folder, write_text
from watcher.services.alerting.alerts import delivery_for, endpoints, muted_findings, new_alert, report_links
from watcher.services.alerting.facts import sent_facts_of
from watcher.services.alerting.mutes import section_events
from watcher.services.alerting.planning import AlertPlan
from watcher.services.checks.images import check_images
from watcher.services.checks.judgement import judge_comparison, judge_restoration, restored_revision
from watcher.services.checks.outcome import (
    FAILED_COMPARISON,
    CheckOutcome,
    CheckState,
    Difference,
    latest_settled,
    settling,
)
from watcher.services.checks.poll import (
    FAILURES_BEFORE_EVENT,
    PageStatus,
    close_open_events,
    resolve_article,
    with_title,
)
from watcher.services.checks.rendered import RenderedCheck
from watcher.services.context import AppContext
from watcher.services.history.ledger import record_pending

PARSER: Final = "25"  # raised when the same two texts would give other changes
RULES: Final = "24"
_STORE_BATCH: Final = 50  # revisions, which stay stored if fetching the next ones fails
# A replica of the wiki's database that lags behind reports an older revision as the newest; `maxlag` does not help if a
# cache answers. The deletion of a revision is therefore noticed only when the revision is this old.
_MAX_LAG: Final = timedelta(minutes=5)
# States in which the newest text was not judged, so its rendered text is not compared either.
_UNJUDGED: Final = frozenset({CheckState.BUSY, CheckState.FAILED, CheckState.SETTLING})

_LOG = logging.getLogger(__name__)


def check_page(services: AppContext, watch: Watch, page_status: PageStatus) -> CheckOutcome:
    """Check one page; any failure is returned as its outcome, so that the other pages are still checked."""
    article, guard = page_status.article, Guard()

    def checked() -> CheckOutcome:
        nonlocal article
        article, latest = resolve_article(services, watch, page_status)
        # If several watches have the same page, the settings of the first active one apply.
        first = services.index.watch_of(article, watch)
        governing = first if first is not None and first.is_active(services.now()) else watch
        return with_title(_PageCheck(services, governing, article, page_status).run(watch, latest), article)

    try:
        if (outcome := guard.run(checked, otherwise=None, element=watch.title)) is not None:
            return outcome
        failed = guard.error
    except (MemoryError, WatcherError) as error:
        failed = error
    failure = failed if isinstance(failed, WatcherError) else None
    if failure is None:
        reported = f"{watch.title}: {type(failed).__name__} during the check; run it with --debug and report it"
        failure = WatcherError(reported)
        failure.__cause__ = failed
        _LOG.debug("%s", failure, exc_info=failed)
    if not isinstance(failure, StoreError):
        with suppress(StoreError):  # the error of the check is the one to report
            archive, now = services.archive, services.now()
            if article is None:  # a watch that was never checked has no article to record failures for
                archive.unreached_watches.record_failure(watch.wiki, watch.title, str(failure), now)
            elif archive.articles.record_failure(article, now, str(failure)) >= FAILURES_BEFORE_EVENT:
                archive.events.record(article, "fetch-failed", str(failure), now)
    return CheckOutcome(watch, CheckState.FAILED, str(failure), error=failure)


@dataclass(frozen=True, slots=True)
class _PageCheck:
    """The check of one page with the settings of one watch; it reads what is stored of the page under its lease."""

    services: AppContext
    watch: Watch
    article: model.Article
    status: PageStatus

    def run(self, polled: Watch, latest: int) -> CheckOutcome:
        """Take all steps and record the successful check; `polled` is the watch that led to the page."""
        services, article = self.services, self.article
        try:
            outcome, images = self.check_text(latest)
            shown, difference = check_images(services, self.watch, article, self.status.digests, outcome, images)
            outcome = self.commit(difference) if difference else outcome
            outcome = self.check_rendered(outcome)
            if outcome.state is not CheckState.BUSY:
                with services.archive.database.transaction():  # it also ends the lease
                    services.archive.articles.record_success(
                        article,
                        services.now(),
                        owner=services.owner,
                        shown=shown,
                        before=images.digests if images else None,  # read under the lease
                    )
                    # SETTLING also stands for a hidden or too large text, whose event stays open.
                    if self.status.poll_state is None or self.status.poll_state.has_open_event:
                        close_open_events(services, article, text_seen=outcome.state is not CheckState.SETTLING)
                    if self.status.article is None or outcome.state is CheckState.BASELINE:
                        unreached = services.archive.unreached_watches
                        unreached.record_reached(polled.wiki, [polled.title], services.now())
                services.leases.forget_page(article)
        finally:
            services.leases.release_page(article)
        return outcome

    def check_text(self, latest: int) -> tuple[CheckOutcome, ImageDigests | None]:
        """Lease the page, fetch and store its new revisions, and judge them; also return the digests of its images."""
        services, article, known = self.services, self.article, self.status.poll_state
        if known is not None and known.cursor == latest:  # an unchanged page needs no lease
            return CheckOutcome(self.watch, CheckState.UNCHANGED, f"nothing since revision {latest}"), None
        with services.archive.database.transaction():
            if not services.leases.acquire_page(article):
                return CheckOutcome(self.watch, CheckState.BUSY, "another worker is checking it"), None
            # Read again under the lease: another worker may have judged the page since.
            stored = services.archive.revisions.resume(article, self.status.newest)
            images = None if services.is_replay else services.archive.images.digests(article)
        cursor, shown = stored.cursor, self.status.newest
        if cursor is None:
            return self.establish_baseline(None), images
        if shown is not None and stored.revisions and stored.revisions[-1].id == shown.revision.id:
            latest = shown.revision.id  # an edit may have come since the poll
        newest, pending, fetched = self.fetch(cursor, stored.revisions, latest)
        if newest.id == cursor.id:
            return CheckOutcome(self.watch, CheckState.UNCHANGED, f"nothing since revision {cursor.id}"), images
        if newest.id < cursor.id and newest.at <= cursor.at and abs(services.now() - cursor.at) < _MAX_LAG:
            words = f"the wiki shows revision {newest.id}, but {cursor.id} was judged: one of its databases may lag"
            return CheckOutcome(self.watch, CheckState.SETTLING, words, until=cursor.at + _MAX_LAG), images
        # Nothing is pending if the newest revision is older than the cursor, as after a history was restored.
        outcome = self.judge_pending(cursor, newest, pending or (newest,), stored)
        return replace(outcome, revisions=stored.stored + fetched), images

    def fetch(
        self, cursor: model.Revision, pending: Sequence[model.Revision], latest: int
    ) -> tuple[model.Revision, Sequence[model.Revision], int]:
        """Fetch and store the revisions after the newest stored one; `pending` are those stored after the cursor.

        Return the revision that readers see, all revisions now stored after the cursor, and the number of new ones.
        """
        revisions, client = self.services.archive.revisions, self.services.client(self.article.wiki)
        newest = pending[-1] if pending else cursor
        count = 0
        if newest.id != latest:
            for batch in batched(client.revisions_since(self.article, newest), _STORE_BATCH):
                new, pending = revisions.store_after(self.article, batch, cursor)
                count += new
            newest = pending[-1] if pending else cursor
        if newest.id == latest or (count and newest.id > latest):
            return newest, pending, count
        # Readers see a revision before the newest stored one: part of the history was restored, or a clock set back.
        shown = client.newest(self.article)
        new, pending = revisions.store_after(self.article, [shown], cursor)
        return shown.revision, pending, count + new

    def judge_pending(
        self,
        cursor: model.Revision,
        newest: model.Revision,
        pending: Sequence[model.Revision],
        stored: PendingRevisions,
    ) -> CheckOutcome:
        """Compare the last judged revision with the newest, and commit the result once the edits have settled.

        `stored` is what was read when the page was leased; it may contain the texts.
        """
        services, watch, now = self.services, self.watch, self.services.now()
        if newest.has_text_of(cursor):
            return self.record_net_zero(cursor, newest, pending)
        waiting = settling(watch, (*pending, newest), now)
        stable = latest_settled(watch, pending, now) if waiting else None
        if waiting and stable is None and not watch.critical_bypass:
            return waiting
        if stored.texts is not None and stored.texts[1].revision == newest:
            before, after = stored.texts
            earlier = None if stored.is_new_text else restored_revision(services, watch, newest)
        else:
            before, after, earlier = self.read_texts(cursor, newest)
        if after.wikitext is None:
            return self.record_hidden(newest)
        if before.wikitext is None:
            return self.establish_baseline(cursor)
        services.dialect(watch.wiki)  # outside the guard: if it fails, the check fails, but the edit is not at fault

        def judge() -> CheckOutcome:
            difference = self.compare(before, after, earlier)
            if not waiting or (watch.critical_bypass and difference.comparison.worst is model.Severity.CRITICAL):
                return self.commit(difference)
            done = self.judge_stable(difference, stable) if stable else None
            return replace(done, until=waiting.until) if done else waiting

        # If judging an edit fails, that is recorded and alerted, and the edit is not tried again.
        guard = Guard()
        outcome = guard.run(judge, otherwise=waiting, element="anything of the edit")
        return outcome or self.record_failure(before, after, guard)

    def read_texts(
        self, cursor: model.Revision, newest: model.Revision
    ) -> tuple[model.Snapshot, model.Snapshot, model.Revision | None]:
        """Return two revisions with their texts, and the accepted revision that the newer one restores, or None."""
        with self.services.archive.database.view():
            before, after = self.services.archive.revisions.pair(self.watch.wiki, cursor.id, newest.id)
            return before, after, restored_revision(self.services, self.watch, newest)

    def compare(self, before: model.Snapshot, after: model.Snapshot, earlier: model.Revision | None) -> Difference:
        """Compare two texts; `earlier` is the accepted revision whose text the edit restores, or None."""
        services, watch = self.services, self.watch
        comparison = services.compare_for(watch, before, after)
        if earlier:
            comparison = judge_restoration(services, watch, comparison, earlier)
        return Difference(comparison=comparison, before=before, after=after)

    def judge_stable(self, current: Difference, stable: model.Revision) -> CheckOutcome | None:
        """Judge the edits up to `stable`, which has stood for the settle period, although later edits have not.

        None if a later edit reverts something that would be alerted, were it by a newcomer, or adds a source for it:
        that edit may settle first. `current` is the difference up to the newest edit.
        """
        before, after, earlier = self.read_texts(current.before.revision, stable)
        if after.wikitext is None:
            return None
        difference = self.compare(before, after, earlier)
        alerted, remaining = (
            {
                fact
                for finding in each.comparison.findings
                if finding.severity >= self.watch.threshold or alerts_for_newcomer(finding)
                for fact in _current_facts(finding)
            }
            for each in (difference, current)
        )
        return self.commit(difference) if alerted <= remaining else None

    def check_rendered(self, outcome: CheckOutcome) -> CheckOutcome:
        """Compare the rendered text and commit what changed through templates; `outcome` is that of the wikitext.

        If the wiki does not answer, the next check tries again. A page that it cannot render, or that is too large, is
        tried again only after it was touched.
        """
        services, touched, known = self.services, self.status.page.touched, self.status.poll_state
        if not self.status.is_rendered or not touched or outcome.state in _UNJUDGED:
            return outcome
        if outcome.state is CheckState.UNCHANGED and known is not None and known.touched == touched:
            return outcome
        if not services.leases.acquire_page(self.article):
            return outcome
        try:
            difference = RenderedCheck(services, self.watch, self.article, touched).compare()
            seen = self.commit(difference) if isinstance(difference, Difference) else difference
        except FETCH_ERRORS as error:
            if not isinstance(error, Unavailable):
                services.archive.articles.update([self.article], {"touched": touched})
            _LOG.warning("what readers see was not checked: %s", error)
            return replace(outcome, text=f"{outcome.text}; what readers see was not checked ({error})")
        if seen is None or outcome.state is CheckState.UNCHANGED:
            return seen or outcome
        comparison = outcome.comparison or seen.comparison
        if outcome.comparison and seen.comparison:
            findings = (*outcome.comparison.findings, *seen.comparison.findings)
            comparison = replace(outcome.comparison, findings=findings)
        state = CheckState.ALERT if seen.state is CheckState.ALERT else outcome.state
        until = outcome.until or seen.until
        return replace(outcome, state=state, text=f"{outcome.text}; {seen.text}", comparison=comparison, until=until)

    def commit(self, difference: Difference) -> CheckOutcome:
        """Judge a difference, plan its alerts, and commit all of it at once, or nothing if another worker was faster.

        Alerts do not depend on the report: if it cannot be written, the outcome, which is logged, says so. It can be
        generated again from the stored revisions.
        """
        services, watch, before, after = self.services, self.watch, difference.before, difference.after
        judged = judge_comparison(services, watch, difference, is_stored=not services.is_replay)
        comparison = judged.comparison
        is_of_edits = not comparison.is_of_one_revision
        plan = AlertPlan(services, watch, comparison, after)
        # Edits of this page with looked-up accounts, to update their stored rows; the texts are stored already.
        described = {
            edit.id: model.Snapshot(revision=edit, wikitext=None)
            for finding in comparison.findings
            for edit in finding.edits
            if edit.bot is not None and not finding.through
        }
        is_committed = self.store(
            before.revision,
            after.revision,
            snapshots=tuple(described.values()),
            comparison=comparison,
            parser=PARSER,
            rules=RULES,
            muted_findings=muted_findings(comparison, watch, plan.mutes),
            undone_findings=tuple(judged.undone.items()),
            undoing_findings=tuple(judged.undoing.items()),
            ledger=judged.ledger,
            images=difference.images,
            rendered=difference.rendered,
            alerts=plan.alerts,
            superseded=tuple(plan.superseded),
            outdated_facts=tuple(plan.outdated),
            renamed_sections=plan.renamed,
            suppressing_mutes=plan.suppressing_mutes,
            events=section_events(services, watch, after) if watch.sections and is_of_edits else (),
        )
        if not is_committed:
            return CheckOutcome(watch, CheckState.BUSY, "another worker has already judged it")
        compared = f"revisions {before.revision.id} → {after.revision.id}"
        if not is_of_edits:
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

    def store(self, before: model.Revision | None, after: model.Revision, **parts: Any) -> bool:
        """Commit the result of a comparison, which moves the cursor; return False if another worker was faster.

        If parts could not be compared, also record an event and alert the watch's destinations and the operators.
        """
        services, watch = self.services, self.watch
        checked = CheckResult(
            article=self.article, before=before, after=after, now=services.now(), owner=services.owner, **parts
        )
        if checked.comparison is not None and failures(checked.comparison.unread):
            summary = _failure_summary(checked.comparison)
            event = PageEvent(kind=FAILED_COMPARISON, detail=summary, at=checked.now, revision_id=after.id)
            advice = f"{summary}; read the difference; later edits are compared as usual"
            notice = model.Notice(
                kind=model.OperatorEvent.COMPARISON_FAILED, severity=model.Severity.HIGH, section=(), summary=advice
            )
            # With the topic OPERATOR, a later alert about the page neither replaces this one nor joins its thread.
            alert = new_alert(
                services.watchlist, checked.comparison, [notice], prefix="failed:", topic=model.AlertTopic.OPERATOR
            )
            alert = replace(alert, report_url=None)
            # Regardless of the kinds and severities that a destination accepts: it may be missing findings.
            drafts = tuple(
                delivery_for(destination, alert, services.now())
                for destination in services.watchlist.destinations
                if destination.operator or serves(destination, watch)
            )
            alerts = (*checked.alerts, OutgoingAlert(alert=alert, deliveries=drafts)) if drafts else checked.alerts
            checked = replace(checked, alerts=alerts, events=(*checked.events, event))
        return services.archive.comparisons.commit(checked) is not None

    def establish_baseline(self, hidden: model.Revision | None) -> CheckOutcome:
        """Start from the newest text; `hidden` is a cursor whose text is hidden, so that nothing can be compared."""
        snapshot = self.services.client(self.article.wiki).newest(self.article)
        if snapshot.wikitext is None:
            self.services.archive.revisions.store(self.article, [snapshot])
            return self.record_hidden(snapshot.revision)
        events = section_events(self.services, self.watch, snapshot)
        if not self.store(hidden, snapshot.revision, snapshots=(snapshot,), events=events):
            return CheckOutcome(self.watch, CheckState.BUSY, "another worker has already started it")
        text = f"watching from revision {snapshot.revision.id} on"
        return CheckOutcome(self.watch, CheckState.BASELINE, text, revisions=1)

    def record_hidden(self, revision: model.Revision) -> CheckOutcome:
        """Record that the text of a revision is hidden or too large to compare."""
        kind, reported = "hidden", f"the text of revision {revision.id} is hidden"
        if is_size_too_large(revision.size):
            size = f"{(revision.size or 0) / 2**20:,.0f} MiB"
            kind, reported = "too-large", f"revision {revision.id} ({size}) is {TOO_LARGE}"
        self.services.archive.events.record(self.article, kind, reported, self.services.now(), revision.id)
        return CheckOutcome(self.watch, CheckState.SETTLING, f"{reported}; waiting for the next one")

    def record_net_zero(
        self, cursor: model.Revision, newest: model.Revision, pending: Sequence[model.Revision]
    ) -> CheckOutcome:
        """Record edits that cancel out, without an alert, and advance the cursor."""
        services, count = self.services, len(pending)
        text = f"revisions {cursor.id} → {newest.id}: no change"
        if count > 1:
            reported = f"{count} edits that cancel out: {', '.join(str(revision.id) for revision in pending[:20])}"
            services.archive.events.record(self.article, "cancelled-out", reported, services.now(), newest.id)
            text += f", {count} edits that cancel out"
        before, after = services.archive.revisions.pair(self.watch.wiki, cursor.id, newest.id)
        ledger = None
        if count > 1 and not services.is_replay:
            ledger = record_pending(services, self.watch, before, after, is_stored=True).batch
        if not self.store(cursor, newest, ledger=ledger):
            return CheckOutcome(self.watch, CheckState.BUSY, "another worker has already judged it")
        return CheckOutcome(self.watch, CheckState.QUIET, text, compared=(before, after))

    def record_failure(self, before: model.Snapshot, after: model.Snapshot, guard: Guard) -> CheckOutcome:
        """Commit that two revisions could not be compared, instead of findings.

        The cursor moves to the newer one, so that later edits are compared with it and the failure does not recur at
        every poll. Raises StoreError.
        """
        comparison = model.Comparison(
            unread=tuple(guard.unread),
            article=self.article,
            before=before.revision,
            after=after.revision,
        )
        if not self.store(before.revision, after.revision, comparison=comparison):
            return CheckOutcome(self.watch, CheckState.BUSY, "another worker has already judged it")
        text = _failure_summary(comparison)
        failure = WatcherError(f"{self.watch.title}: {text}")
        failure.__cause__ = guard.error
        _LOG.debug("%s", failure, exc_info=guard.error)
        return CheckOutcome(self.watch, CheckState.FAILED, text, error=failure)


def _current_facts(finding: model.Finding) -> set[tuple[str | None, ...]]:
    """Return what the article states now according to a finding, and where; for a table, one item for each cell."""
    change = finding.change
    where = change.kind.value, change.new_sentence, *change.location.section
    facts = sent_facts_of(finding)
    return {(*where, fact.label, fact.new) for fact in facts} or {(*where, finding.summary)}


def _failure_summary(comparison: model.Comparison) -> str:
    _, before, after = endpoints(comparison)
    failed = failures(comparison.unread)
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"revisions {before.id} → {after.id} were compared only in part: {failed[0].reason}{more}"


def _write_report(
    services: AppContext, watch: Watch, comparison: model.Comparison, before: model.Snapshot, after: model.Snapshot
) -> str:
    """Write the report of a comparison as a file; return why it could not be written, or "" if it was."""
    from watcher.report import ReportOptions, report

    folder, page_id = services.watchlist.reports, endpoints(comparison)[0].page_id
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
    if folder.is_symlink():  # whoever can write to the parent folder could redirect the reports
        return f"{folder}: no report is written: this is a symbolic link; name the folder that it leads to"
    try:
        make_folder(folder)
        # Named after ids, never titles, which could lead to another folder; retention matches this form.
        write_text(folder / f"{watch.wiki}-{page_id}-{before.revision.id}-{after.revision.id}.html", page)
    except OSError as error:
        return f"{folder}: the report cannot be written ({error.strerror}); free or change the folder"
    return ""
