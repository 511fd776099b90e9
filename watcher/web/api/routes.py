"""Serve findings, articles, the watchlist, mutes and the outbox as JSON, and change them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from snapshots import DeliveryState, NewMute
from snapshots.accounts import Scope
from watcher.config import Watch
from watcher.errors import InputError, Missing
from watcher.model import Claim, Statistic
from watcher.model.excerpts import fact_to_dict
from watcher.parse import parse
from watcher.report.history import find_timelines, history_json
from watcher.services.catch_up import end_mute
from watcher.services.contradictions import disputed_json, disputed_numbers
from watcher.services.health import list_health, recent_failures, status_json, watch_health
from watcher.services.mutes import open_mute, require_rule
from watcher.services.page_lookup import find_page
from watcher.services.reviews import mute_finding, undo_decisions
from watcher.services.watchlist import change_watch, file_version, save_watch
from watcher.web.api.requests import (
    AddWatchRequest,
    ArticleRequest,
    BulkDecisionRequest,
    DecisionRequest,
    FindingMute,
    FindingsQuery,
    MuteRequest,
    UpdateWatchRequest,
)
from watcher.web.api.responses import (
    ArticleResponse,
    ComparisonResponse,
    ContradictionResponse,
    CurrentUserResponse,
    DecisionResponse,
    DeliveryResponse,
    EventResponse,
    FactsResponse,
    FindingResponse,
    LocatedPageResponse,
    MuteResponse,
    PageResponse,
    RequeuedResponse,
    ReviewEventResponse,
    RevisionResponse,
    StatusResponse,
    TimelinesResponse,
    UnmuteResponse,
    WatchesResponse,
)
from watcher.web.dependencies import ADMIN, READ, REVIEW, AddressedArticle, Context, Id
from watcher.web.pages.timeline import timelines_of

finding_routes = APIRouter(tags=["findings"], dependencies=[READ])
article_routes = APIRouter(tags=["articles"], dependencies=[READ])
watch_routes = APIRouter(tags=["watching"], dependencies=[READ])
operating_routes = APIRouter(tags=["operating"], dependencies=[READ])
Limit = Annotated[int, Query(ge=1, le=200)]


@finding_routes.get("/findings")
def findings(context: Context, query: FindingsQuery) -> PageResponse[FindingResponse]:
    """Pages of findings: the most severe first, within a severity by what the edit's context adds, or the newest."""
    result, following = context.find_findings(query.to_filter(), query.order, query.limit, query.after)
    return PageResponse(items=[FindingResponse.from_record(finding) for finding in result], next=following)


@finding_routes.get("/findings/{number}")
def finding(number: Id, context: Context) -> FindingResponse:
    """One finding."""
    return FindingResponse.from_record(context.archive.findings.get(number))


@finding_routes.get("/findings/{number}/history")
def history(number: Id, context: Context) -> list[ReviewEventResponse]:
    """Return the decisions about a finding, the oldest first."""
    context.archive.findings.get(number)
    return [ReviewEventResponse.from_record(event) for event in context.archive.reviews.events_of(number)]


@finding_routes.post("/findings/{number}/decisions", status_code=201, dependencies=[REVIEW])
def decide(number: Id, body: DecisionRequest, context: Context) -> DecisionResponse:
    """Acknowledge, dismiss, assign or note."""
    result = context.archive.reviews.decide([number], body.decision(), context.user.name, context.now())
    return DecisionResponse(batch=result.batch)


@finding_routes.post("/findings/{number}/mute", status_code=201, dependencies=[REVIEW])
def mute(number: Id, body: FindingMute, context: Context) -> MuteResponse:
    """Mute from a finding; the mute is in the finding's history and can be undone there."""
    until = timedelta(days=body.days) if body.days else None
    finding = context.archive.findings.get(number)
    try:
        return MuteResponse.from_record(
            mute_finding(context.services, finding, context.user.name, words=body.words, until=until)
        )
    except ValueError as error:
        raise InputError(str(error)) from None


@finding_routes.post("/decisions", status_code=201, dependencies=[REVIEW])
def decide_all(body: BulkDecisionRequest, context: Context) -> DecisionResponse:
    """Make the same decision about several findings: about all of them, or none where one is not stored."""
    result = context.archive.reviews.decide(body.ids, body.decision(), context.user.name, context.now())
    return DecisionResponse(batch=result.batch)


@finding_routes.post("/decisions/{number}/undo", status_code=201, dependencies=[REVIEW])
def undo(number: Id, context: Context) -> DecisionResponse:
    """Undo the decisions of this number; 0 when there was nothing left to undo."""
    return DecisionResponse(
        batch=undo_decisions(context.services, context.archive.reviews.events_of_batch(number), context.user.name)
    )


@article_routes.get("/contradictions")
def contradictions(
    context: Context, limit: Limit = 50, after: Annotated[int | None, Query(gt=0, lt=2**63)] = None
) -> PageResponse[ContradictionResponse]:
    """Return the numbers of one source that watched articles state differently, the newest first."""
    numbers, following = disputed_numbers(context.services, limit=limit, before=after)
    items = [ContradictionResponse.model_validate(disputed_json(context.services, number)) for number in numbers]
    return PageResponse(items=items, next=following)


@article_routes.get("/articles")
def articles(context: Context) -> list[ArticleResponse]:
    """All articles that were ever checked."""
    return [ArticleResponse.from_record(article) for article in context.archive.articles.list_all()]


@article_routes.get("/articles/{wiki}/{page_id}/facts")
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


