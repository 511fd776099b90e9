"""Query stored findings for reviewers: pages of the queue, facet counts and single findings."""

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Text, bindparam, cast, func, literal, tuple_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from snapshots import reviews
from snapshots.database import Repository, reads
from snapshots.queries import IDS_IN_STATEMENT, row_id, title_contains, to_article, to_record, to_revision
from snapshots.records import PATH_SEPARATOR
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
from snapshots.tables import ArticleRow, ComparisonRow, RevisionRow, UTCDateTime
from watcher.errors import Missing
from watcher.model import Article, Severity
from watcher.model.vocabulary import RANKS

_MAX_VALUES: Final = 50  # how many values of each facet are listed beside the findings
MAX_PAGE_VALUES: Final = 200
"""How many values of one facet are listed on its own page."""
_FACETS: Final = ("state", "severity", "kind", "article_id", "section", "editor", "assignee")
_MAX_TERMS: Final = 8
_TERM: Final = re.compile(r'["“„]([^"“”]*[^"“”\s][^"“”]*)["”“]|(\S+)')

_BEFORE, _AFTER = aliased(RevisionRow), aliased(RevisionRow)
# Built once: adapting its columns to the aliases takes longer than running it.
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


def _conditions_of(
    session: Session, query: FindingFilter, at: Any = ReviewRow, *, without: str = "", only_facets: bool = False
) -> list[Any]:
    """Return the conditions of the filter, except that of the facet `without`.

    `at` holds the columns: the table, or the hits of a search. Those have only the facets' columns (`only_facets`).
    """
    chosen: list[Any] = []
    if query.states and without != "state":
        chosen += _in(at.state, [state.value for state in query.states])
    if query.severities and without != "severity":  # by rank, because the indexes are sorted by it
        chosen.append(or_(*(at.rank.between(level.lowest_rank, level.highest_rank) for level in query.severities)))
    if query.minimum_severity is not None and without != "severity":
        chosen.append(at.rank >= query.minimum_severity.lowest_rank)
    if query.kinds and without != "kind":
        begins = at.kind.startswith
        named = (at.kind == kind if "." in kind else begins(f"{kind}.", autoescape=True) for kind in query.kinds)
        chosen.append(or_(*named))
    if query.article is not None and without != "article_id":
        owner = 0
        with suppress(Missing):
            owner = row_id(session, Article(wiki=query.article[0], page_id=query.article[1], title=""))
        chosen.append(at.article_id == owner)
    if query.section is not None and without not in ("section", "article_id"):  # another has its own
        below = at.section.startswith(f"{query.section}{PATH_SEPARATOR}", autoescape=True)
        chosen.append(or_(at.section == query.section, below) if query.section else at.section == "")
    if query.editor is not None and without != "editor":
        chosen.append(at.editor == query.editor)
    if query.not_editor is not None:
        chosen.append(at.editor.is_distinct_from(query.not_editor))
    if query.assignee is not None and without != "assignee":
        chosen.append(at.assignee == (query.assignee or None))
    return chosen if only_facets else [*chosen, *_non_facet_filters(session, query, at)]


def _non_facet_filters(session: Session, query: FindingFilter, at: Any = ReviewRow) -> list[Any]:
    """Return the conditions of the filter that are not facets: times, ids, the comparison, and the search.

    Each word or "quoted phrase" of the search must occur somewhere; articles match by their current titles.
    """
    terms = [" ".join((phrase or word).split()) for phrase, word in _TERM.findall(query.search)][:_MAX_TERMS]
    # Every text is scanned; that takes a quarter less time than LIKE.
    position = func.strpos if session.connection().dialect.name == "postgresql" else func.instr
    words = []
    for term in terms:
        titled = select(ArticleRow.id).where(title_contains(term))  # a subquery: there may be too many ids to pass
        words.append(or_(position(at.words, term.casefold()) > 0, at.article_id.in_(titled)))
    return [
        *([] if query.since is None else [at.at > query.since]),
        *([] if query.until is None else [at.at < query.until]),
        *_in(at.edit_id, query.edits),
        *_in(at.finding_id, query.findings),
        *([] if query.newer_than is None else [at.finding_id > query.newer_than]),
        *([] if query.comparison is None else [at.comparison_id == query.comparison]),
        *words,
    ]


def _in(column: Any, values: Sequence[Any]) -> list[Any]:
    if not values:
        return []
    return [column == values[0] if len(values) == 1 else column.in_(values)]


