"""Serve and change findings, articles, the watchlist, mutes and the outbox as JSON, with an OpenAPI description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, FastAPI, Query
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

import snapshots
from snapshots.accounts import Scope
from watcher.config import Watch
from watcher.errors import InputError, Missing
from watcher.model import Article, Claim, Statistic
from watcher.model.excerpts import fact_to_dict
from watcher.parse import parse
from watcher.report.history import find_timelines, history_data
from watcher.services.alerting.mutes import begin_mute as begin
from watcher.services.alerting.mutes import mute_finding, open_mute
from watcher.services.checks.check import end_mute, undo_decisions
from watcher.services.checks.contradictions import disputed_json, disputed_numbers
from watcher.services.operations.health import list_health, recent_failures, status_json, watch_health
from watcher.services.watchlist import change_watch, file_version, find_page, save_watch
from watcher.version import version
from watcher.web.api import models
from watcher.web.auth.access import route_permissions
from watcher.web.dependencies import ADMIN, READ, REVIEW, AddressedArticle, Context, Id
from watcher.web.pages.article import ArticleTimelines
from watcher.web.pages.forms import reviewers

finding_routes = APIRouter(tags=["findings"], dependencies=[READ])
article_routes = APIRouter(tags=["articles"], dependencies=[READ])
watch_routes = APIRouter(tags=["watching"], dependencies=[READ])
operating_routes = APIRouter(tags=["operating"], dependencies=[READ])
Limit = Annotated[int, Query(ge=1, le=200)]


@finding_routes.get("/findings", response_model=models.PageResponse[models.FindingResponse])
def findings(context: Context, query: Annotated[models.FindingsParameters, Query()]) -> dict[str, Any]:
    """List findings in pages, by severity and then by the points of the edit's context, or the newest first."""
    result, following = context.find_findings(query.to_filter(), query.order, query.limit, query.after)
    return {"items": result, "next": following}


@finding_routes.get("/findings/{number}", response_model=models.FindingResponse)
def finding(number: Id, context: Context) -> snapshots.ReviewedFinding:
    """Return a finding."""
    return context.archive.findings.get(number)


@finding_routes.get("/findings/{number}/history", response_model=list[models.ReviewEventResponse])
def history(number: Id, context: Context) -> Sequence[snapshots.ReviewEvent]:
    """Return the decisions about a finding, the oldest first."""
    context.archive.findings.get(number)
    return context.archive.reviews.events_of(number)


@finding_routes.post("/findings/{number}/decisions", status_code=201, dependencies=[REVIEW])
def decide(number: Id, body: models.DecisionRequest, context: Context) -> dict[str, Any]:
    """Acknowledge, dismiss or assign a finding, or add a note; `batch` is the id for undoing the decision.

    With `as_of`, `conflicts` lists the findings that others have decided or assigned since; these stay as they are.
    """
    return _decide([number], body, context)


def _decide(numbers: Sequence[int], body: models.DecisionRequest, context: Context) -> dict[str, Any]:
    decision = body.decision()
    if decision.assignee and decision.assignee not in reviewers(context):
        raise InputError(f"no user who may decide is named {decision.assignee}")
    result = context.archive.reviews.decide(numbers, decision, context.user.name, context.now(), as_of=body.as_of)
    return {"batch": result.batch, "conflicts": [event.finding_id for event in result.conflicts]}


@finding_routes.post("/findings/{number}/mute", status_code=201, dependencies=[REVIEW], response_model=snapshots.Mute)
def mute(number: Id, body: models.FindingMute, context: Context) -> snapshots.Mute:
    """Mute what a finding is about; the mute is recorded in the finding's history and can be undone there."""
    until = timedelta(days=body.days) if body.days else None
    finding = context.archive.findings.get(number)
    return mute_finding(context.services, finding, context.user.name, words=body.words, until=until)


@finding_routes.post("/decisions", status_code=201, dependencies=[REVIEW])
def decide_all(body: models.BulkDecisionRequest, context: Context) -> dict[str, Any]:
    """Make the same decision about several findings under one `batch`; about none of them if one is not stored."""
    return _decide(body.ids, body, context)


@finding_routes.post("/decisions/{number}/undo", status_code=201, dependencies=[REVIEW])
def undo(number: Id, context: Context) -> dict[str, int]:
    """Undo the decisions of a batch; the returned `batch` is 0 if there was nothing left to undo."""
    events = context.archive.reviews.events_of_batch(number)
    return {"batch": undo_decisions(context.services, events, context.user.name)}


@article_routes.get("/contradictions", response_model=models.PageResponse[dict[str, Any]])
def contradictions(
    context: Context, limit: Limit = 50, after: Annotated[int | None, Query(gt=0, lt=2**63)] = None
) -> dict[str, Any]:
    """List numbers that watched articles cite from the same source with different values, as the command does."""
    numbers, following = disputed_numbers(context.services, limit=limit, before=after)
    return {"items": [disputed_json(context.services, number) for number in numbers], "next": following}


