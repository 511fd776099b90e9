"""Commit a comparison with the alerts that follow from it, and write its report."""

from __future__ import annotations

from typing import Final

from snapshots import CheckResult, ImageDigests, RenderedFacts
from watcher.config import Watch
from watcher.model import Comparison, Snapshot
from watcher.private_files import make_folder, write_text
from watcher.services.alerts import endpoints, report_links
from watcher.services.attribution import judge_in_context, name_edits
from watcher.services.context import AppContext
from watcher.services.contradictions import with_other_articles
from watcher.services.excuses import with_excused
from watcher.services.failing import with_failures
from watcher.services.ledger import record_pending
from watcher.services.mutes import muted_findings
from watcher.services.outcome import CheckOutcome, CheckState
from watcher.services.pins import section_events
from watcher.services.planning import AlertState, plan_alerts
from watcher.services.resolutions import find_resolutions, without_restorations
from watcher.services.source_checks import with_source_checks

PARSER: Final = "5"  # raised when the same two texts would be found to differ otherwise
RULES: Final = "4"


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
    pending = None
    if not comparison.is_of_one_revision:
        pending = record_pending(services, watch, before, after, is_stored=True)
        comparison = with_excused(services, watch, comparison, after)
        comparison = name_edits(services, watch, comparison, pending)
    with services.archive.database.view():
        comparison = with_other_articles(services, judge_in_context(services, watch, comparison))
        known = AlertState.read(services, watch, after.revision.article, now)
        resolutions = find_resolutions(services, watch, comparison)
        comparison = without_restorations(comparison, resolutions)
    comparison = with_source_checks(services, watch, comparison)
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
        ledger=pending.batch if pending else None,
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
    checked = with_failures(services, watch, checked, comparison)
    if services.archive.comparisons.commit(checked) is None:
        return CheckOutcome(watch, CheckState.BUSY, "another worker has judged it meanwhile")
    compared = f"revisions {before.revision.id} → {after.revision.id}"
    if comparison.is_of_one_revision:
        compared = f"{'what readers see' if comparison.is_rendered else 'images'} of revision {after.revision.id}"
    text = f"{compared}: {_count_findings(comparison)}{plan.summary}"
    is_reported = comparison.findings and services.writes_reports
    if is_reported and (problem := _write_report(services, watch, comparison, before, after)):
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
    if folder.is_symlink():  # whoever may write beside it would choose where reports go
        return f"{folder}: no report is written: this is a symbolic link; name the folder that it leads to"
    try:
        make_folder(folder)
        write_text(folder / report_file_name(comparison), page)
    except OSError as error:
        return f"{folder}: the report cannot be written ({error.strerror}); free or change the folder"
    return ""
