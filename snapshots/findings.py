"""Query stored findings for reviewers: pages, facet counts and single findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Text, bindparam, cast, func, literal, tuple_, union_all
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from snapshots import reviews
from snapshots.database import Repository, reads
from snapshots.finding_conditions import (
    FEWEST_HITS,
    conditions_of,
    is_narrow,
    non_facet_filters,
    rounded,
    sample,
    scan_in_parallel,
)
from snapshots.review_records import (
    EditPage,
    EditPosition,
    FacetCounts,
    FindingFilter,
    FindingRow,
    ReviewAction,
    ReviewedEdit,
    ReviewedFinding,
    ReviewRow,
    ReviewState,
    SortOrder,
)
from snapshots.rows import IDS_IN_STATEMENT, title_contains, to_article, to_record, to_revision
from snapshots.tables import ArticleRow, ComparisonRow, RevisionRow, UTCDateTime
from watcher.batching import batched
from watcher.errors import Missing
from watcher.model import Article, Severity
from watcher.model.vocabulary import RANKS

_MAX_VALUES: Final = 50  # of each facet beside the list
MOST_VALUES: Final = 200
"""Values of one facet that are listed on a page of their own."""
_MANY_EDITS: Final = 2_000  # of which a page is read in the order of an index
_FINDINGS_LOOKED_UP: Final = 500  # of a sample, for the number of edits
_FACETS: Final = ("state", "severity", "kind", "article_id", "section", "editor", "assignee")
_APART: Final = ("article_id", "section", "editor", "not_editor", "assignee")
_TOGETHER: Final = frozenset({"state", "severity", "kind"})
_TOGETHER_COLUMNS: Final = ("state", "kind", "rank")
_FACET_COLUMNS: Final = tuple("rank" if facet == "severity" else facet for facet in _FACETS)


_BEFORE, _AFTER = aliased(RevisionRow), aliased(RevisionRow)
# Built once: to adapt its columns to the aliases takes longer than to run it.
_BY_IDS: Final[Any] = (
    select(ReviewRow, FindingRow, ArticleRow)
    .add_columns(_BEFORE, _AFTER)
    .join(FindingRow, col(FindingRow.id) == col(ReviewRow.finding_id))
    .join(ArticleRow, col(ArticleRow.id) == col(ReviewRow.article_id))
    .join(ComparisonRow, col(ComparisonRow.id) == col(ReviewRow.comparison_id))
    .join(_BEFORE, col(_BEFORE.id) == col(ComparisonRow.before_id))
    .join(_AFTER, col(_AFTER.id) == col(ComparisonRow.after_id))
    .where(col(ReviewRow.finding_id).in_(bindparam("ids", expanding=True)))
)


def _loaded(session: Session, ids: Sequence[int]) -> list[ReviewedFinding]:
    if not ids:
        return []
    notes = Counter(
        event.finding_id
        for event in reviews.events_of(session, ids)
        if not event.undone and event.action is not ReviewAction.UNDO and event.note
    )
    return [
        to_record(
            ReviewedFinding,
            finding,
            row,
            article=to_article(owner),
            before=to_revision(old, to_article(owner)),
            after=to_revision(new, to_article(owner)),
            severity=Severity(finding.severity),
            section=tuple(finding.section),
            state=ReviewState(row.state),
            notes=notes[finding.id],
            queued_by=row.editor,
        )
        for row, finding, owner, old, new in session.exec(_BY_IDS, params={"ids": [*ids]})
    ]


def _counted_facets(
    session: Session, query: FindingFilter, names: Sequence[str], only: str, containing: str
) -> dict[str, dict[str, int]]:
    """Count the findings of each value (as text) of these facets, or of one whose values have some words, most first.

    In one statement, so that a search runs once.
    """
    at: Any = ReviewRow
    if filters := non_facet_filters(session, query):
        hits: Any = select(*[col(getattr(ReviewRow, name)) for name in _FACET_COLUMNS])
        at = hits.where(*filters).cte("hits").prefix_with("MATERIALIZED").c
    if only:
        named: Sequence[Any] = ()
        if containing and only == "article_id":  # by its title
            named = [at.article_id.in_(select(ArticleRow.id).where(title_contains(containing)))]
        elif containing:
            named = [func.lower(getattr(at, only)).contains(containing.lower(), autoescape=True)]
        parts = [_facet_query(session, query, at, only, named, MOST_VALUES)]
    else:
        grouped = at
        if at is ReviewRow:
            # Facets that have few values are counted from one pass over one index. What other facets choose is read
            # first, by their own indexes.
            rows: Any = ReviewRow
            columns: list[Any] = [getattr(rows, name) for name in _TOGETHER_COLUMNS]
            if conditions := conditions_of(session, query, at, without=_TOGETHER):
                every = rows.state.in_([state.value for state in ReviewState])  # with which the indexes begin
                chosen = select(*columns).where(every, *conditions).cte("chosen").prefix_with("MATERIALIZED")
                columns = [chosen.c[name] for name in _TOGETHER_COLUMNS]
            numbers = select_columns(*columns, func.count().label("n")).group_by(*columns)
            grouped = numbers.cte("grouped").prefix_with("MATERIALIZED").c
        parts = [_facet_query(session, query, grouped if name in _TOGETHER else at, name) for name in names]
    return _by_facet(session.connection().execute(union_all(*parts))) if parts else {}


def _estimated_facets(session: Session, query: FindingFilter) -> dict[str, dict[str, int]]:
    """Estimate the counts of those facets that most findings are left for, where there are many findings."""
    sampled = None if is_narrow(query) else sample(session, searching=bool(query.search))
    if sampled is None:
        return {}
    rows, weight = sampled
    columns: Any = select(*[getattr(rows, name) for name in _FACET_COLUMNS])
    hits = columns.where(*non_facet_filters(session, query, rows)).cte("hits").prefix_with("MATERIALIZED").c
    names = [name for name in _FACETS if name != "section"]
    parts = [_facet_query(session, query, hits, name) for name in names]
    values = session.connection().execute(union_all(*parts)).all()
    rows_of = {row.facet: row.of for row in values}
    # What fewer findings have is counted by its index, but not by another search through all texts.
    dense = query.search and rows_of.get("state", 0) >= FEWEST_HITS
    counts = _by_facet(row for row in values if dense or row.of >= FEWEST_HITS)
    return {
        name: {value: rounded(count * weight) for value, count in counts.get(name, {}).items()}
        for name in names
        if dense or name in counts
    }


def _by_facet(rows: Iterable[Any]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for facet, value, count, _ in sorted(rows, key=lambda row: (-row[2], row[1])):
        counts.setdefault(facet, {})[value] = int(count)  # PostgreSQL sums to a decimal
    return counts


def _facet_query(
    session: Session, query: FindingFilter, at: Any, facet: str, named: Sequence[Any] = (), limit: int = _MAX_VALUES
) -> Any:
    """Return the statement that counts the values of a facet; `at` may have numbers `n` of findings in place of them.

    Where no state is asked for, each is counted by itself: the indexes of the facets begin with it.
    """
    is_grouped = at is not ReviewRow and "n" in at
    value = at.rank // RANKS if facet == "severity" else getattr(at, facet)
    # What is grouped has been chosen by the other facets.
    without = {facet, *(_APART if is_grouped else ())}
    conditions = conditions_of(session, query, at, without=without, only_facets=at is not ReviewRow)
    count = func.sum(at.n) if is_grouped else func.count()
    by = [at.state, value] if at is ReviewRow and facet != "state" and len(query.states) != 1 else [value]
    parts: Any = select(value.label("value"), count.label("n")).where(value.is_not(None), *named, *conditions)
    each = parts.group_by(*by).subquery().c
    total = func.sum(each.n).label("n")
    rows: Any = select(
        literal(facet).label("facet"), cast(each.value, Text).label("value"), total, func.sum(total).over().label("of")
    )
    most = rows.group_by(each.value).order_by(total.desc(), each.value).limit(limit).subquery()
    return select(most)


def _walked(session: Session, query: FindingFilter, order: SortOrder) -> tuple[Any, list[Any]]:
    """Return the edits in the order of an index with the columns of that order: a page is read without all edits.

    An edit stands where its finding of the highest rank does.
    """
    row, other = ReviewRow, aliased(ReviewRow)
    same: Any = select(func.count()).where(other.edit_id == row.edit_id, *conditions_of(session, query, other))
    first = ("rank", "at") if order is SortOrder.WORST else ("at",)  # the edits of a series have several times
    own, others = (tuple_(*[getattr(at, name) for name in (*first, "finding_id")]) for at in (row, other))
    earlier = same.where(others > own).correlate(row).with_only_columns(literal(1)).exists()
    same = same.correlate(row)
    worst = same.with_only_columns(func.max(other.rank)).scalar_subquery().label("rank")
    findings = same.scalar_subquery().label("findings")
    edits: Any = select(col(row.edit_id).label("id"), worst, col(row.at), findings)
    key = [col(getattr(row, name)) for name in (*first, "edit_id")]
    return edits.where(*conditions_of(session, query), ~earlier), key


def _estimated_edits(session: Session, query: FindingFilter) -> int | None:
    """Estimate the number of edits that a filter chooses; None where they are few enough to be counted.

    Each finding of the sample is the part of an edit that one of its findings is.
    """
    narrow = is_narrow(query) or query.newer_than is not None
    sampled = None if narrow else sample(session, searching=bool(query.search))
    if sampled is None:
        return None
    rows, weight = sampled
    chosen: Any = select(rows.edit_id, rows.finding_id).where(*conditions_of(session, query, rows))
    hits = chosen.cte("hits").prefix_with("MATERIALIZED")
    other = aliased(ReviewRow)
    few = select(hits.c.edit_id).order_by(hits.c.finding_id % 8).limit(_FINDINGS_LOOKED_UP).subquery()
    same: Any = select(func.count()).where(other.edit_id == few.c.edit_id, *conditions_of(session, query, other))
    part: Any = select(func.avg(1.0 / same.correlate(few).scalar_subquery())).select_from(few)
    both = select(select(func.count()).select_from(hits).scalar_subquery(), part.scalar_subquery())
    count, share = session.connection().execute(both).one()
    return None if count < FEWEST_HITS or not share else rounded(count * weight * float(share))


def _worst_findings(session: Session, query: FindingFilter, edits: Sequence[int]) -> dict[int, ReviewedFinding]:
    """Read the finding of each edit that has the highest rank, of several the first in the article."""
    if not edits:  # a filter without edits would choose those of all
        return {}
    number = func.row_number().over(
        partition_by=col(ReviewRow.edit_id), order_by=[col(ReviewRow.rank).desc(), col(ReviewRow.finding_id)]
    )
    chosen = conditions_of(session, replace(query, edits=tuple(edits)))
    numbered = select(ReviewRow.finding_id, number.label("number")).where(*chosen).subquery()
    ids = session.exec(select(numbered.c.finding_id).where(numbered.c.number == 1)).all()
    return {finding.edit_id: finding for finding in _loaded(session, ids)}


class FindingRepository(Repository):
    """Stored findings with the state of their review."""

    @reads
    def edits(
        self,
        session: Session,
        query: FindingFilter,
        *,
        order: SortOrder = SortOrder.WORST,
        limit: int = 40,
        after: EditPosition | None = None,
        before: EditPosition | None = None,
    ) -> EditPage:
        """Find the first `limit` edits after a position in the queue, or the last ones before it.

        Pages are cut by key, not by number: what is decided on one page must not move edits past the next.
        """
        estimate = _estimated_edits(session, query)
        known = estimate
        # Of few findings, or of a search, the edits are counted while they are read.
        if estimate is None and not (is_narrow(query) or query.newer_than is not None or query.search):
            number: Any = select(func.count(func.distinct(ReviewRow.edit_id))).where(*conditions_of(session, query))
            known = int(session.exec(number).one())
        chosen: Any
        if known is None or known < _MANY_EDITS:
            edit_id, most = col(ReviewRow.edit_id), func.max(ReviewRow.rank).label("rank")
            edits: Any = select(
                edit_id.label("id"), most, func.max(ReviewRow.at).label("at"), func.count().label("findings")
            )
            edits = edits.where(*conditions_of(session, query)).group_by(edit_id).cte("edits")
            edits = edits.prefix_with("MATERIALIZED")
            key = [edits.c[name] for name in (("rank", "at", "id") if order is SortOrder.WORST else ("at", "id"))]
            chosen = select(edits)
            # A window over all edits takes SQLite four times as long as these counts.
            total: Any = select(func.count()).select_from(edits).scalar_subquery()
        else:
            chosen, key = _walked(session, query, order)
            total = literal(known)
        beyond: Any = literal(0)
        position = before or after
        if position is not None:
            values = [literal(position.rank), literal(position.at, UTCDateTime()), literal(position.id)]
            boundary = tuple_(*values[-len(key) :])
            passed = chosen.where(tuple_(*key) > boundary if before else tuple_(*key) >= boundary)
            beyond = select(func.count()).select_from(passed.subquery()).scalar_subquery()
            chosen = chosen.where(tuple_(*key) > boundary if before else tuple_(*key) < boundary)
        chosen = chosen.add_columns(total.label("total"), beyond.label("beyond"))
        chosen = chosen.order_by(*[column.asc() if before else column.desc() for column in key]).limit(limit)
        rows = session.connection().execute(chosen).all()
        rows = rows[::-1] if before else rows
        worst = _worst_findings(session, query, [row.id for row in rows])
        articles: dict[int, int] = {}
        if several := tuple(row.id for row in rows if row.findings > 1):
            counted: Any = select(ReviewRow.edit_id, func.count(func.distinct(ReviewRow.article_id)))
            counted = counted.where(*conditions_of(session, replace(query, edits=several)))
            articles = dict(session.exec(counted.group_by(ReviewRow.edit_id)).all())
        return EditPage(
            edits=tuple(
                ReviewedEdit(
                    id=row.id,
                    findings=row.findings,
                    worst=worst[row.id],
                    position=EditPosition(rank=row.rank, at=row.at, id=row.id),
                    articles=articles.get(row.id, 1),
                )
                for row in rows
                if row.id in worst
            ),
            total=rows[0].total if rows else 0,
            first=(rows[0].beyond + 1 - len(rows) * (before is not None)) if rows else 1,
            estimated=estimate is not None,
        )

    @reads
    def narrowed(self, session: Session, query: FindingFilter) -> FindingFilter:
        """Return the filter with what its search finds in place of the search, where that is little.

        A page of the queue asks several times; all texts are looked through once.
        """
        if not query.search:
            return query
        scan_in_parallel(session)
        if sampled := sample(session, searching=True):
            rows = select(func.count()).select_from(sampled[0]).where(*non_facet_filters(session, query, sampled[0]))
            if session.exec(rows).one() >= FEWEST_HITS:
                return query
        number = col(ReviewRow.finding_id)
        ids = session.exec(select(number).where(*non_facet_filters(session, query)).limit(IDS_IN_STATEMENT + 1)).all()
        few = len(ids) <= IDS_IN_STATEMENT
        return replace(query, search="", findings=tuple(ids) or (0,)) if few else query

    @reads
    def ids(self, session: Session, query: FindingFilter, limit: int) -> tuple[int, ...]:
        """List the ids of up to `limit` findings that a filter chooses, in the order of their edits."""
        number = col(ReviewRow.finding_id)
        return tuple(session.exec(select(number).where(*conditions_of(session, query)).order_by(number).limit(limit)))

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
        """Find the first `limit` findings that come after the finding `after` (its id) in this order.

        The key of `after` is looked up, so that no page has to be counted.
        """
        names = ("rank", "at", "finding_id") if order is SortOrder.WORST else ("at", "finding_id")
        key = [col(getattr(ReviewRow, name)) for name in names]
        chosen = select(ReviewRow.finding_id).where(*conditions_of(session, query))
        if after is not None:
            last = session.get(ReviewRow, after)
            if last is None:
                raise Missing(f"finding {after} is not stored: begin with the first page")
            chosen = chosen.where(tuple_(*key) < tuple(getattr(last, name) for name in names))
        ids = session.exec(chosen.order_by(*[item.desc() for item in key]).limit(limit)).all()
        result = {finding.id: finding for finding in _loaded(session, ids)}
        return tuple(result[number] for number in ids if number in result)

    @reads
    def facet_counts(
        self, session: Session, query: FindingFilter, *, facet: str = "", containing: str = ""
    ) -> FacetCounts:
        """Count the findings by each facet, the other facets being as asked.

        A facet is one pass over an index, or over what a search has hit. Of a named `facet`, the values that have some
        words in their name are counted, and more of them; the others are left out.
        """
        estimates = {} if facet else _estimated_facets(session, query)
        # Sections are counted within one article.
        names = [name for name in _FACETS if name not in estimates and (name != "section" or query.article is not None)]
        counts: dict[str, dict[str, int]] = {name: {} for name in _FACETS}
        counts |= estimates | _counted_facets(session, query, names, facet, containing)
        numbers = [int(name) for name in counts["article_id"]]  # as many as a facet has values at most
        owned: Any = select(ArticleRow.id, ArticleRow.wiki, ArticleRow.page_id, ArticleRow.title)
        rows = session.connection().execute(owned.where(col(ArticleRow.id).in_(numbers)))
        owners = {row.id: Article(wiki=row.wiki, page_id=row.page_id, title=row.title) for row in rows}
        asked = [state.value for state in query.states or ReviewState]
        total = sum(counts["state"].get(name, 0) for name in asked)
        return FacetCounts(
            total=rounded(total) if "state" in estimates else total,
            states={ReviewState(name): count for name, count in counts["state"].items()},
            severities={Severity(int(name)): count for name, count in sorted(counts["severity"].items(), reverse=True)},
            kinds=counts["kind"],
            articles=tuple((owners[int(name)], count) for name, count in counts["article_id"].items()),
            sections=counts["section"],
            editors=counts["editor"],
            assignees=counts["assignee"],
            estimated="state" in estimates,
        )

    @reads
    def newest_id(self, session: Session) -> int:
        """Return the id of the newest finding, 0 before the first."""
        return session.exec(select(func.max(ReviewRow.finding_id))).one() or 0

    @reads
    def edits_of(self, session: Session, ids: Sequence[int]) -> tuple[int, ...]:
        """List the edits that made these findings."""
        edits: set[int] = set()
        for group in batched(ids, IDS_IN_STATEMENT):
            chosen = select(ReviewRow.edit_id).where(col(ReviewRow.finding_id).in_(group))
            edits.update(session.exec(chosen.distinct()))
        return tuple(sorted(edits))

    @reads
    def load(self, session: Session, ids: Sequence[int]) -> tuple[ReviewedFinding, ...]:
        """Read these findings in the order of their ids; those that are not stored are left out."""
        return tuple(sorted(_loaded(session, ids), key=lambda finding: finding.id))

    @reads
    def get(self, session: Session, finding_id: int) -> ReviewedFinding:
        """Read one finding with the state of its review; Missing when it is not stored."""
        result = _loaded(session, [finding_id])
        if not result:
            raise Missing(f"finding {finding_id} is not stored")
        return result[0]