@article_routes.get("/articles", response_model=list[Article])
def articles(context: Context) -> Sequence[Article]:
    """List all articles that were ever checked."""
    return context.archive.articles.list_all()


@article_routes.get("/articles/{wiki}/{page_id}/facts", response_model=models.FactsResponse)
def facts(
    article: AddressedArticle,
    context: Context,
    limit: Limit = 200,
    after: Annotated[int, Query(ge=0, lt=2**31, description="How many of them to skip.")] = 0,
) -> dict[str, Any]:
    """Return an article's current statistics and claims, each with its sentence (or an excerpt) and sources."""
    cursor = context.archive.revisions.cursor(article)
    text = context.archive.revisions.snapshot(article.wiki, cursor.id).wikitext if cursor else None
    if cursor is None or text is None:
        raise Missing(f"{article.title}: no text of it is stored")
    document = parse(text, context.dialect(article.wiki))
    stated = (*document.statistics, *document.claims)
    page = stated[after : after + limit]
    return {
        "article": article,
        "revision": cursor,
        "statistics": [fact_to_dict(item) for item in page if isinstance(item, Statistic)],
        "claims": [fact_to_dict(item) for item in page if isinstance(item, Claim)],
        "total": len(stated),
        "next": after + limit if after + limit < len(stated) else None,
    }