@article_routes.get("/articles/{wiki}/{page_id}/timelines")
def timelines(
    article: AddressedArticle,
    context: Context,
    statistic: Annotated[str, Query(max_length=200, description="Only statistics about these words.")] = "",
    limit: Limit = 50,
    after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> TimelinesResponse:
    """Return the timelines of an article's elements, as far as its edits are recorded."""
    reading = timelines_of(context, article)
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


@article_routes.get("/articles/{wiki}/{page_id}/comparisons")
def comparisons(article: AddressedArticle, context: Context, limit: Limit = 50) -> list[ComparisonResponse]:
    """Return the newest comparisons of an article; their findings: GET /findings?comparison=ID."""
    return [
        ComparisonResponse.from_record(comparison)
        for comparison in context.archive.comparisons.of_article(article, limit)
    ]


@article_routes.get("/articles/{wiki}/{page_id}/events")
def events(article: AddressedArticle, context: Context, limit: Limit = 50) -> list[EventResponse]:
    """Events of an article other than edits, the newest first."""
    return [EventResponse.from_record(event) for event in context.archive.events.of_article(article, limit)]


@article_routes.get("/comparisons/{number}")
def comparison(number: Id, context: Context) -> ComparisonResponse:
    """One stored comparison."""
    return ComparisonResponse.from_record(context.archive.comparisons.get(number))


@watch_routes.get("/watches")
def watches(context: Context) -> WatchesResponse:
    """All watches with their settings."""
    path = context.watchlist.path
    return WatchesResponse(
        watches=list(context.watchlist.watches),
        lists=list(context.watchlist.sources),
        version=file_version(path) if path.is_file() else None,
        error=context.services.watchlist_error,
    )


@watch_routes.post("/watches/check", dependencies=[ADMIN])
def check(body: ArticleRequest, context: Context) -> LocatedPageResponse:
    """Check whether a wiki of the watchlist has such a page; no other host is asked, and nothing is changed."""
    with context.wiki_lock:
        page = find_page(context.services, body.article, body.wiki)
    return LocatedPageResponse.model_validate(asdict(page) | {"watched": page.watched is not None})


@watch_routes.post("/watches", status_code=201, dependencies=[ADMIN])
def add(body: AddWatchRequest, context: Context) -> Watch:
    """Watch an article, after checking that its wiki has it."""
    with context.wiki_lock:
        page = find_page(context.services, body.article, body.wiki)
    save_watch(context.services, page, body.version)
    context.services.reload_watchlist()
    return context.watch(page.wiki, page.title)


@watch_routes.patch("/watches", dependencies=[ADMIN])
def change(body: UpdateWatchRequest, context: Context) -> Watch:
    """Change settings of a watch in watchlist.toml, or pause it; comments and other entries stay."""
    context.watch(body.wiki, body.title)
    change_watch(context.watchlist.path, body.wiki, body.title, body.settings(), body.version)
    context.services.reload_watchlist()
    return context.watch(body.wiki, body.title)


@watch_routes.get("/status")
def status(context: Context) -> StatusResponse:
    """Return the state of every watch, and of the outbox."""
    now, system = context.now(), context.archive.metrics.outbox(context.now())
    health = watch_health(context.services, now)
    failed, lists = recent_failures(context.archive, now), list_health(context.services, now)
    return StatusResponse.model_validate(status_json(health, system, now, failed, lists))


@watch_routes.get("/mutes")
def mutes(context: Context) -> list[MuteResponse]:
    """Return the open mutes, the oldest first."""
    return [MuteResponse.from_record(mute) for mute in context.archive.mutes.list_open()]


@watch_routes.post("/mutes", name="mute", status_code=201, dependencies=[REVIEW])
def begin_mute(body: MuteRequest, context: Context) -> MuteResponse:
    """Suppress findings until a time or permanently."""
    if body.title is not None and body.wiki is not None:
        context.watch(body.wiki, body.title)
    if body.rule is not None:
        require_rule(body.rule)
    if body.until is not None and body.until <= context.now():
        raise InputError("until: is in the past; give a later time")
    return MuteResponse.from_record(context.archive.mutes.begin(NewMute(**body.model_dump()), context.now()))


@watch_routes.delete("/mutes/{number}", dependencies=[REVIEW])
def unmute(number: Id, context: Context) -> UnmuteResponse:
    """End a mute; a summary of the suppressed findings that are still current is queued."""
    mute = open_mute(context.services, number)
    with context.wiki_lock:
        return UnmuteResponse(summaries=end_mute(context.services, mute))


@operating_routes.get("/me")
def me(context: Context) -> CurrentUserResponse:
    """Return the current user and its scopes."""
    scopes = [scope.value for scope in Scope if context.user.has_scope(scope)]
    return CurrentUserResponse(name=context.user.name, signed_in=context.user.signed_in, scopes=scopes)


@operating_routes.get("/deliveries")
def deliveries(
    context: Context,
    state: Literal["queued", "sent", "dead", "replaced"] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[DeliveryResponse]:
    """Return the newest messages of the outbox with every attempt."""
    result = context.archive.outbox.newest(limit, DeliveryState(state) if state else None)
    return [DeliveryResponse.from_record(delivery) for delivery in result]


@operating_routes.post("/deliveries/retry", status_code=202, dependencies=[ADMIN])
def retry(context: Context) -> RequeuedResponse:
    """Queue the failed messages again."""
    return RequeuedResponse(queued=context.archive.outbox.retry_dead(context.now()))
