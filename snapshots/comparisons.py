"""Commit a check in one transaction: texts, comparison, findings, cursor and queued alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select, update

from snapshots import images, mutes, outbox, reviews, revisions, sent_facts
from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.events import record_event
from snapshots.records import CheckResult, ComparisonRecord, OutgoingAlert
from snapshots.rows import get_row, to_article, to_revision
from snapshots.tables import ArticleRow, ComparisonRow, FindingRow, RevisionRow
from watcher.errors import Missing
from watcher.model import Article, Comparison, Finding, Severity
from watcher.model.changes import editors_of


def _queue_alerts(session: Session, owner: ArticleRow, result: CheckResult, comparison_id: int | None) -> None:
    """Queue the alerts of a check and note what they tell, what is undone, and what mutes kept back."""
    alerts = result.alerts
    if result.alert is not None:
        alerts = (OutgoingAlert(alert=result.alert, deliveries=result.deliveries, facts=result.facts), *alerts)
    for alert in alerts:
        alert_id = outbox.queue(session, alert.alert, alert.deliveries, result.now, comparison_id)
        if alert_id is not None:
            sent_facts.record(session, owner.id, alert_id, alert.facts)
    sent_facts.resolve(session, result.resolved_facts, result.now)
    if result.before is not None:
        mutes.record_suppressed(session, owner.id, result.before.id, result.suppressing_mutes)
    if result.images is not None:
        images.save(session, owner.id, result.images)


def _move_cursor(session: Session, owner: ArticleRow, result: CheckResult) -> bool:
    cursor = col(ArticleRow.cursor)
    expected = cursor.is_(None) if result.before is None else cursor == result.before.id
    moved = update(ArticleRow).where(col(ArticleRow.id) == owner.id, expected)
    if result.owner is not None:  # the fence: in the statement itself, so that nobody can come between
        moved = moved.where(col(ArticleRow.lease_owner) == result.owner)
    return session.exec(moved.values(cursor=result.after.id)).rowcount == 1


def _stored_id(session: Session, wiki: str, revision_id: int) -> int:
    requested = select(RevisionRow.id).where(col(RevisionRow.wiki) == wiki, col(RevisionRow.revision_id) == revision_id)
    result = session.exec(requested).first()
    if result is None:
        raise Missing(f"revision {revision_id} of {wiki} is not stored: nothing was written")
    return result


def _store_comparison(session: Session, owner: ArticleRow, result: CheckResult, comparison: Comparison) -> int:
    if result.before is None:
        raise ValueError("a baseline has no comparison")
    pair = {
        "article_id": owner.id,
        "before_id": _stored_id(session, owner.wiki, result.before.id),
        "after_id": _stored_id(session, owner.wiki, result.after.id),
    }
    same = [col(getattr(ComparisonRow, name)) == value for name, value in pair.items()]
    known = session.exec(select(ComparisonRow).where(*same)).first()
    if known is not None:
        # A page that was deleted and restored passes the same revisions again. What happens to the pictures of
        # one revision is found bit by bit.
        if result.before.id == result.after.id:
            _add_findings(session, known, owner, result, comparison)
        return known.id
    row = ComparisonRow(
        **pair,
        at=result.now,
        parser=result.parser,
        rules=result.rules,
        worst=comparison.worst,
        unread=[{"reason": unread.reason, "section": list(unread.location.section)} for unread in comparison.unread],
    )
    session.add(row)
    session.flush()
    _add_findings(session, row, owner, result, comparison)
    return row.id


def _add_findings(
    session: Session, row: ComparisonRow, owner: ArticleRow, result: CheckResult, comparison: Comparison
) -> None:
    """Write the findings behind those that the comparison has already, and queue them for reviewers."""
    last = select(func.max(FindingRow.position)).where(col(FindingRow.comparison_id) == row.id)
    highest = session.exec(last).one()
    first = 0 if highest is None else highest + 1
    rows = [_columns(row.id, *placed) for placed in enumerate(comparison.findings, first)]
    insert_or_ignore(session, FindingRow, rows)
    muted = {first + position: mute_id for position, mute_id in result.muted_findings}
    last_editor = comparison.after.editor if comparison.after else result.after.editor
    editors = [editors_of(finding.edits) if finding.edits else last_editor for finding in comparison.findings]
    reviews.enqueue(
        session,
        row,
        owner,
        reviews.NewFindings(first=first, at=result.now, editors=editors, muted_findings=muted),
    )
    if row.worst is None or (comparison.worst is not None and comparison.worst > row.worst):
        row.worst = comparison.worst
        session.add(row)


def _columns(comparison_id: int, position: int, finding: Finding) -> dict[str, Any]:
    return {
        "comparison_id": comparison_id,
        "position": position,
        "kind": finding.change.kind.value,
        "rule": finding.rule,
        "severity": int(finding.severity),
        "section": list(finding.change.location.section),
        "summary": finding.summary,
        "body": finding.to_dict(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """When an article was edited; and for each judged revision and severity, how many findings there were."""

    edits: tuple[datetime, ...]
    findings: tuple[tuple[datetime, Severity, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """A finding in the words of a list; `position` counts from 0 in document order."""

    id: int
    comparison_id: int
    position: int
    kind: str
    severity: Severity
    section: tuple[str, ...]
    summary: str


def _headline(row: FindingRow) -> StoredFinding:
    return StoredFinding(
        id=row.id,
        comparison_id=row.comparison_id,
        position=row.position,
        kind=row.kind,
        severity=Severity(row.severity),
        section=tuple(row.section),
        summary=row.summary,
    )


def _select_comparisons(session: Session, conditions: Sequence[Any], limit: int) -> tuple[ComparisonRecord, ...]:
    before, after = aliased(RevisionRow), aliased(RevisionRow)
    count = select(func.count()).where(col(FindingRow.comparison_id) == col(ComparisonRow.id)).scalar_subquery()
    requested: Any = (  # five columns with a count are more than SQLModel has overloads for
        select(ComparisonRow, ArticleRow, before, after)
        .add_columns(count)
        .join(ArticleRow, col(ArticleRow.id) == col(ComparisonRow.article_id))
        .join(before, col(before.id) == col(ComparisonRow.before_id))
        .join(after, col(after.id) == col(ComparisonRow.after_id))
        .where(*conditions)
        .order_by(col(ComparisonRow.id).desc())
        .limit(limit)
    )
    return tuple(
        ComparisonRecord(
            id=row.id,
            article=to_article(owner),
            before=to_revision(old, to_article(owner)),
            after=to_revision(new, to_article(owner)),
            at=row.at,
            parser=row.parser,
            rules=row.rules,
            worst=None if row.worst is None else Severity(row.worst),
            findings=findings,
        )
        for row, owner, old, new, findings in session.exec(requested)
    )


class ComparisonRepository(Repository):
    """What checks decided: comparisons with their findings."""

    @writes
    def commit(self, session: Session, result: CheckResult) -> int | None:
        """Write all that a check decided, or nothing: texts, comparison, findings, cursor and queued alerts.

        The id of the comparison, 0 where there is none to store (a baseline), None when somebody else moved
        the cursor away from `result.before` or has the page's lease by now: then nothing was written.
        """
        owner = get_row(session, result.article)
        if not _move_cursor(session, owner, result):
            return None
        revisions.store(session, result.article, result.snapshots, result.now)
        comparison_id = None
        if result.before is not None and result.comparison is not None:
            comparison_id = _store_comparison(session, owner, result, result.comparison)
        else:
            _stored_id(session, owner.wiki, result.after.id)
        if result.alert is None and result.deliveries:
            raise ValueError("drafts need the alert that they are to deliver")
        if not sent_facts.supersede(session, result.superseded, result.now):
            session.rollback()
            return None
        _queue_alerts(session, owner, result, comparison_id)
        for event in result.events:
            record_event(session, result.article, event.kind, event.detail, event.at, event.revision_id)
        return comparison_id or 0

    @reads
    def of_article(self, session: Session, article: Article, limit: int = 100) -> tuple[ComparisonRecord, ...]:
        """The stored comparisons of a page, newest first."""
        owner = get_row(session, article)
        before, after = aliased(RevisionRow), aliased(RevisionRow)
        count = select(func.count()).where(col(FindingRow.comparison_id) == col(ComparisonRow.id)).scalar_subquery()
        requested = (
            select(ComparisonRow, before, after, count)
            .join(before, col(before.id) == col(ComparisonRow.before_id))
            .join(after, col(after.id) == col(ComparisonRow.after_id))
            .where(col(ComparisonRow.article_id) == owner.id)
            .order_by(col(ComparisonRow.id).desc())
            .limit(limit)
        )
        page = to_article(owner)
        return tuple(
            ComparisonRecord(
                id=row.id,
                article=page,
                before=to_revision(old, page),
                after=to_revision(new, page),
                at=row.at,
                parser=row.parser,
                rules=row.rules,
                worst=None if row.worst is None else Severity(row.worst),
                findings=findings,
            )
            for row, old, new, findings in session.exec(requested)
        )

    @reads
    def recent(self, session: Session, limit: int) -> tuple[ComparisonRecord, ...]:
        """The newest comparisons of all articles that found something, newest first."""
        return _select_comparisons(session, [col(ComparisonRow.worst).is_not(None)], limit)

    @reads
    def get(self, session: Session, comparison_id: int) -> ComparisonRecord:
        """One stored comparison."""
        result = _select_comparisons(session, [col(ComparisonRow.id) == comparison_id], 1)
        if not result:
            raise Missing(f"comparison {comparison_id} is not stored")
        return result[0]

    @reads
    def between(self, session: Session, wiki: str, before_id: int, after_id: int) -> ComparisonRecord | None:
        """The stored comparison of two revisions (the wiki's ids); None where there is none."""
        ids = dict(
            session.exec(
                select(RevisionRow.revision_id, RevisionRow.id).where(
                    col(RevisionRow.wiki) == wiki, col(RevisionRow.revision_id).in_([before_id, after_id])
                )
            ).all()
        )
        pair = [
            col(ComparisonRow.before_id) == ids.get(before_id, 0),
            col(ComparisonRow.after_id) == ids.get(after_id, 0),
        ]
        return next(iter(_select_comparisons(session, pair, 1)), None)

    @reads
    def activity(self, session: Session, article: Article) -> Activity:
        """When a page was edited, and how many findings of each severity its edits gave."""
        owner = get_row(session, article)
        at = col(RevisionRow.at)
        edits = select(at).where(col(RevisionRow.article_id) == owner.id).order_by(at)
        result = (
            select(at, col(FindingRow.severity), func.count())
            .join(ComparisonRow, col(ComparisonRow.after_id) == col(RevisionRow.id))
            .join(FindingRow, col(FindingRow.comparison_id) == col(ComparisonRow.id))
            .where(col(ComparisonRow.article_id) == owner.id)
            .group_by(at, col(FindingRow.severity))
            .order_by(at, col(FindingRow.severity))
        )
        return Activity(
            edits=tuple(session.exec(edits)),
            findings=tuple((when, Severity(severity), number) for when, severity, number in session.exec(result)),
        )

    @reads
    def findings(self, session: Session, comparison_id: int) -> tuple[dict[str, Any], ...]:
        """The findings of a comparison in document order: their JSON form with an `id`."""
        if session.get(ComparisonRow, comparison_id) is None:
            raise Missing(f"comparison {comparison_id} is not stored")
        rows = (
            select(FindingRow).where(col(FindingRow.comparison_id) == comparison_id).order_by(col(FindingRow.position))
        )
        return tuple({**row.body, "id": row.id} for row in session.exec(rows))

    @reads
    def stored_finding(self, session: Session, finding_id: int) -> StoredFinding:
        """One stored finding in the words of a list."""
        row = session.get(FindingRow, finding_id)
        if row is None:
            raise Missing(f"finding {finding_id} is not stored")
        return _headline(row)

    @reads
    def stored_findings_of(
        self, session: Session, comparison_ids: Sequence[int], each: int
    ) -> dict[int, tuple[StoredFinding, ...]]:
        """The `each` worst findings of every comparison asked for, worst first, else in document order."""
        rank = func.row_number().over(
            partition_by=col(FindingRow.comparison_id),
            order_by=(col(FindingRow.severity).desc(), col(FindingRow.position)),
        )
        ranked = (
            select(col(FindingRow.id).label("id"), rank.label("rank"))
            .where(col(FindingRow.comparison_id).in_(comparison_ids))
            .subquery()
        )
        requested = (
            select(FindingRow)
            .join(ranked, ranked.c.id == col(FindingRow.id))
            .where(ranked.c.rank <= each)
            .order_by(col(FindingRow.comparison_id), ranked.c.rank)
        )
        result: dict[int, tuple[StoredFinding, ...]] = {}
        for row in session.exec(requested):
            result[row.comparison_id] = (*result.get(row.comparison_id, ()), _headline(row))
        return result
