"""The past of an article becomes its timeline pages: what it stated when, by which edit, on which source."""

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
    Course,
    activity_chart,
    file_style,
    statistic_chart,
    statistics_file,
    steps,
)
from watcher.report.naming import named
from watcher.web import pages
from watcher.web.dependencies import Here, Viewer
from watcher.web.past import Past, Reading

_MOST_CHARTS = 6
_MOST_LISTED = 200
_LONGEST_WORDS = 200
_READ: dict[str, Any] = {"methods": ["GET", "HEAD"]}

router = APIRouter()


def past_of(request: Request) -> Past:
    """The past that the application keeps."""
    past: Past = request.app.state.past
    return past


Known = Annotated[Past, Depends(past_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A statistic in the list of all that an article ever stated; `spark` where it changed."""

    number: int
    name: str
    place: str
    sentence: str
    edits: int
    alive: bool
    spark: Markup | None


@router.api_route("/article/{wiki}/{page_id}/timeline", response_class=HTMLResponse, **_READ)
def timeline(
    wiki: str,
    page_id: int,
    here: Here,
    past: Known,
    reader: Viewer,  # noqa: ARG001  may read
    statistic: str = "",
    life: int | None = None,
) -> HTMLResponse:
    """The charts of the statistics about some words (or of one life), or the list of all there are."""
    article = article_of(here.archive, wiki, page_id)
    words = statistic.strip()[:_LONGEST_WORDS]
    reading = past.read(article)
    chosen = _chosen(reading, words, life)
    few = bool(words) or life is not None
    shown = chosen[:_MOST_CHARTS] if few else ()
    page = pages.render(
        "timeline.html",
        article=article,
        reading=reading,
        words=words,
        charts=[(course, statistic_chart(course, f"life-{course.number}")) for course in shown],
        listed=[_listed(reading, course) for course in chosen[len(shown) :][:_MOST_LISTED]],
        left_out=max(0, len(chosen) - len(shown) - _MOST_LISTED),
        matching=few,
        activity=None if few else article_activity(here.archive, article),
        article_url=_article_url(pages.index_url(here.watchlist, wiki), page_id),
    )
    return HTMLResponse(page)


@router.api_route("/article/{wiki}/{page_id}/timeline.svg", response_class=Response, **_READ)
def drawing(
    wiki: str,
    page_id: int,
    here: Here,
    past: Known,
    reader: Viewer,  # noqa: ARG001  may read
    statistic: str = "",
    life: int | None = None,
) -> Response:
    """The same charts as one SVG file that stands alone."""
    article = article_of(here.archive, wiki, page_id)
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
    article = archive.by_page_id(wiki, page_id) if 0 < page_id < 2**63 else None
    if article is None:
        raise Missing(f"page {page_id} of {wiki} is not watched")
    return article


def article_activity(archive: Archive, article: Article, anchor: str = "activity") -> Chart | None:
    """The chart of an article's edits and findings by week or month, for `chart_figure` of chart.html.

    None where nothing is stored. `anchor` makes its ids unique on the page.
    """
    told = archive.activity(article)
    found = [(at, severity) for at, severity, number in told.findings for _ in range(number)]
    return activity_chart(told.edits, found, title="Edits and findings over time", anchor=anchor)


def _chosen(reading: Reading, words: str, life: int | None) -> Sequence[Course]:
    """One life, those about the words, or all; those that changed most first."""
    if life is not None:
        found = reading.course(life)
        return (found,) if found else ()
    numbers = {one.number for one in named(reading.lives, words)} if words else None
    wanted = [one for one in reading.courses if numbers is None or one.number in numbers]
    return sorted(wanted, key=lambda one: (not one.alive, -steps(one), one.number))


def _listed(reading: Reading, course: Course) -> Listed:
    return Listed(
        number=course.number,
        name=course.name,
        place=" › ".join(course.section),
        sentence=course.sentence,
        edits=len(course.points),
        alive=course.alive,
        spark=reading.spark(course),
    )


def _article_url(index_url: str | None, page_id: int) -> str | None:
    return f"{index_url}?curid={page_id}" if index_url else None
