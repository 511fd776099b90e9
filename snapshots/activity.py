"""The stored revisions and findings of an article become its activity: when it was edited, what was found when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from snapshots.articles import row_of
from snapshots.rows import ComparisonRow, FindingRow, RevisionRow
from watcher.model import Article, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """When an article was edited; and for each judged revision and severity, how many findings there were."""

    edits: tuple[datetime, ...]
    findings: tuple[tuple[datetime, Severity, int], ...]


def activity(session: Session, article: Article) -> Activity:
    """The activity of a registered page, oldest first; Missing for another."""
    owner = row_of(session, article)
    at = col(RevisionRow.at)
    edits = select(at).where(col(RevisionRow.article_id) == owner.id).order_by(at)
    found = (
        select(at, col(FindingRow.severity), func.count())
        .join(ComparisonRow, col(ComparisonRow.after_id) == col(RevisionRow.id))
        .join(FindingRow, col(FindingRow.comparison_id) == col(ComparisonRow.id))
        .where(col(ComparisonRow.article_id) == owner.id)
        .group_by(at, col(FindingRow.severity))
        .order_by(at, col(FindingRow.severity))
    )
    return Activity(
        edits=tuple(session.exec(edits)),
        findings=tuple((when, Severity(severity), number) for when, severity, number in session.exec(found)),
    )
