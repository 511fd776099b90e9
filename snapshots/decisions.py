"""What a check decided becomes, in one transaction, texts, a comparison, findings, a moved cursor and queued alerts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select, update

from snapshots import mutes, outbox, pictures, reviews, revisions, told
from snapshots.articles import article_of, happened, row_of
from snapshots.rows import ArticleRow, ComparisonRow, FindingRow, RevisionRow
from snapshots.upsert import insert_once
from snapshots.values import Checked, Decision, Telling
from watcher.errors import Missing
from watcher.model import Article, Comparison, Finding, Severity


def commit(session: Session, checked: Checked) -> int | None:
    """Write all of `checked` or, when the cursor has been moved by somebody else or the lease was lost, nothing.

    The id of the comparison; 0 where there is none (a baseline); None when nothing was written.
    """
    owner = row_of(session, checked.article)
    if not _move_cursor(session, owner, checked):
        return None
    revisions.store(session, checked.article, checked.snapshots, checked.now)
    comparison_id = None
    if checked.before is not None and checked.comparison is not None:
        comparison_id = _store_comparison(session, owner, checked, checked.comparison)
    else:
        _stored_id(session, owner.wiki, checked.after.id)
    if checked.alert is None and checked.drafts:
        raise ValueError("drafts need the alert that they are to deliver")
    if not told.take_back(session, checked.replaced, checked.now):
        session.rollback()
        return None
    _tell(session, owner, checked, comparison_id)
    for event in checked.events:
        happened(session, checked.article, event.kind, event.detail, event.at, event.revision_id)
    return comparison_id or 0


def _tell(session: Session, owner: ArticleRow, checked: Checked, comparison_id: int | None) -> None:
    """Queue the alerts of a check and note what they tell, what is undone, and what mutes kept back."""
    tellings = checked.further
    if checked.alert is not None:
        tellings = (Telling(alert=checked.alert, drafts=checked.drafts, told=checked.told), *tellings)
    for one in tellings:
        alert_id = outbox.queue(session, one.alert, one.drafts, checked.now, comparison_id)
        if alert_id is not None:
            told.remember(session, owner.id, alert_id, one.told)
    told.resolve(session, checked.resolved, checked.now)
    if checked.before is not None:
        mutes.withhold(session, owner.id, checked.before.id, checked.muted)
    if checked.pictures is not None:
        pictures.keep(session, owner.id, checked.pictures)


def _move_cursor(session: Session, owner: ArticleRow, checked: Checked) -> bool:
    cursor = col(ArticleRow.cursor)
    expected = cursor.is_(None) if checked.before is None else cursor == checked.before.id
    moved = update(ArticleRow).where(col(ArticleRow.id) == owner.id, expected)
    if checked.owner is not None:  # the fence: in the statement itself, so that nobody can come between
        moved = moved.where(col(ArticleRow.lease_owner) == checked.owner)
    return session.exec(moved.values(cursor=checked.after.id)).rowcount == 1


def _stored_id(session: Session, wiki: str, revision_id: int) -> int:
    wanted = select(RevisionRow.id).where(col(RevisionRow.wiki) == wiki, col(RevisionRow.revision_id) == revision_id)
    found = session.exec(wanted).first()
    if found is None:
        raise Missing(f"revision {revision_id} of {wiki} is not stored: nothing was written")
    return found


def _store_comparison(session: Session, owner: ArticleRow, checked: Checked, comparison: Comparison) -> int:
    if checked.before is None:
        raise ValueError("a baseline has no comparison")
    pair = {
        "article_id": owner.id,
        "before_id": _stored_id(session, owner.wiki, checked.before.id),
        "after_id": _stored_id(session, owner.wiki, checked.after.id),
    }
    same = [col(getattr(ComparisonRow, name)) == value for name, value in pair.items()]
    known = session.exec(select(ComparisonRow).where(*same)).first()
    if known is not None:
        # A page that was deleted and restored passes the same revisions again. What happens to the pictures of
        # one revision is found bit by bit.
        if checked.before.id == checked.after.id:
            _add_findings(session, known, owner, checked, comparison)
        return known.id
    row = ComparisonRow(
        **pair,
        at=checked.now,
        parser=checked.parser,
        rules=checked.rules,
        worst=comparison.worst,
        unread=[{"reason": unread.reason, "section": list(unread.place.section)} for unread in comparison.unread],
    )
    session.add(row)
    session.flush()
    _add_findings(session, row, owner, checked, comparison)
    return row.id


def _add_findings(
    session: Session, row: ComparisonRow, owner: ArticleRow, checked: Checked, comparison: Comparison
) -> None:
    """Write the findings behind those that the comparison has already, and queue them for reviewers."""
    last = select(func.max(FindingRow.position)).where(col(FindingRow.comparison_id) == row.id)
    highest = session.exec(last).one()
    first = 0 if highest is None else highest + 1
    rows = [_columns(row.id, *placed) for placed in enumerate(comparison.findings, first)]
    insert_once(session, FindingRow, rows)
    silent = {first + position: mute_id for position, mute_id in checked.silent}
    editor = comparison.after.editor if comparison.after else checked.after.editor
    reviews.add(session, row, owner, reviews.New(first=first, at=checked.now, editor=editor, silent=silent))
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
        "section": list(finding.change.place.section),
        "summary": finding.summary,
        "body": finding.to_dict(),
    }


def comparisons(session: Session, article: Article, limit: int) -> tuple[Decision, ...]:
    """The comparisons of a page, newest first."""
    owner = row_of(session, article)
    before, after = aliased(RevisionRow), aliased(RevisionRow)
    count = select(func.count()).where(col(FindingRow.comparison_id) == col(ComparisonRow.id)).scalar_subquery()
    wanted = (
        select(ComparisonRow, before, after, count)
        .join(before, col(before.id) == col(ComparisonRow.before_id))
        .join(after, col(after.id) == col(ComparisonRow.after_id))
        .where(col(ComparisonRow.article_id) == owner.id)
        .order_by(col(ComparisonRow.id).desc())
        .limit(limit)
    )
    page = article_of(owner)
    return tuple(
        Decision(
            id=row.id,
            article=page,
            before=revisions.revision_of(old, page),
            after=revisions.revision_of(new, page),
            at=row.at,
            parser=row.parser,
            rules=row.rules,
            worst=None if row.worst is None else Severity(row.worst),
            findings=findings,
        )
        for row, old, new, findings in session.exec(wanted)
    )


def findings(session: Session, comparison_id: int) -> tuple[dict[str, Any], ...]:
    """The findings of a comparison in document order, in their JSON form with an `id`."""
    if session.get(ComparisonRow, comparison_id) is None:
        raise Missing(f"comparison {comparison_id} is not stored")
    rows = select(FindingRow).where(col(FindingRow.comparison_id) == comparison_id).order_by(col(FindingRow.position))
    return tuple({**row.body, "id": row.id} for row in session.exec(rows))
