"""Serve the timeline pages of an article: what it stated when, by which edit, on which source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

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
from watcher.report.history import find_timelines
from watcher.web import rendering
from watcher.web.dependencies import PAGE, READ, Context
from watcher.web.history_cache import ArticleHistory, HistoryCache

_MOST_CHARTS = 6
_MOST_LISTED = 200
_LONGEST_WORDS = 200

router = APIRouter(dependencies=[READ])


def get_history_cache(request: Request) -> HistoryCache:
    """Return the history cache of the application."""
    past: HistoryCache = request.app.state.past
    return past


History = Annotated[HistoryCache, Depends(get_history_cache)]


@router.api_route("/article/{wiki}/{page_id}/timeline", **PAGE)
def timeline_page(
    wiki: str, page_id: int, context: Context, past: History, statistic: str = "", element: int | None = None
) -> HTMLResponse:
    """Return the charts of the statistics about some words (or of one element), or the list of all of them."""
    article = article_of(context.archive, wiki, page_id)
    words = statistic.strip()[:_LONGEST_WORDS]
    reading = past.read(article)
    chosen = _chosen(reading, words, element)
    few = bool(words) or element is not None
    shown = chosen[:_MOST_CHARTS] if few else ()
    listed = chosen[len(shown) :][:_MOST_LISTED]
    index = rendering.index_urls(context.watchlist).get(wiki)
    page = rendering.render(
        "timeline.html",
        article=article,
        reading=reading,
        words=words,
        charts=[(course, statistic_chart(course, f"element-{course.number}")) for course in shown],
        listed=[(course, reading.sparkline(course)) for course in listed],
        left_out=len(chosen) - len(shown) - len(listed),
        matching=few,
        activity=None if few else article_activity(context.archive, article),
        article_url=f"{index}?curid={page_id}" if index else None,
    )
    return HTMLResponse(page)


@router.api_route("/article/{wiki}/{page_id}/timeline.svg", methods=["GET", "HEAD"], response_class=Response)
def timeline_svg(
    wiki: str, page_id: int, context: Context, past: History, statistic: str = "", element: int | None = None
) -> Response:
    """Return the same charts as one SVG file that stands alone."""
    article = article_of(context.archive, wiki, page_id)
    chosen = _chosen(past.read(article), statistic.strip()[:_LONGEST_WORDS], element)
    return Response(
        statistics_file(chosen, f"{article.title}: statistics over time"),
        media_type="image/svg+xml",
        headers={
            "content-security-policy": f"{policy(file_style())}; frame-ancestors 'none'",
            "content-disposition": f'inline; filename="timeline-{page_id}.svg"',
        },
    )


def article_of(archive: Archive, wiki: str, page_id: int) -> Article:
    """Return the registered article of a wiki's page id; Missing when it is not watched."""
    article = archive.articles.by_page_id(wiki, page_id) if 0 < page_id < 2**63 else None
    if article is None:
        raise Missing(f"page {page_id} of {wiki} is not watched")
    return article


def article_activity(archive: Archive, article: Article) -> Chart | None:
    """Return the chart of an article's edits and findings by week or month; None where nothing is stored."""
    activity = archive.comparisons.activity(article)
    result = [(at, severity) for at, severity, number in activity.findings for _ in range(number)]
    return activity_chart(activity.edits, result, title="Edits and findings over time", anchor="activity")


def _chosen(reading: ArticleHistory, words: str, timeline: int | None) -> Sequence[StatisticSeries]:
    """One element, those about the words, or all; those that changed most often first."""
    if timeline is not None:
        series = reading.course(timeline)
        return (series,) if series else ()
    numbers = {timeline.number for timeline in find_timelines(reading.timelines, words)} if words else None
    requested = [series for series in reading.courses if numbers is None or series.number in numbers]
    return sorted(requested, key=lambda series: (not series.alive, -steps(series), series.number))
