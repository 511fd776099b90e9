"""Serve the timelines of an article from the ledger: what it stated when, by which edit, on which source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from snapshots import Archive, FindingFilter, SortOrder
from watcher.errors import Corrupt
from watcher.model import Article, Dialect, Revision, Severity, Statistic
from watcher.model.ledger import Timeline
from watcher.report.charts import (
    StatisticSeries,
    build_series,
    sparkline,
    statistic_charts,
)
from watcher.report.history import find_timelines
from watcher.services.ledger import read_timelines
from watcher.text import single_line
from watcher.web.dependencies import AddressedArticle, Context, PageRouter, WebContext
from watcher.web.rendering import sentence_of

_MOST_DRAWN: Final = 24
_MOST_LISTED: Final = 200
_MOST_LOOKED_AT: Final = 1_000
_MOST_PERIODS: Final = 60
_WEEKLY: Final = timedelta(weeks=26)  # a longer time is shown by months
_LONGEST_WORDS: Final = 200
RANGES: Final = {"30d": ("30 days", 30), "1y": ("1 year", 365), "all": ("All", None)}
"""The times that a reader can choose: how they are called in an address and on the page, and how many days."""

router = PageRouter()


@dataclass(frozen=True, slots=True)
class ArticleTimelines:
    """The timelines of an article over `read` of its `total` stored revisions, up to the revision `newest`."""

    article: Article
    read: int
    total: int
    newest: Revision | None
    timelines: tuple[Timeline, ...]
    courses: tuple[StatisticSeries, ...]
    at: datetime

    @property
    def complete(self) -> bool:
        """Whether the edits of all stored revisions are recorded."""
        return self.read >= self.total


def timelines_of(context: WebContext, article: Article) -> ArticleTimelines:
    """Return the timelines of an article now. Raises Missing, Corrupt, StoreError."""
    archive = context.archive
    progress, stored = archive.ledger.progress(article), archive.revisions.ids(article)
    known = (progress.revision_id, progress.edits, progress.texts) if progress else (None, 0, 0)
    dialect, index_url = context.dialect(article.wiki), context.index_urls.get(article.wiki)
    counted = (sum(stored.values()), len(stored))
    return _timelines(archive, article, dialect, index_url, context.services.now, known, counted)


@lru_cache(maxsize=8)  # to read a long article takes seconds
def _timelines(
    archive: Archive,
    article: Article,
    dialect: Dialect,
    index_url: str | None,
    now: Callable[[], datetime],
    known: tuple[int | None, int, int],
    counted: tuple[int, int],
) -> ArticleTimelines:
    """Read the ledger, `known` up to a revision with its edits and texts; `counted` are all texts and revisions."""
    (revision_id, _, read), (texts, total) = known, counted
    timelines = read_timelines(archive, article, dialect)
    return ArticleTimelines(
        article,
        total if read >= texts else read,
        total,
        archive.revisions.snapshot(article.wiki, revision_id).revision if revision_id else None,
        timelines,
        build_series(timelines, index_url),
        now(),
    )


def course_and_sparkline(
    context: WebContext, article: Article, after: Revision, finding: Mapping[str, Any]
) -> tuple[StatisticSeries | None, Markup | None]:
    """Return the statistic of a stored finding (its JSON form) as `after` states it, or stated it last, and its course.

    Nothing for what is no statistic, and where the ledger does not have it or is damaged.
    """
    side = finding.get("new") or finding.get("old")
    if not str(finding.get("kind")).startswith("statistic.") or not side:
        return None, None
    try:
        reading = timelines_of(context, article)
    except Corrupt:
        return None, None
    words = single_line(sentence_of(finding, "new" if finding.get("new") else "old"), 400)
    reported = single_line(str(side.get("text", "")), 120)
    for course in reading.courses:
        for episode in course.timeline.episodes:
            ended = episode.ended.at if episode.ended else after.at
            if (
                isinstance(episode.element, Statistic)
                and episode.revision.at <= after.at <= ended
                and single_line(episode.element.quantity.text, 120) == reported
                and single_line(episode.sentence, 400) == words
            ):
                return course, sparkline(course, reading.at)
    return None, None


@dataclass(frozen=True, slots=True)
class TimelineChoice:
    """What a reader chose: words that statistics are about, or some statistics, and the time."""

    words: str
    elements: tuple[int, ...]
    range: str

    @classmethod
    def read(
        cls,
        statistic: str = "",
        element: Annotated[list[int], Query()] = [],  # noqa: B006  FastAPI copies it
        range: str = "all",  # noqa: A002  its name in the address
    ) -> TimelineChoice:
        """Return the choice in the query of an address; a range that does not exist is all of the time."""
        elements = tuple(dict.fromkeys(element))[:_MOST_DRAWN]
        return cls(statistic.strip()[:_LONGEST_WORDS], elements, range if range in RANGES else "all")

    def url(self, path: str, range_name: str = "", element: int | None = None) -> str:
        """Return the address of the same choice, with another range, or of one statistic alone."""
        elements = self.elements if element is None else (element,)
        query = [("statistic", self.words)] if self.words and element is None else []
        query += [("element", str(number)) for number in elements]
        chosen = range_name or self.range
        query += [("range", chosen)] if chosen != "all" else []
        return f"{path}?{urlencode(query)}" if query else path

    def start(self, now: datetime) -> datetime | None:
        """Return when the time begins; None for all of it."""
        days = RANGES[self.range][1]
        return now - timedelta(days=days) if days else None

    def of(self, reading: ArticleTimelines) -> Sequence[StatisticSeries]:
        """Return the chosen elements, those about the words, or all; those that changed most often first."""
        if self.elements:
            by_number = {series.timeline.number: series for series in reading.courses}
            return [by_number[number] for number in self.elements if number in by_number]
        timelines = find_timelines(reading.timelines, self.words) if self.words else reading.timelines
        numbers = {timeline.number for timeline in timelines}
        chosen = [series for series in reading.courses if series.timeline.number in numbers]
        return sorted(
            chosen, key=lambda series: (not series.timeline.is_current, -series.steps, series.timeline.number)
        )


Chosen = Annotated[TimelineChoice, Depends(TimelineChoice.read)]


@router.page("/article/{wiki}/{page_id}/timeline")
def timeline_page(article: AddressedArticle, context: Context, choice: Chosen) -> HTMLResponse:
    """Return the charts of the statistics about some words (or of some elements), or the list of all of them.

    What readers saw changed through other pages is listed apart: the newest findings that no edit of the article made.
    """
    reading, now = timelines_of(context, article), context.now()
    chosen, start = choice.of(reading), choice.start(now)
    few = bool(choice.words or choice.elements)
    shown = chosen[:_MOST_DRAWN] if few else ()
    listed = chosen[len(shown) :][:_MOST_LISTED]
    index = context.index_urls.get(article.wiki)
    stored = context.archive.comparisons.activity(article)
    charts, flat = statistic_charts(shown, now, start)
    query = FindingFilter(states=(), article=(article.wiki, article.page_id), since=start, search=choice.words)
    newest = context.archive.findings.search(query, order=SortOrder.NEWEST, limit=_MOST_LOOKED_AT)
    return context.page(
        "timeline.html",
        language=context.languages.get(article.wiki, ""),
        article=article,
        reading=reading,
        choice=choice,
        ranges={name: label for name, (label, _) in RANGES.items()},
        charts=charts,
        flat=flat,
        drawn=len(shown),
        listed=[(course, sparkline(course, reading.at)) for course in listed],
        left_out=len(chosen) - len(shown) - len(listed),
        matching=few,
        rendered=[finding for finding in newest if finding.body.get("through")][:_MOST_LISTED],
        activity=() if few else activity_rows(stored.edits, stored.findings, start),
        article_url=f"{index}?curid={article.page_id}" if index else None,
    )


def activity_rows(
    edits: Iterable[datetime], findings: Iterable[tuple[datetime, Severity, int]], start: datetime | None = None
) -> list[tuple[str, int, dict[Severity, int]]]:
    """Return the latest weeks or months, newest first: name, edits, and findings by severity, worst first."""
    counted = [(at, None, 1) for at in edits] + list(findings)
    happened = [(at.date(), what, number) for at, what, number in counted if number and (not start or at >= start)]
    days = {day for day, _, _ in happened}
    weekly = not days or max(days) - min(days) <= _WEEKLY

    def begin(day: date) -> date:
        return day - timedelta(days=day.weekday()) if weekly else day.replace(day=1)

    begins = [begin(max(days))] if days else []
    while begins and begins[-1] > begin(min(days)) and len(begins) < _MOST_PERIODS:
        begins.append(begin(begins[-1] - timedelta(days=1)))
    sums: Counter[tuple[date, Severity | None]] = Counter()
    for day, what, number in happened:
        sums[begin(day), what] += number
    return [
        (
            f"week of {at:%-d %B %Y}" if weekly else f"{at:%B %Y}",
            sums[at, None],
            {severity: sums[at, severity] for severity in reversed(Severity) if sums[at, severity]},
        )
        for at in begins
    ]