@article_routes.get("/articles/{wiki}/{page_id}/timelines", response_model=models.TimelinesResponse)
def timelines(
    article: AddressedArticle,
    context: Context,
    statistic: Annotated[str, Query(max_length=200, description="Only statistics about these words.")] = "",
    limit: Limit = 50,
    after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> dict[str, Any]:
    """Return the timelines of an article's elements, as far as its edits have been read."""
    reading = ArticleTimelines(context, article)
    chosen = find_timelines(reading.timelines, statistic) if statistic.strip() else reading.timelines
    rest = sorted((each for each in chosen if after is None or each.number > after), key=lambda each: each.number)
    return {
        "article": article,
        "read": reading.read,
        "total": reading.total,
        "complete": reading.complete,
        "timelines": history_data(rest[:limit]),
        "next": rest[limit - 1].number if len(rest) > limit else None,
    }


@article_routes.get("/articles/{wiki}/{page_id}/comparisons", response_model=list[models.ComparisonResponse])
def comparisons(article: AddressedArticle, context: Context, limit: Limit = 50) -> Sequence[snapshots.ComparisonRecord]:
    """List the newest comparisons of an article; GET /findings?comparison=ID returns their findings."""
    return context.archive.comparisons.of_article(article, limit)


@article_routes.get("/articles/{wiki}/{page_id}/events", response_model=list[models.EventResponse])
def events(article: AddressedArticle, context: Context, limit: Limit = 50) -> Sequence[snapshots.PageEvent]:
    """List the events of an article other than edits, the newest first."""
    return context.archive.events.of_article(article, limit)


@article_routes.get("/comparisons/{number}", response_model=models.ComparisonResponse)
def comparison(number: Id, context: Context) -> snapshots.ComparisonRecord:
    """Return a stored comparison."""
    return context.archive.comparisons.get(number)


@watch_routes.get("/watches")
def watches(context: Context) -> models.WatchesResponse:
    """List all watches with their settings."""
    path = context.watchlist.path
    return models.WatchesResponse(
        watches=list(context.watchlist.watches),
        lists=list(context.watchlist.sources),
        version=file_version(path) if path.is_file() else None,
        error=context.services.watchlist_error,
    )


@watch_routes.post("/watches/check", dependencies=[ADMIN], response_model=models.LocatedPageResponse)
def check(body: models.ArticleRequest, context: Context) -> dict[str, Any]:
    """Check whether a wiki of the watchlist has a page; this asks no other host and changes nothing."""
    with context.wiki_lock:
        page = find_page(context.services, body.article, body.wiki).existing()
    return asdict(page) | {"watched": page.watched is not None}


@watch_routes.post("/watches", status_code=201, dependencies=[ADMIN])
def add(body: models.AddWatchRequest, context: Context) -> Watch:
    """Watch an article, after checking that its wiki has it."""
    with context.wiki_lock:
        page = find_page(context.services, body.article, body.wiki).existing()
    save_watch(context.services, page, body.version)
    context.services.reload_watchlist()
    return context.watch(page.wiki, page.title)


@watch_routes.patch("/watches", dependencies=[ADMIN])
def change(body: models.UpdateWatchRequest, context: Context) -> Watch:
    """Change settings of a watch in watchlist.toml, or pause it; comments and other entries of the file are kept."""
    context.watch(body.wiki, body.title)
    change_watch(context.watchlist.path, body.wiki, body.title, body.settings(), body.version)
    context.services.reload_watchlist()
    return context.watch(body.wiki, body.title)


@watch_routes.get("/status")
def status(context: Context) -> dict[str, Any]:
    """Return the state of every watch and of the outbox, as `watcher status --format json` does."""
    now, system = context.now(), context.archive.metrics.outbox(context.now())
    health = watch_health(context.services.index, now)
    failed, lists = recent_failures(context.archive, now), list_health(context.services.index, now)
    return status_json(health, system, now, failed, lists)


@watch_routes.get("/mutes", response_model=list[snapshots.Mute])
def mutes(context: Context) -> Sequence[snapshots.Mute]:
    """Return the open mutes, the oldest first."""
    return context.archive.mutes.list_open()


@watch_routes.post("/mutes", name="mute", status_code=201, dependencies=[ADMIN], response_model=snapshots.Mute)
def begin_mute(body: models.MuteRequest, context: Context) -> snapshots.Mute:
    """Mute findings until a time or permanently."""
    if body.title is not None and body.wiki is not None:
        context.watch(body.wiki, body.title)
    given = {name: value for name, value in body if value is not None}
    return begin(context.services, **given)


@watch_routes.delete("/mutes/{number}", dependencies=[REVIEW])
def unmute(number: Id, context: Context) -> dict[str, int]:
    """End a mute; `summaries` is the number of articles for which a summary of suppressed changes was queued."""
    mute = open_mute(context.services, number)
    with context.wiki_lock:
        return {"summaries": end_mute(context.services, mute)}


@operating_routes.get("/me")
def me(context: Context) -> models.CurrentUserResponse:
    """Return the current user and its scopes."""
    scopes = [scope.value for scope in Scope if context.user.has_scope(scope)]
    return models.CurrentUserResponse(name=context.user.name, signed_in=context.user.signed_in, scopes=scopes)


@operating_routes.get("/deliveries", response_model=list[models.DeliveryResponse])
def deliveries(
    context: Context,
    state: Literal["queued", "sent", "dead", "replaced", "discarded"] | None = None,
    limit: Limit = 50,
) -> Sequence[snapshots.DeliveryRecord]:
    """List the newest messages of the outbox with all their delivery attempts."""
    return context.archive.outbox.newest(limit, snapshots.DeliveryState(state) if state else None)


@operating_routes.post("/deliveries/retry", status_code=202, dependencies=[ADMIN])
def retry(context: Context) -> dict[str, int]:
    """Queue the failed messages again; `queued` is their number."""
    return {"queued": context.archive.outbox.retry_dead(context.now())}


PREFIX: Final = "/api/v1"
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail")},
        "status": {"type": "integer"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_DESCRIPTIONS: Final = {
    400: "The request cannot be parsed.",
    401: "Nobody is signed in, or the token is not known.",
    403: "The scope is too small, or the request may be forged.",
    404: "There is nothing with this id.",
    409: "Somebody else has changed it in the meantime.",
    413: "The request is too large.",
    422: "A field is invalid, or the request cannot be carried out.",
    502: "The wiki's answer cannot be trusted.",
    503: "The database or the wiki is not available now.",
}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": message, "content": {"application/problem+json": {"schema": _PROBLEM}}}
    for status, message in _DESCRIPTIONS.items()
}

_described = APIRouter(prefix=PREFIX)
for _part in (finding_routes, article_routes, watch_routes, operating_routes):
    _described.include_router(_part, responses=_RESPONSES)

_pages = APIRouter(prefix=PREFIX, include_in_schema=False, dependencies=[READ])
ROUTERS = (_described, _pages)


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, with the scope that each operation requires."""
    site = FastAPI(openapi_url=None)
    site.include_router(_described)
    reported = get_openapi(
        title="Article Watcher",
        version="1",
        description="Times are ISO 8601 with a zone. Errors are problem documents (RFC 9457).",
        routes=site.routes,
    )
    reported["info"]["x-release"] = version()
    reported["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "`watcher token add NAME --scope SCOPE`"},
        "session": {"type": "apiKey", "in": "cookie", "name": "watcher_session"},
    }
    for rule in route_permissions(site.routes):
        for method in rule.methods:
            operation = reported["paths"][rule.path][method.lower()]
            operation["security"] = [{"token": []}, {"session": []}]
            operation["x-scope"] = rule.needs.value if rule.needs else None
    return reported


@_pages.get("/openapi.json", response_class=JSONResponse)
def openapi() -> JSONResponse:
    """Return the OpenAPI document as JSON."""
    return JSONResponse(document())


@_pages.get("", response_class=HTMLResponse)
def listing(context: Context) -> HTMLResponse:
    """Return a page that lists the API's operations."""
    rows = [
        {"method": method.upper(), "path": path, "description": reported["description"], "scope": reported["x-scope"]}
        for path, methods in document()["paths"].items()
        for method, reported in methods.items()
    ]
    return context.page("api.html", rows=rows)
