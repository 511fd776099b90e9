"""Serve articles as JSON: current facts, timelines, comparisons and events."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from watcher.errors import Missing
from watcher.model import Claim, Statistic
from watcher.model.excerpts import fact_to_dict
from watcher.parse import parse
from watcher.report.history import find_timelines, history_json
from watcher.services.contradictions import disputed_json, disputed_numbers
from watcher.web.api.responses import ArticleResponse, Level, PageResponse, ResponseModel, RevisionResponse
from watcher.web.dependencies import READ, AddressedArticle, Context, Id
from watcher.web.timelines import Timelines

router = APIRouter(tags=["articles"], dependencies=[READ])
Limit = Annotated[int, Query(ge=1, le=200)]


class FactsResponse(ResponseModel):
    """What the last judged revision states, as `watcher facts --format json` has it: statistics first, then claims."""

    article: ArticleResponse
    revision: RevisionResponse
    statistics: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    total: int = Field(description="How many statistics and claims there are.")
    next: int | None = Field(default=None, description="The `after` of the next page.")


class TimelinesResponse(ResponseModel):
    """The timelines of an article's elements, as far as its revisions were read; ask again until `complete`."""

    article: ArticleResponse
    read: int
    total: int
    complete: bool
    timelines: list[dict[str, Any]] = Field(description="As `watcher history --format json` has them.")
    next: int | None = Field(default=None, description="The `after` of the next page.")


class ComparisonResponse(ResponseModel):
    """Two revisions that were compared."""

    id: int
    article: ArticleResponse
    before: RevisionResponse
    after: RevisionResponse
    at: datetime
    worst: Level | None
    findings: int


class EventResponse(ResponseModel):
    """An event of a page other than an edit: moved, deleted, hidden, unreachable."""

    kind: str
    detail: str
    at: datetime
    revision_id: int | None


class StatedResponse(ResponseModel):
    """What one article states; values are decimals as strings."""

    article: ArticleResponse
    url: str | None
    text: str
    value: str | None
    low: str | None
    high: str | None
    section: str
    label: str
    sentence: str
    since: datetime | None = Field(description="The time of the revision in which it was first seen.")


class ContradictionResponse(ResponseModel):
    """A number of one work that watched articles give differently."""

    id: int
    found_at: datetime
    source: str
    works: list[str] = Field(description="Identities of the work: `doi:…`, `isbn:…`, `pmid:…`, `url:…`.")
    unit: str | None
    year: str | None
    stated: list[StatedResponse]


@router.get("/contradictions")
def contradictions(
    context: Context, limit: Limit = 50, after: Annotated[int | None, Query(gt=0, lt=2**63)] = None
) -> PageResponse[ContradictionResponse]:
    """Return the numbers of one source that watched articles state differently, the newest first."""
    numbers, following = disputed_numbers(context.services, limit=limit, before=after)
    items = [ContradictionResponse.model_validate(disputed_json(context.services, number)) for number in numbers]
    return PageResponse(items=items, next=following)


@router.get("/articles")
def articles(context: Context) -> list[ArticleResponse]:
    """All articles that were ever checked."""
    return [ArticleResponse.from_record(article) for article in context.archive.articles.list_all()]


@router.get("/articles/{wiki}/{page_id}/facts")
def facts(
    article: AddressedArticle,
    context: Context,
    limit: Limit = 200,
    after: Annotated[int, Query(ge=0, lt=2**31, description="How many of them to pass over.")] = 0,
) -> FactsResponse:
    """Return an article's current statistics and claims, each with its sentence (or an excerpt) and sources."""
    cursor = context.archive.revisions.cursor(article)
    text = context.archive.revisions.snapshot(article.wiki, cursor.id).wikitext if cursor else None
    if cursor is None or text is None:
        raise Missing(f"{article.title}: no text of it is stored")
    document = parse(text, context.dialect(article.wiki))
    stated = (*document.statistics, *document.claims)
    page = stated[after : after + limit]
    return FactsResponse(
        article=ArticleResponse.from_record(article),
        revision=RevisionResponse.from_record(cursor),
        statistics=[fact_to_dict(item) for item in page if isinstance(item, Statistic)],
        claims=[fact_to_dict(item) for item in page if isinstance(item, Claim)],
        total=len(stated),
        next=after + limit if after + limit < len(stated) else None,
    )


@router.get("/articles/{wiki}/{page_id}/timelines")
def timelines(
    article: AddressedArticle,
    known: Timelines,
    statistic: Annotated[str, Query(max_length=200, description="Only statistics about these words.")] = "",
    limit: Limit = 50,
    after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> TimelinesResponse:
    """Return the timelines of an article's elements, as far as its edits are recorded."""
    reading = known.read(article)
    chosen = find_timelines(reading.timelines, statistic) if statistic.strip() else reading.timelines
    rest = sorted(
        (timeline for timeline in chosen if after is None or timeline.number > after),
        key=lambda timeline: timeline.number,
    )
    return TimelinesResponse(
        article=ArticleResponse.from_record(article),
        read=reading.read,
        total=reading.total,
        complete=reading.complete,
        timelines=json.loads(history_json(rest[:limit])),
        next=rest[limit - 1].number if len(rest) > limit else None,
    )


@router.get("/articles/{wiki}/{page_id}/comparisons")
def comparisons(article: AddressedArticle, context: Context, limit: Limit = 50) -> list[ComparisonResponse]:
    """Return the newest comparisons of an article; their findings: GET /findings?comparison=ID."""
    return [
        ComparisonResponse.from_record(comparison)
        for comparison in context.archive.comparisons.of_article(article, limit)
    ]


@router.get("/articles/{wiki}/{page_id}/events")
def events(article: AddressedArticle, context: Context, limit: Limit = 50) -> list[EventResponse]:
    """Events of an article other than edits, the newest first."""
    return [EventResponse.from_record(event) for event in context.archive.events.of_article(article, limit)]


@router.get("/comparisons/{number}")
def comparison(number: Id, context: Context) -> ComparisonResponse:
    """One stored comparison."""
    return ComparisonResponse.from_record(context.archive.comparisons.get(number))