def _loaded(session: Session, ids: Sequence[int]) -> list[ReviewedFinding]:
    """Read findings in the order of their ids in `ids`; leave out those that are not stored."""
    if not ids:
        return []
    notes = Counter(
        event.finding_id
        for event in reviews.events_of(session, ids)
        if not event.undone and event.action is not ReviewAction.UNDO and event.note
    )
    findings = {
        finding.id: to_record(
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
    }
    return [findings[number] for number in ids if number in findings]


def _counted_facets(
    session: Session, query: FindingFilter, names: Sequence[str], only: str, containing: str
) -> dict[str, dict[str, int]]:
    """Count findings by the values (as text) of these facets, or of `only` those that match `containing`; most first.

    One statement counts all facets, so that a search runs only once.
    """
    at: Any = ReviewRow
    if filters := _non_facet_filters(session, query):
        columns = [col(getattr(ReviewRow, "rank" if facet == "severity" else facet)) for facet in _FACETS]
        hits: Any = select(*columns)
        at = hits.where(*filters).cte("hits").prefix_with("MATERIALIZED").c
    named: list[Any] = []
    if containing and only == "article_id":  # matched by the title, not the id
        named = [at.article_id.in_(select(ArticleRow.id).where(title_contains(containing)))]
    elif containing:
        named = [func.lower(getattr(at, only)).contains(containing.lower(), autoescape=True)]
    parts = []
    for facet in [only] if only else names:
        value = at.rank // RANKS if facet == "severity" else getattr(at, facet)
        conditions = _conditions_of(session, query, at, without=facet, only_facets=at is not ReviewRow)
        count = func.count().label("n")
        chosen: Any = select(literal(facet).label("facet"), cast(value, Text).label("value"), count)
        chosen = chosen.where(value.is_not(None), *named, *conditions).group_by(value).order_by(count.desc(), value)
        most = None if facet == "section" else MAX_PAGE_VALUES if only else _MAX_VALUES
        parts.append(select(chosen.limit(most).subquery()))
    counts: dict[str, dict[str, int]] = {}
    rows = session.connection().execute(union_all(*parts)).all()
    for facet, text, number in sorted(rows, key=lambda row: (-row.n, row.value)):
        counts.setdefault(facet, {})[text] = number
    return counts


def _worst_findings(session: Session, query: FindingFilter, edits: Sequence[int]) -> dict[int, ReviewedFinding]:
    """Map each edit to its finding of the highest rank; of equal ones, to the first in the article."""
    if not edits:  # a filter with no edits would match all edits
        return {}
    number = func.row_number().over(
        partition_by=col(ReviewRow.edit_id), order_by=[col(ReviewRow.rank).desc(), col(ReviewRow.finding_id)]
    )
    chosen = _conditions_of(session, replace(query, edits=tuple(edits)))
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
        """Return the first `limit` edits after a position in the queue, or the last `limit` ones before it.

        Pages are cut by key, not by offset, so that decisions on one page do not shift edits past the next one.
        """
        edit_id, most = col(ReviewRow.edit_id), func.max(ReviewRow.rank).label("rank")
        grouped: Any = select(
            edit_id.label("id"), most, func.max(ReviewRow.at).label("at"), func.count().label("findings")
        )
        edits = grouped.where(*_conditions_of(session, query)).group_by(edit_id).cte("edits")
        edits = edits.prefix_with("MATERIALIZED")
        key = [edits.c[name] for name in (("rank", "at", "id") if order is SortOrder.WORST else ("at", "id"))]
        chosen: Any = select(edits)
        # With a window function over all edits, SQLite takes four times as long as with these counts.
        total: Any = select(func.count()).select_from(edits).scalar_subquery()
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
            counted = counted.where(*_conditions_of(session, replace(query, edits=several)))
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
        )

    @reads
    def narrowed(self, session: Session, query: FindingFilter) -> FindingFilter:
        """Return the filter with the ids that its search finds in place of the search, if they are few.

        A page of the queue takes several queries; with this, only the first one scans all texts.
        """
        if not query.search:
            return query
        number = col(ReviewRow.finding_id)
        ids = session.exec(select(number).where(*_non_facet_filters(session, query)).limit(IDS_IN_STATEMENT + 1)).all()
        is_short = len(ids) <= IDS_IN_STATEMENT
        return replace(query, search="", findings=tuple(ids) or (0,)) if is_short else query

    @reads
    def ids(self, session: Session, query: FindingFilter, limit: int) -> tuple[int, ...]:
        """List the ids of up to `limit` findings that match a filter, in ascending order."""
        number = col(ReviewRow.finding_id)
        return tuple(session.exec(select(number).where(*_conditions_of(session, query)).order_by(number).limit(limit)))

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
        """Return the first `limit` matching findings in this order, after the one with the id `after` if given.

        Paging by the key of `after` needs no offset. Raise Missing if that finding is not stored.
        """
        names = ("rank", "at", "finding_id") if order is SortOrder.WORST else ("at", "finding_id")
        key = [col(getattr(ReviewRow, name)) for name in names]
        chosen = select(ReviewRow.finding_id).where(*_conditions_of(session, query))
        if after is not None:
            last = session.get(ReviewRow, after)
            if last is None:
                raise Missing(f"finding {after} is not stored: begin with the first page")
            chosen = chosen.where(tuple_(*key) < tuple(getattr(last, name) for name in names))
        return tuple(_loaded(session, session.exec(chosen.order_by(*[item.desc() for item in key]).limit(limit)).all()))

    @reads
    def facet_counts(
        self, session: Session, query: FindingFilter, *, facet: str = "", containing: str = ""
    ) -> FacetCounts:
        """Count the matching findings by each facet; the filter's own condition on that facet does not apply to it.

        Each facet takes one pass over an index, or over the hits of a search. If a `facet` is named, count only its
        values, more of them, and only those whose names contain `containing`.
        """
        # Sections are only counted within one article.
        names = [name for name in _FACETS if name != "section" or query.article is not None]
        counts: dict[str, dict[str, int]] = {name: {} for name in _FACETS}
        counts |= _counted_facets(session, query, names, facet, containing)
        numbers = [int(name) for name in counts["article_id"]]  # bounded by the limit on a facet's values
        article_query: Any = select(ArticleRow.id, ArticleRow.wiki, ArticleRow.page_id, ArticleRow.title)
        rows = session.connection().execute(article_query.where(col(ArticleRow.id).in_(numbers)))
        articles = {row.id: to_article(row) for row in rows}
        sections = Counter[str]()  # each with its parts, which are chosen with it
        for name, number in counts["section"].items():
            path = name.split(PATH_SEPARATOR)
            within = (PATH_SEPARATOR.join(path[:depth]) for depth in range(1, len(path) + 1))
            sections.update({section: number for section in within if section in counts["section"]})
        states = [state.value for state in query.states or ReviewState]
        total = sum(counts["state"].get(name, 0) for name in states)
        unassigned = total - sum(counts["assignee"].values())
        if facet == "assignee" or query.assignee is not None:  # the total is unknown, or is that of one assignee
            unassigned_conditions = _conditions_of(session, replace(query, assignee=""))
            unassigned = session.exec(select(func.count()).select_from(ReviewRow).where(*unassigned_conditions)).one()
        return FacetCounts(
            total=total,
            unassigned=unassigned,
            states={ReviewState(name): count for name, count in counts["state"].items()},
            severities={Severity(int(name)): count for name, count in sorted(counts["severity"].items(), reverse=True)},
            kinds=counts["kind"],
            articles=tuple((articles[int(name)], count) for name, count in counts["article_id"].items()),
            sections=dict(sections.most_common(MAX_PAGE_VALUES)),
            editors=counts["editor"],
            assignees=counts["assignee"],
        )

    @reads
    def newest_id(self, session: Session) -> int:
        """Return the id of the newest finding, or 0 if there is none."""
        return session.exec(select(func.max(ReviewRow.finding_id))).one() or 0

    @reads
    def edits_of(self, session: Session, ids: Sequence[int]) -> tuple[int, ...]:
        """List the ids of the edits in the queue to which these findings belong."""
        chosen = select(ReviewRow.edit_id).where(col(ReviewRow.finding_id).in_(ids))
        return tuple(sorted(session.exec(chosen.distinct())))

    @reads
    def load(self, session: Session, ids: Sequence[int]) -> tuple[ReviewedFinding, ...]:
        """Read these findings in the order of their ids; leave out those that are not stored."""
        return tuple(_loaded(session, sorted(ids)))

    @reads
    def get(self, session: Session, finding_id: int) -> ReviewedFinding:
        """Read one finding with the state of its review; raise Missing if it is not stored."""
        result = _loaded(session, [finding_id])
        if not result:
            raise Missing(f"finding {finding_id} is not stored")
        return result[0]
