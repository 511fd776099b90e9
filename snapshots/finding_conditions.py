"""Turn a filter of the review queue into conditions on its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, or_, select

from snapshots import reviews
from snapshots.review_records import FindingFilter
from snapshots.review_tables import ReviewRow
from snapshots.rows import row_id
from snapshots.tables import ArticleRow
from watcher.errors import Missing
from watcher.model import Article
from watcher.model.vocabulary import RANKS

_MAX_TERMS: Final = 8
_TERM: Final = re.compile(r'["“„]([^"“”]*[^"“”\s][^"“”]*)["”“]|(\S+)')


def conditions_of(
    session: Session,
    query: FindingFilter,
    at: Any = ReviewRow,
    *,
    without: Collection[str] = (),
    only_facets: bool = False,
) -> list[Any]:
    """Return the conditions of all facets but those `without`; `at` has the columns: the table or hits."""
    parts: dict[str, Callable[[], list[Any]]] = {
        "state": lambda: _in(at.state, [state.value for state in query.states]),
        "severity": lambda: _severities(at.rank, query),
        "kind": lambda: _kinds(at.kind, query.kinds),
        "article_id": lambda: [at.article_id == _article_id(session, *query.article)] if query.article else [],
        "section": lambda: [] if query.section is None else [_section_filter(at.section, query.section)],
        "editor": lambda: [] if query.editor is None else [at.editor == query.editor],
        "not_editor": lambda: [] if query.not_editor is None else [at.editor.is_distinct_from(query.not_editor)],
        "assignee": lambda: [] if query.assignee is None else [at.assignee == (query.assignee or None)],
    }
    chosen = [condition for name, conditions in parts.items() if name not in without for condition in conditions()]
    return chosen if only_facets else [*chosen, *non_facet_filters(session, query, at)]


def non_facet_filters(session: Session, query: FindingFilter, at: Any = ReviewRow) -> list[Any]:
    """Return the conditions that are no facets: the time, the comparison, and the words of a search."""
    return [
        *([] if query.since is None else [at.at > query.since]),
        *([] if query.until is None else [at.at < query.until]),
        *_in(at.edit_id, query.edits),
        *_in(at.finding_id, query.findings),
        *([] if query.newer_than is None else [at.finding_id > query.newer_than]),
        *([] if query.comparison is None else [at.comparison_id == query.comparison]),
        *_search(session, query.search, at),
    ]


def _article_id(session: Session, wiki: str, page_id: int) -> int:
    try:
        return row_id(session, Article(wiki=wiki, page_id=page_id, title=""))
    except Missing:
        return 0


def _in(column: Any, values: Sequence[Any]) -> list[Any]:
    if not values:
        return []
    return [column == values[0] if len(values) == 1 else column.in_(values)]


def _severities(rank: Any, query: FindingFilter) -> list[Any]:
    """Return the conditions for severities as ranges of the rank, which the indexes are sorted by."""
    ranges = [rank.between(level.lowest_rank, level.highest_rank) for level in query.severities]
    least = query.minimum_severity
    return [*([or_(*ranges)] if ranges else []), *([] if least is None else [rank >= least.lowest_rank])]


def facet_column(at: Any, facet: str) -> Any:
    """Return the values of a facet; severities are counted as the rank's tens."""
    return at.rank // RANKS if facet == "severity" else getattr(at, facet)


def _kinds(kind: Any, names: Sequence[str]) -> list[Any]:
    if not names:
        return []
    return [or_(*(kind == name if "." in name else kind.startswith(f"{name}.", autoescape=True) for name in names))]


def _section_filter(current: Any, section: str) -> Any:
    if not section:
        return current == ""
    return or_(current == section, current.startswith(f"{section}{reviews.JOINED}", autoescape=True))


def _search(session: Session, text: str, at: Any) -> list[Any]:
    """Return a condition for each word or "quoted phrase", which must occur somewhere.

    Of articles the titles of today count.
    """
    terms = [" ".join((phrase or word).split()) for phrase, word in _TERM.findall(text.casefold())][:_MAX_TERMS]
    titles = session.exec(select(ArticleRow.id, ArticleRow.title)).all() if terms else []
    # All texts are looked through, which takes a quarter less time than with LIKE.
    position = func.strpos if session.connection().dialect.name == "postgresql" else func.instr
    result = []
    for term in terms:
        in_words = position(at.words, term) > 0
        titled = [number for number, title in titles if term in title.casefold()]
        result.append(or_(in_words, at.article_id.in_(titled)) if titled else in_words)
    return result


def is_narrow(query: FindingFilter) -> bool:
    """Whether a filter names so few findings that they can be counted."""
    return bool(query.edits or query.findings) or query.comparison is not None
