"""Stored findings become the pages, the counts and the single findings that reviewers look up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import func, tuple_
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
_MOST_NAMED: Final = 20  # editors and sections that are counted by name
_GROUPED: Final = ("states", "severities", "kinds", "article")


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


def _conditions(session: Session, wanted: Wanted, *, without: Iterable[str] = ()) -> list[Any]:
    """The conditions of all facets but those `without`."""
    parts = {
        "states": _among(col(ReviewRow.state), [state.value for state in wanted.states]),
        "severities": [
            *_among(col(ReviewRow.severity), [int(level) for level in wanted.severities]),
            *([] if wanted.least is None else [col(ReviewRow.severity) >= int(wanted.least)]),
        ],
        "kinds": _kinds(wanted.kinds),
        "article": []
        if wanted.article is None
        else [col(ReviewRow.article_id) == _article_id(session, wanted.article)],
        "section": [] if wanted.section is None else [_within(wanted.section)],
        "editor": [] if wanted.editor is None else [col(ReviewRow.editor) == wanted.editor],
        "assignee": _assigned(wanted.assignee),
        "since": [] if wanted.since is None else [col(ReviewRow.at) > wanted.since],
        "comparison": [] if wanted.comparison is None else [col(ReviewRow.comparison_id) == wanted.comparison],
        "search": _search(session, wanted.search),
    }
    return [condition for name, conditions in parts.items() if name not in without for condition in conditions]


def _among(column: Any, values: Sequence[Any]) -> list[Any]:
    if not values:
        return []
    return [column == values[0] if len(values) == 1 else column.in_(values)]


def _kinds(names: Sequence[str]) -> list[Any]:
    if not names:
        return []
    kind = col(ReviewRow.kind)
    return [or_(*(kind == name if "." in name else kind.startswith(f"{name}.", autoescape=True) for name in names))]


def _within(section: str) -> Any:
    here = col(ReviewRow.section)
    if not section:
        return here == ""
    return or_(here == section, here.startswith(f"{section}{reviews.JOINED}", autoescape=True))


def _assigned(assignee: str | None) -> list[Any]:
    if assignee is None:
        return []
    return [col(ReviewRow.assignee) == assignee if assignee else col(ReviewRow.assignee).is_(None)]


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
    """How many findings there are by each facet.

    One pass over the grouped columns tells four facets, each under what the other three ask for.
    """
    columns = (col(ReviewRow.state), col(ReviewRow.severity), col(ReviewRow.kind), col(ReviewRow.article_id))
    grouped: Any = select(*columns).add_columns(func.count())
    grouped = grouped.where(*_conditions(session, wanted, without=_GROUPED)).group_by(*columns)
    groups = [(*key, count) for *key, count in session.exec(grouped)]
    tallies = _tallied(groups, wanted, None if wanted.article is None else _article_id(session, wanted.article))
    owners = {row.id: article_of(row) for row in session.exec(select(ArticleRow))}
    return Counts(
        total=tallies["total"][0],
        states={ReviewState(name): count for name, count in tallies["states"].most_common()},
        severities={Severity(level): count for level, count in sorted(tallies["severities"].items(), reverse=True)},
        kinds=dict(tallies["kinds"].most_common()),
        articles=tuple(
            (owners[number], count) for number, count in tallies["article"].most_common() if number in owners
        ),
        sections={} if wanted.article is None else _named(session, wanted, "section"),
        editors=_named(session, wanted, "editor"),
        assignees=_named(session, wanted, "assignee"),
    )


def _tallied(groups: Iterable[Any], wanted: Wanted, article_id: int | None) -> dict[str, Counter[Any]]:
    tallies: dict[str, Counter[Any]] = {name: Counter() for name in (*_GROUPED, "total")}
    states = {state.value for state in wanted.states}
    for state, severity, kind, article, count in groups:
        fits = (
            not states or state in states,
            (not wanted.severities or severity in wanted.severities)
            and (wanted.least is None or severity >= wanted.least),
            not wanted.kinds or kind in wanted.kinds or kind.partition(".")[0] in wanted.kinds,
            article_id is None or article == article_id,
        )
        for at, (name, value) in enumerate(zip(_GROUPED, (state, severity, kind, article), strict=True)):
            if all(fit for other, fit in enumerate(fits) if other != at):
                tallies[name][value] += count
        if all(fits):
            tallies["total"][0] += count
    return tallies


def _named(session: Session, wanted: Wanted, facet: str) -> dict[str, int]:
    """The most frequent values of a column, with how many findings have each."""
    column = col(getattr(ReviewRow, facet))
    rows = (
        select(column, func.count())
        .where(*_conditions(session, wanted, without=[facet]), column.is_not(None))
        .group_by(column)
        .order_by(func.count().desc(), column)
        .limit(_MOST_NAMED)
    )
    return dict(session.exec(rows).all())
