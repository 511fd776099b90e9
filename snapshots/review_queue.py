"""Stored findings become the pages, the counts and the single findings that reviewers look up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Text, cast, func, literal, tuple_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from snapshots import reviews
from snapshots.articles import article_of
from snapshots.review_rows import ReviewRow
from snapshots.review_values import Counts, Deed, Order, Reviewed, ReviewState, Wanted
from snapshots.revisions import revision_of
from snapshots.rows import ArticleRow, ComparisonRow, FindingRow, RevisionRow
from watcher.errors import Missing
from watcher.model import Severity

_MOST_TERMS: Final = 8
_MOST_NAMED: Final = 50  # values of one facet that are counted
_FACETS: Final = ("state", "severity", "kind", "article_id", "section", "editor", "assignee")


def page(session: Session, wanted: Wanted, order: Order, limit: int, after: int | None) -> tuple[Reviewed, ...]:
    """The first `limit` findings that come after the finding `after`; its key is looked up, so no page is counted."""
    names = ("severity", "at", "finding_id") if order is Order.WORST else ("at", "finding_id")
    key = [col(getattr(ReviewRow, name)) for name in names]
    chosen = select(ReviewRow.finding_id).where(*_conditions(session, wanted))
    if after is not None:
        last = session.get(ReviewRow, after)
        if last is None:
            raise Missing(f"finding {after} is not stored: begin with the first page")
        chosen = chosen.where(tuple_(*key) < tuple(getattr(last, name) for name in names))
    ids = session.exec(chosen.order_by(*[one.desc() for one in key]).limit(limit)).all()
    found = {one.id: one for one in _loaded(session, ids)}
    return tuple(found[number] for number in ids if number in found)


def one(session: Session, finding_id: int) -> Reviewed:
    """One finding; Missing when there is none of that id."""
    found = _loaded(session, [finding_id])
    if not found:
        raise Missing(f"finding {finding_id} is not stored")
    return found[0]


def _loaded(session: Session, ids: Sequence[int]) -> list[Reviewed]:
    before, after = aliased(RevisionRow), aliased(RevisionRow)
    wanted: Any = (  # more tables than SQLModel has overloads for
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
        for step in reviews.steps(session, ids)
        if not step.undone and step.deed is not Deed.UNDO and step.note
    )
    return [
        Reviewed(
            id=finding.id,
            comparison_id=finding.comparison_id,
            position=finding.position,
            article=article_of(owner),
            before=revision_of(old, article_of(owner)),
            after=revision_of(new, article_of(owner)),
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
        for row, finding, owner, old, new in session.exec(wanted)
    ]


def _conditions(session: Session, wanted: Wanted, at: Any = ReviewRow, *, without: str = "") -> list[Any]:
    """The conditions of all facets but the one `without`; `at` has the columns: the table, or hits chosen from it."""
    parts = {
        "state": _among(at.state, [state.value for state in wanted.states]),
        "severity": [
            *_among(at.severity, [int(level) for level in wanted.severities]),
            *([] if wanted.least is None else [at.severity >= int(wanted.least)]),
        ],
        "kind": _kinds(at.kind, wanted.kinds),
        "article_id": [] if wanted.article is None else [at.article_id == _article_id(session, wanted.article)],
        "section": [] if wanted.section is None else [_within(at.section, wanted.section)],
        "editor": [] if wanted.editor is None else [at.editor == wanted.editor],
        "assignee": _assigned(at.assignee, wanted.assignee),
    }
    chosen = [condition for name, conditions in parts.items() if name != without for condition in conditions]
    return chosen if at is not ReviewRow else [*chosen, *_beside(session, wanted)]


def _beside(session: Session, wanted: Wanted) -> list[Any]:
    """The conditions that are no facets: when it was found, in which comparison, and what a search looks for."""
    return [
        *([] if wanted.since is None else [col(ReviewRow.at) > wanted.since]),
        *([] if wanted.comparison is None else [col(ReviewRow.comparison_id) == wanted.comparison]),
        *_search(session, wanted.search),
    ]


def _among(column: Any, values: Sequence[Any]) -> list[Any]:
    if not values:
        return []
    return [column == values[0] if len(values) == 1 else column.in_(values)]


def _kinds(kind: Any, names: Sequence[str]) -> list[Any]:
    if not names:
        return []
    return [or_(*(kind == name if "." in name else kind.startswith(f"{name}.", autoescape=True) for name in names))]


def _within(here: Any, section: str) -> Any:
    if not section:
        return here == ""
    return or_(here == section, here.startswith(f"{section}{reviews.JOINED}", autoescape=True))


def _assigned(column: Any, assignee: str | None) -> list[Any]:
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
    found = []
    for term in terms:
        there = col(ReviewRow.words).contains(term, autoescape=True)
        named = [number for number, title in titles if term in title.casefold()]
        found.append(or_(there, col(ReviewRow.article_id).in_(named)) if named else there)
    return found


def counts(session: Session, wanted: Wanted) -> Counts:
    """How many findings there are by each facet; a facet is one pass over an index, or over what a search has hit."""
    at: Any = ReviewRow
    if beside := _beside(session, wanted):
        columns: Any = select(*[col(getattr(ReviewRow, name)) for name in _FACETS])
        at = columns.where(*beside).cte("hits").prefix_with("MATERIALIZED").c
    tallies = _tallies(session, wanted, at)
    owners = {row.id: article_of(row) for row in session.exec(select(ArticleRow))}
    asked = [state.value for state in wanted.states or ReviewState]
    return Counts(
        total=sum(tallies["state"].get(name, 0) for name in asked),
        states={ReviewState(name): count for name, count in tallies["state"].items()},
        severities={Severity(int(name)): count for name, count in sorted(tallies["severity"].items(), reverse=True)},
        kinds=tallies["kind"],
        articles=tuple((owners[int(name)], count) for name, count in tallies["article_id"].items()),
        sections=tallies["section"],
        editors=tallies["editor"],
        assignees=tallies["assignee"],
    )


def _tallies(session: Session, wanted: Wanted, at: Any) -> dict[str, dict[str, int]]:
    """The values of every facet as text, with how many findings have each, the most frequent first.

    One statement, so that what a search has hit is looked for once. Sections are those of one article.
    """
    tallies: dict[str, dict[str, int]] = {name: {} for name in _FACETS}
    asked = [name for name in _FACETS if name != "section" or wanted.article is not None]
    parts = [_tally(session, wanted, at, name) for name in asked]
    rows = session.connection().execute(union_all(*parts))
    for facet, value, count in sorted(rows, key=lambda row: (-row[2], row[1])):
        tallies[facet][value] = count
    return tallies


def _tally(session: Session, wanted: Wanted, at: Any, facet: str) -> Any:
    column = getattr(at, facet)
    count = func.count().label("n")
    rows: Any = select(literal(facet).label("facet"), cast(column, Text).label("value"), count)
    rows = rows.where(column.is_not(None), *_conditions(session, wanted, at, without=facet)).group_by(column)
    most = rows.order_by(count.desc(), column).limit(_MOST_NAMED).subquery()
    return select(most.c.facet, most.c.value, most.c.n)
