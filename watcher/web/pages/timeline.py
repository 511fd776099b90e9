"""Serve the timeline pages of an article: what it stated when, by which edit, on which source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response

from snapshots import FindingFilter, ReviewedFinding, SortOrder
from watcher.model import Article, Severity
from watcher.report.as_html import policy
from watcher.report.charts.statistic import StatisticSeries, file_style, statistic_charts, statistics_file
from watcher.report.history import find_timelines
from watcher.web import rendering
from watcher.web.dependencies import PAGE, READ, AddressedArticle, Context, User, WebContext
from watcher.web.timelines import ArticleTimelines, Timelines

_MOST_DRAWN: Final = 24
_MOST_LISTED: Final = 200
_MOST_LOOKED_AT: Final = 1_000
_MOST_PERIODS: Final = 60
_WEEKLY: Final = timedelta(weeks=26)  # a longer time is shown by months
_LONGEST_WORDS: Final = 200
RANGES: Final = {"30d": ("30 days", 30), "1y": ("1 year", 365), "all": ("All", None)}
"""The times that a reader can choose: how they are called in an address and on the page, and how many days."""

router = APIRouter(dependencies=[READ])


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


Chosen = Annotated[TimelineChoice, Depends(TimelineChoice.read)]


def _rendered(context: WebContext, article: Article, choice: TimelineChoice) -> Sequence[ReviewedFinding]:
    """Return the newest findings that no edit of the article made: what readers saw changed through other pages."""
    query = FindingFilter(
        states=(), article=(article.wiki, article.page_id), since=choice.start(context.now()), search=choice.words
    )
    newest = context.archive.findings.search(query, order=SortOrder.NEWEST, limit=_MOST_LOOKED_AT)
    return [finding for finding in newest if finding.body.get("through")][:_MOST_LISTED]


@router.api_route("/article/{wiki}/{page_id}/timeline", **PAGE)
def timeline_page(
    article: AddressedArticle, context: Context, known: Timelines, user: User, choice: Chosen
) -> HTMLResponse:
    """Return the charts of the statistics about some words (or of some elements), or the list of all of them."""
    reading = known.read(article)
    chosen = _chosen(reading, choice)
    few = bool(choice.words or choice.elements)
    shown = chosen[:_MOST_DRAWN] if few else ()
    listed = chosen[len(shown) :][:_MOST_LISTED]
    index = context.index_urls.get(article.wiki)
    stored = context.archive.comparisons.activity(article)
    charts, flat = statistic_charts(shown, context.now(), choice.start(context.now()))
    return rendering.page(
        "timeline.html",
        user=user,
        language=context.languages.get(article.wiki, ""),
        article=article,
        reading=reading,
        choice=choice,
        ranges={name: label for name, (label, _) in RANGES.items()},
        charts=charts,
        flat=flat,
        drawn=len(shown),
        listed=[(course, reading.sparkline(course)) for course in listed],
        left_out=len(chosen) - len(shown) - len(listed),
        matching=few,
        rendered=_rendered(context, article, choice),
        activity=() if few else activity_rows(stored.edits, stored.findings, choice.start(context.now())),
        article_url=f"{index}?curid={article.page_id}" if index else None,
    )


@router.api_route("/article/{wiki}/{page_id}/timeline.svg", methods=["GET", "HEAD"], response_class=Response)
def timeline_svg(article: AddressedArticle, context: Context, known: Timelines, choice: Chosen) -> Response:
    """Return the same charts as one SVG file that stands alone."""
    chosen, now = _chosen(known.read(article), choice), context.now()
    return Response(
        statistics_file(chosen, f"{article.title}: statistics over time", now, choice.start(now)),
        media_type="image/svg+xml",
        headers={
            "content-security-policy": f"{policy(file_style())}; frame-ancestors 'none'",
            "content-disposition": f'inline; filename="timeline-{article.page_id}.svg"',
        },
    )


def activity_rows(
    edits: Iterable[datetime], findings: Iterable[tuple[datetime, Severity, int]], start: datetime | None = None
) -> list[tuple[str, int, dict[Severity, int]]]:
    """Return the latest weeks or months, newest first: name, edits, and findings by severity, worst first."""
    counts: Counter[tuple[date, Severity | None]] = Counter()
    counts.update((at.date(), None) for at in edits if start is None or at >= start)
    for at, severity, number in findings:
        counts[at.date(), severity] += number if start is None or at >= start else 0
    days = {day for (day, _), number in counts.items() if number}
    weekly = not days or max(days) - min(days) <= _WEEKLY

    def begin(day: date) -> date:
        return day - timedelta(days=day.weekday()) if weekly else day.replace(day=1)

    begins = [begin(max(days))] if days else []
    while begins and begins[-1] > begin(min(days)) and len(begins) < _MOST_PERIODS:
        begins.append(begin(begins[-1] - timedelta(days=1)))
    sums: Counter[tuple[date, Severity | None]] = Counter()
    for (day, what), number in counts.items():
        sums[begin(day), what] += number
    return [
        (
            f"week of {at:%-d %B %Y}" if weekly else f"{at:%B %Y}",
            sums[at, None],
            {severity: sums[at, severity] for severity in reversed(Severity) if sums[at, severity]},
        )
        for at in begins
    ]


def _chosen(reading: ArticleTimelines, choice: TimelineChoice) -> Sequence[StatisticSeries]:
    """Return the chosen elements, those about the words, or all; those that changed most often first."""
    if choice.elements:
        return [series for number in choice.elements if (series := reading.course(number))]
    timelines = find_timelines(reading.timelines, choice.words) if choice.words else reading.timelines
    numbers = {timeline.number for timeline in timelines}
    requested = [series for series in reading.courses if series.timeline.number in numbers]
    return sorted(requested, key=lambda series: (not series.timeline.is_current, -series.steps, series.timeline.number))
