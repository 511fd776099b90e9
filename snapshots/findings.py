"""Query stored findings for reviewers: pages, facet counts and single findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Text, cast, func, literal, tuple_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from snapshots import reviews
from snapshots.database import Repository, reads
from snapshots.records import FacetCounts, FindingFilter, ReviewAction, ReviewedFinding, ReviewState, SortOrder
from snapshots.rows import to_article, to_revision
from snapshots.tables import ArticleRow, ComparisonRow, FindingRow, ReviewRow, RevisionRow
from watcher.errors import Missing
from watcher.model import Severity

_MOST_TERMS: Final = 8
_MOST_NAMED: Final = 50  # values of one facet that are counted
_FACETS: Final = ("state", "severity", "kind", "article_id", "section", "editor", "assignee")


def _loaded(session: Session, ids: Sequence[int]) -> list[ReviewedFinding]:
    before, after = aliased(RevisionRow), aliased(RevisionRow)
    requested: Any = (  # more tables than SQLModel has overloads for
        select(ReviewRow, FindingRow, ArticleRow)
        .add_columns(before, after)
        .join(FindingRow, col(FindingRow.id) == col(ReviewRow.finding_id))
        .join(ArticleRow, col(ArticleRow.id) == col(ReviewRow.article_id))
        .join(ComparisonRow, col(ComparisonRow.id) == col(ReviewRow.comparison_id))
        .join(before, col(before.id) == col(ComparisonRow.before_id))
        .join(after, col(after.id) == col(ComparisonRow.after_id))
        .where(col(ReviewRow.finding_id).in_(ids))
    )
    notes = Counter(
        step.finding_id
        for step in reviews.events_of(session, ids)
        if not step.undone and step.action is not ReviewAction.UNDO and step.note
    )
    return [
        ReviewedFinding(
            id=finding.id,
            comparison_id=finding.comparison_id,
            position=finding.position,
            article=to_article(owner),
            before=to_revision(old, to_article(owner)),
            after=to_revision(new, to_article(owner)),
            at=row.at,
            kind=finding.kind,
            rule=finding.rule,
            severity=Severity(finding.severity),
            section=tuple(finding.section),
            summary=finding.summary,
            state=ReviewState(row.state),
            reason=row.reason,
            assignee=row.assignee,
            notes=notes[finding.id],
            muted_by=row.muted_by,
            body=finding.body,
        )
        for row, finding, owner, old, new in session.exec(requested)
    ]


def _conditions(session: Session, query: FindingFilter, at: Any = ReviewRow, *, without: str = "") -> list[Any]:
    """The conditions of all facets but the one `without`; `at` has the columns: the table, or hits chosen from it."""
    parts = {
        "state": _in(at.state, [state.value for state in query.states]),
        "severity": [
            *_in(at.severity, [int(level) for level in query.severities]),
            *([] if query.minimum_severity is None else [at.severity >= int(query.minimum_severity)]),
        ],
        "kind": _kinds(at.kind, query.kinds),
        "article_id": [] if query.article is None else [at.article_id == _article_id(session, query.article)],
        "section": [] if query.section is None else [_section_filter(at.section, query.section)],
        "editor": [] if query.editor is None else [at.editor == query.editor],
        "assignee": _assignee_filter(at.assignee, query.assignee),
    }
    chosen = [condition for name, conditions in parts.items() if name != without for condition in conditions]
    return chosen if at is not ReviewRow else [*chosen, *_non_facet_filters(session, query)]


def _non_facet_filters(session: Session, query: FindingFilter) -> list[Any]:
    """The conditions that are no facets: when it was found, in which comparison, and what a search looks for."""
    return [
        *([] if query.since is None else [col(ReviewRow.at) > query.since]),
        *([] if query.comparison is None else [col(ReviewRow.comparison_id) == query.comparison]),
        *_search(session, query.search),
    ]


def _in(column: Any, values: Sequence[Any]) -> list[Any]:
    if not values:
        return []
    return [column == values[0] if len(values) == 1 else column.in_(values)]


def _kinds(kind: Any, names: Sequence[str]) -> list[Any]:
    if not names:
        return []
    return [or_(*(kind == name if "." in name else kind.startswith(f"{name}.", autoescape=True) for name in names))]


def _section_filter(current: Any, section: str) -> Any:
    if not section:
        return current == ""
    return or_(current == section, current.startswith(f"{section}{reviews.JOINED}", autoescape=True))


def _assignee_filter(column: Any, assignee: str | None) -> list[Any]:
    if assignee is None:
        return []
    return [column == assignee if assignee else column.is_(None)]


def _article_id(session: Session, article: tuple[str, int]) -> int:
    wiki, page_id = article
    known = select(ArticleRow.id).where(col(ArticleRow.wiki) == wiki, col(ArticleRow.page_id) == page_id)
    return session.exec(known).first() or 0


def _search(session: Session, text: str) -> list[Any]:
    """Each word must stand somewhere; the titles are asked as they are now, for articles are moved."""
    terms = text.casefold().split()[:_MOST_TERMS]
    titles = session.exec(select(ArticleRow.id, ArticleRow.title)).all() if terms else []
    result = []
    for term in terms:
        other = col(ReviewRow.words).contains(term, autoescape=True)
        named = [number for number, title in titles if term in title.casefold()]
        result.append(or_(other, col(ReviewRow.article_id).in_(named)) if named else other)
    return result


def _facet_values(session: Session, query: FindingFilter, at: Any) -> dict[str, dict[str, int]]:
    """The values of every facet as text, with how many findings have each, the most frequent first.

    One statement, so that what a search has hit is looked for once. Sections are those of one article.
    """
    tallies: dict[str, dict[str, int]] = {name: {} for name in _FACETS}
    asked = [name for name in _FACETS if name != "section" or query.article is not None]
    parts = [_facet_query(session, query, at, name) for name in asked]
    rows = session.connection().execute(union_all(*parts))
    for facet, value, count in sorted(rows, key=lambda row: (-row[2], row[1])):
        tallies[facet][value] = count
    return tallies


def _facet_query(session: Session, query: FindingFilter, at: Any, facet: str) -> Any:
    column = getattr(at, facet)
    count = func.count().label("n")
    rows: Any = select(literal(facet).label("facet"), cast(column, Text).label("value"), count)
    rows = rows.where(column.is_not(None), *_conditions(session, query, at, without=facet)).group_by(column)
    most = rows.order_by(count.desc(), column).limit(_MOST_NAMED).subquery()
    return select(most.c.facet, most.c.value, most.c.n)


class FindingRepository(Repository):
    """Stored findings with the state of their review."""

    @reads
    def search(
        self,
        session: Session,
        query: FindingFilter,
        *,
        order: SortOrder = SortOrder.WORST,
        limit: int = 50,
        after: int | None = None,
    ) -> tuple[ReviewedFinding, ...]:
        """A page of findings: the first `limit` that come after the finding `after` (its id) in this order."""
        names = ("severity", "at", "finding_id") if order is SortOrder.WORST else ("at", "finding_id")
        key = [col(getattr(ReviewRow, name)) for name in names]
        chosen = select(ReviewRow.finding_id).where(*_conditions(session, query))
        if after is not None:
            last = session.get(ReviewRow, after)
            if last is None:
                raise Missing(f"finding {after} is not stored: begin with the first page")
            chosen = chosen.where(tuple_(*key) < tuple(getattr(last, name) for name in names))
        ids = session.exec(chosen.order_by(*[item.desc() for item in key]).limit(limit)).all()
        result = {finding.id: finding for finding in _loaded(session, ids)}
        return tuple(result[number] for number in ids if number in result)

    @reads
    def facet_counts(self, session: Session, query: FindingFilter) -> FacetCounts:
        """How many findings there are by each facet, the other facets being as wanted."""
        at: Any = ReviewRow
        if beside := _non_facet_filters(session, query):
            columns: Any = select(*[col(getattr(ReviewRow, name)) for name in _FACETS])
            at = columns.where(*beside).cte("hits").prefix_with("MATERIALIZED").c
        tallies = _facet_values(session, query, at)
        owners = {row.id: to_article(row) for row in session.exec(select(ArticleRow))}
        asked = [state.value for state in query.states or ReviewState]
        return FacetCounts(
            total=sum(tallies["state"].get(name, 0) for name in asked),
            states={ReviewState(name): count for name, count in tallies["state"].items()},
            severities={
                Severity(int(name)): count for name, count in sorted(tallies["severity"].items(), reverse=True)
            },
            kinds=tallies["kind"],
            articles=tuple((owners[int(name)], count) for name, count in tallies["article_id"].items()),
            sections=tallies["section"],
            editors=tallies["editor"],
            assignees=tallies["assignee"],
        )

    @reads
    def get(self, session: Session, finding_id: int) -> ReviewedFinding:
        """One finding with where its review stands."""
        result = _loaded(session, [finding_id])
        if not result:
            raise Missing(f"finding {finding_id} is not stored")
        return result[0]
