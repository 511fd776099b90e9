"""Turn a filter of the review queue into conditions on its rows, and on a sample of them where they are many.

Counts over many findings are estimated from the sample: a search need not look through all texts three times.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import func, literal_column, tablesample, text
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, or_, select

from snapshots.records import PATH_SEPARATOR
from snapshots.review_records import FindingFilter, ReviewRow
from snapshots.rows import row_id
from snapshots.tables import ArticleRow
from watcher.errors import Missing
from watcher.model import Article

FEWEST_HITS: Final = 500
"""What fewer rows of the sample have is counted exactly: there are few of them in the table too."""
SAMPLED_ROWS: Final = 10_000
LOOKED_UP_ROWS: Final = 6_000  # in SQLite, which reads them one by one
FEWEST_ROWS: Final = 20 * SAMPLED_ROWS
FEWEST_SEARCHED: Final = 5 * SAMPLED_ROWS
_PRIME: Final = 104_729  # findings are drawn without regard to their place in an edit
_SEED: Final = "1"  # the same pages each time: a count that changes means that findings changed

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
    """Return the conditions of all facets but those `without`, of which hits may lack the columns.

    `at` has the columns: the table or hits.
    """
    chosen: list[Any] = []
    if query.states and "state" not in without:
        chosen += _in(at.state, [state.value for state in query.states])
    if query.severities and "severity" not in without:  # by the rank, which the indexes are sorted by
        chosen.append(or_(*(at.rank.between(level.lowest_rank, level.highest_rank) for level in query.severities)))
    if query.minimum_severity is not None and "severity" not in without:
        chosen.append(at.rank >= query.minimum_severity.lowest_rank)
    if query.kinds and "kind" not in without:
        begins = at.kind.startswith
        named = (at.kind == kind if "." in kind else begins(f"{kind}.", autoescape=True) for kind in query.kinds)
        chosen.append(or_(*named))
    if query.article is not None and "article_id" not in without:
        owner = 0
        with suppress(Missing):
            owner = row_id(session, Article(wiki=query.article[0], page_id=query.article[1], title=""))
        chosen.append(at.article_id == owner)
    if query.section is not None and "section" not in without:
        below = at.section.startswith(f"{query.section}{PATH_SEPARATOR}", autoescape=True)
        chosen.append(or_(at.section == query.section, below) if query.section else at.section == "")
    if query.editor is not None and "editor" not in without:
        chosen.append(at.editor == query.editor)
    if query.not_editor is not None and "not_editor" not in without:
        chosen.append(at.editor.is_distinct_from(query.not_editor))
    if query.assignee is not None and "assignee" not in without:
        chosen.append(at.assignee == (query.assignee or None))
    return chosen if only_facets else [*chosen, *non_facet_filters(session, query, at)]


def non_facet_filters(session: Session, query: FindingFilter, at: Any = ReviewRow) -> list[Any]:
    """Return the conditions that are no facets: the time, the comparison, and the words of a search.

    Each word or "quoted phrase" must occur somewhere; of articles the titles of today count.
    """
    terms = [" ".join((phrase or word).split()) for phrase, word in _TERM.findall(query.search.casefold())][:_MAX_TERMS]
    titles = session.exec(select(ArticleRow.id, ArticleRow.title)).all() if terms else []
    # All texts are looked through, which takes a quarter less time than with LIKE.
    position = func.strpos if session.connection().dialect.name == "postgresql" else func.instr
    words = []
    for term in terms:
        in_words = position(at.words, term) > 0
        titled = [number for number, title in titles if term in title.casefold()]
        words.append(or_(in_words, at.article_id.in_(titled)) if titled else in_words)
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


def is_narrow(query: FindingFilter) -> bool:
    """Whether a filter names so few findings that they can be counted."""
    return bool(query.edits or query.findings) or query.comparison is not None


def sample(session: Session, *, searching: bool) -> tuple[Any, float] | None:
    """Return a part of the review rows, and how many rows one of them stands for.

    None where the table is small or was not analysed yet; SQLite counts all but what a search finds.
    """
    connection, table = session.connection(), ReviewRow.metadata.tables["review"]
    if connection.dialect.name != "postgresql":
        count: int = (
            connection.execute(select_columns(func.count()).select_from(table)).scalar_one() if searching else 0
        )
        if count < FEWEST_SEARCHED:
            return None
        step = max(1, count // LOOKED_UP_ROWS)
        number = table.c.finding_id
        ids = select_columns(number).where(number * 7919 % _PRIME % step == 0)
        return aliased(ReviewRow, select_columns(table).where(number.in_(ids)).subquery("sampled")), float(step)
    known = "SELECT reltuples FROM pg_class WHERE oid = to_regclass('review')"
    rows = float(connection.execute(text(known)).scalar() or 0)
    if rows < (FEWEST_SEARCHED if searching else FEWEST_ROWS):
        return None
    pages = tablesample(
        table,
        func.system(min(100.0, 100 * SAMPLED_ROWS / rows)),
        name="sampled",
        seed=literal_column(_SEED),
    )
    sampled = connection.execute(select_columns(func.count()).select_from(pages)).scalar_one()
    # Not SAMPLED_ROWS: the pages are drawn one by one, and their number varies by some percent.
    return (aliased(ReviewRow, pages), max(1.0, rows / sampled)) if sampled else None


def scan_in_parallel(session: Session) -> None:
    """Let PostgreSQL share the scans of this transaction among several processes.

    It takes every third row for a hit of a search, expects to be done soon, and would look through all rows of a rare
    word in one process. Small tables have one anyway.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        for cost in ("parallel_setup_cost", "parallel_tuple_cost"):
            connection.execute(text(f"SET LOCAL {cost} = 0"))


def rounded(count: float) -> int:
    """Round an estimate to two digits, so that nobody takes it for a count."""
    return int(float(f"{count:.2g}"))
