"""The stored comparisons become what review pages look up: one by its id, the newest of all, and their headlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from snapshots.articles import article_of
from snapshots.revisions import revision_of
from snapshots.rows import ArticleRow, ComparisonRow, FindingRow, RevisionRow
from snapshots.values import Decision
from watcher.errors import Missing
from watcher.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A finding in the words of a list; `position` counts from 0 in document order."""

    id: int
    comparison_id: int
    position: int
    kind: str
    severity: Severity
    section: tuple[str, ...]
    summary: str


def recent(session: Session, limit: int) -> tuple[Decision, ...]:
    """The newest comparisons of all articles that found something, newest first."""
    return _decisions(session, [col(ComparisonRow.worst).is_not(None)], limit)


def comparison(session: Session, comparison_id: int) -> Decision:
    """One stored comparison; Missing when there is none of that id."""
    found = _decisions(session, [col(ComparisonRow.id) == comparison_id], 1)
    if not found:
        raise Missing(f"comparison {comparison_id} is not stored")
    return found[0]


def comparison_of(session: Session, wiki: str, before_id: int, after_id: int) -> Decision | None:
    """The comparison of two revisions (the wiki's ids); None where it was never stored."""
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
    return next(iter(_decisions(session, pair, 1)), None)


def headline(session: Session, finding_id: int) -> Headline:
    """One stored finding; Missing when there is none of that id."""
    row = session.get(FindingRow, finding_id)
    if row is None:
        raise Missing(f"finding {finding_id} is not stored")
    return _headline(row)


def headlines(session: Session, comparison_ids: Sequence[int], each: int) -> dict[int, tuple[Headline, ...]]:
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
    wanted = (
        select(FindingRow)
        .join(ranked, ranked.c.id == col(FindingRow.id))
        .where(ranked.c.rank <= each)
        .order_by(col(FindingRow.comparison_id), ranked.c.rank)
    )
    found: dict[int, tuple[Headline, ...]] = {}
    for row in session.exec(wanted):
        found[row.comparison_id] = (*found.get(row.comparison_id, ()), _headline(row))
    return found


def _headline(row: FindingRow) -> Headline:
    return Headline(
        id=row.id,
        comparison_id=row.comparison_id,
        position=row.position,
        kind=row.kind,
        severity=Severity(row.severity),
        section=tuple(row.section),
        summary=row.summary,
    )


def _decisions(session: Session, conditions: Sequence[Any], limit: int) -> tuple[Decision, ...]:
    before, after = aliased(RevisionRow), aliased(RevisionRow)
    count = select(func.count()).where(col(FindingRow.comparison_id) == col(ComparisonRow.id)).scalar_subquery()
    wanted: Any = (  # five columns with a count are more than SQLModel has overloads for
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
        Decision(
            id=row.id,
            article=article_of(owner),
            before=revision_of(old, article_of(owner)),
            after=revision_of(new, article_of(owner)),
            at=row.at,
            parser=row.parser,
            rules=row.rules,
            worst=None if row.worst is None else Severity(row.worst),
            findings=findings,
        )
        for row, owner, old, new, findings in session.exec(wanted)
    )
