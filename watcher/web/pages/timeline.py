"""Serve the timeline pages of an article: what it stated when, by which edit, on which source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from snapshots import Archive
from watcher.errors import Missing
from watcher.model import Article
from watcher.report.as_html import policy
from watcher.report.charts import (
    Chart,
    StatisticSeries,
    activity_chart,
    file_style,
    statistic_chart,
    statistics_file,
    steps,
)
from watcher.report.search import find_timelines
from watcher.web import rendering
from watcher.web.dependencies import Context, ReadAccess
from watcher.web.history_cache import ArticleHistory, HistoryCache

_MOST_CHARTS = 6
_MOST_LISTED = 200
_LONGEST_WORDS = 200
_READ: dict[str, Any] = {"methods": ["GET", "HEAD"]}

router = APIRouter()


def get_history_cache(request: Request) -> HistoryCache:
    """The past that the application keeps."""
    past: HistoryCache = request.app.state.past
    return past


History = Annotated[HistoryCache, Depends(get_history_cache)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticRow:
    """A statistic in the list of all that an article ever stated; `spark` where it changed."""

    number: int
    name: str
    section: str
    sentence: str
    edits: int
    alive: bool
    spark: Markup | None


@router.api_route("/article/{wiki}/{page_id}/timeline", response_class=HTMLResponse, **_READ)
def timeline_page(
    wiki: str,
    page_id: int,
    context: Context,
    past: History,
    reader: ReadAccess,  # noqa: ARG001  may read
    statistic: str = "",
    life: int | None = None,
) -> HTMLResponse:
    """The charts of the statistics about some words (or of one life), or the list of all there are."""
    article = article_of(context.archive, wiki, page_id)
    words = statistic.strip()[:_LONGEST_WORDS]
    reading = past.read(article)
    chosen = _chosen(reading, words, life)
    few = bool(words) or life is not None
    shown = chosen[:_MOST_CHARTS] if few else ()
    page = rendering.render(
        "timeline.html",
        article=article,
        reading=reading,
        words=words,
        charts=[(course, statistic_chart(course, f"life-{course.number}")) for course in shown],
        listed=[_listed(reading, course) for course in chosen[len(shown) :][:_MOST_LISTED]],
        left_out=max(0, len(chosen) - len(shown) - _MOST_LISTED),
        matching=few,
        activity=None if few else article_activity(context.archive, article),
        article_url=_article_url(rendering.index_php_url(context.watchlist, wiki), page_id),
    )
    return HTMLResponse(page)


@router.api_route("/article/{wiki}/{page_id}/timeline.svg", response_class=Response, **_READ)
def timeline_svg(
    wiki: str,
    page_id: int,
    context: Context,
    past: History,
    reader: ReadAccess,  # noqa: ARG001  may read
    statistic: str = "",
    life: int | None = None,
) -> Response:
    """The same charts as one SVG file that stands alone."""
    article = article_of(context.archive, wiki, page_id)
    reading = past.read(article)
    chosen = _chosen(reading, statistic.strip()[:_LONGEST_WORDS], life)
    return Response(
        statistics_file(chosen, f"{article.title}: statistics over time"),
        media_type="image/svg+xml",
        headers={
            "content-security-policy": f"{policy(file_style())}; frame-ancestors 'none'",
            "content-disposition": f'inline; filename="timeline-{page_id}.svg"',
        },
    )


def article_of(archive: Archive, wiki: str, page_id: int) -> Article:
    """The registered article of a wiki's page id; Missing when it is not watched."""
    article = archive.articles.by_page_id(wiki, page_id) if 0 < page_id < 2**63 else None
    if article is None:
        raise Missing(f"page {page_id} of {wiki} is not watched")
    return article


def article_activity(archive: Archive, article: Article, anchor: str = "activity") -> Chart | None:
    """The chart of an article's edits and findings by week or month, for `chart_figure` of chart.html.

    None where nothing is stored. `anchor` makes its ids unique on the page.
    """
    activity = archive.comparisons.activity(article)
    result = [(at, severity) for at, severity, number in activity.findings for _ in range(number)]
    return activity_chart(activity.edits, result, title="Edits and findings over time", anchor=anchor)


def _chosen(reading: ArticleHistory, words: str, timeline: int | None) -> Sequence[StatisticSeries]:
    """One life, those about the words, or all; those that changed most first."""
    if timeline is not None:
        series = reading.course(timeline)
        return (series,) if series else ()
    numbers = {timeline.number for timeline in find_timelines(reading.timelines, words)} if words else None
    requested = [series for series in reading.courses if numbers is None or series.number in numbers]
    return sorted(requested, key=lambda series: (not series.alive, -steps(series), series.number))


def _listed(reading: ArticleHistory, course: StatisticSeries) -> StatisticRow:
    return StatisticRow(
        number=course.number,
        name=course.name,
        section=" › ".join(course.section),
        sentence=course.sentence,
        edits=len(course.points),
        alive=course.alive,
        spark=reading.sparkline(course),
    )


def _article_url(index_url: str | None, page_id: int) -> str | None:
    return f"{index_url}?curid={page_id}" if index_url else None
