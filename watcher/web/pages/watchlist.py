"""Serve the watchlist pages: list, add and edit watches."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from watcher.config import Watch
from watcher.config.validators import format_duration
from watcher.errors import Conflict, Missing, Unavailable, WatcherError
from watcher.model import Severity
from watcher.services.watchlist import LocatedPage, change_watch, file_version, find_page, save_watch
from watcher.web import rendering
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import AdminAccess, Context, ReadAccess, WebContext

_READ: Final[dict[str, Any]] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}
NOTICES: Final = {"added": "The article is watched now", "saved": "The settings are saved", "same": "Nothing was other"}
_ADDED_AT: Final = "/watches?did=added"

router = APIRouter()
Words = Annotated[str, Form(max_length=2000)]
Lines = Annotated[str, Form(max_length=40_000)]
ListPosition = Annotated[str, Query(max_length=2000)]


@router.api_route("/watches", **_READ)
def watches(context: Context, reader: ReadAccess, did: str = "") -> HTMLResponse:
    """All watches, those in trouble first, and for admins the form to add one."""
    return _list(context, reader, did=did)


def _list(
    context: WebContext,
    reader: CurrentUser,
    *,
    did: str = "",
    asked: str = "",
    page: LocatedPage | None = None,
    message: str = "",
    status: int = 200,
) -> HTMLResponse:
    path = context.watchlist.path
    shown = rendering.render(
        "watches.html",
        reader=reader,
        rows=rendering.watch_rows(context.services, context.archive.status(context.now()), context.now()),
        wikis=[site.name for site in context.watchlist.wikis],
        version=file_version(path) if path.is_file() else "",
        mistake=context.services.watchlist_error,
        did=NOTICES.get(did, ""),
        asked=asked,
        found=page,
        known=page is not None and page.watched is not None,
        says=message,
    )
    return HTMLResponse(shown, status)


@router.post("/watches/check", response_class=HTMLResponse)
def check(context: Context, reader: AdminAccess, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Look whether a wiki of the watchlist has the page; nothing is changed yet."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article.strip(), None if "://" in article else wiki or None)
    except WatcherError as error:
        return _list(context, reader, asked=article, message=str(error), status=_status(error))
    return _list(context, reader, asked=article, page=page)


@router.post("/watches", response_class=RedirectResponse)
def add(context: Context, reader: AdminAccess, article: Words = "", wiki: Words = "", version: Words = "") -> Response:
    """Watch the page that was found."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article, wiki or None)
        save_watch(context.services, page, version or None)
    except WatcherError as error:
        return _list(context, reader, asked=article, message=str(error), status=_status(error))
    return RedirectResponse(_ADDED_AT, 303)


@router.api_route("/watches/edit", **_READ)
def form(context: Context, reader: AdminAccess, wiki: ListPosition = "", title: ListPosition = "") -> HTMLResponse:
    """The settings of one watch, to be changed."""
    watch = _known(context, wiki, title)
    return _form(context, reader, watch, _settings_to_form(watch), file_version(context.watchlist.path))


@router.post("/watches/edit", response_class=RedirectResponse)
async def change(request: Request, context: Context, reader: AdminAccess) -> Response:
    """Write other settings into the watchlist; what is empty there gets its default."""
    sent = await request.form()
    fields = {name: str(sent.get(name, ""))[:40_000] for name in _FIELDS}
    chosen = [str(item)[:64] for item in sent.getlist("destinations")]
    watch = _known(context, fields["wiki"], fields["title"])
    settings = _form_to_settings(fields, chosen, context)
    try:
        changed = change_watch(context.watchlist.path, watch.wiki, watch.title, settings, fields["version"] or None)
    except WatcherError as error:
        entered = {**fields, "destinations": chosen, "bypass": bool(fields["bypass"])}
        return _form(context, reader, watch, entered, fields["version"], message=str(error), status=_status(error))
    return RedirectResponse(f"/watches?did={'saved' if changed else 'same'}", 303)


_FIELDS: Final = ("wiki", "title", "version", "threshold", "settle", "every", "tags", "claims", "bypass")


def _form_to_settings(fields: dict[str, str], chosen: list[str], context: WebContext) -> dict[str, Any]:
    """What the form says, None where it is the default: then the file need not say it."""
    everywhere = {destination.name for destination in context.watchlist.destinations}
    tags = fields["tags"].replace(",", " ").split()
    claims = [" ".join(line.split()) for line in fields["claims"].splitlines() if line.strip()]
    return {
        "threshold": fields["threshold"] or None,
        "settle": fields["settle"].strip() or None,
        "every": fields["every"].strip() or None,
        "tags": tags or None,
        "claims": claims or None,
        "destinations": None if set(chosen) == everywhere else chosen,
        "critical_bypass": None if fields["bypass"] else False,
    }


@router.post("/watches/pause", response_class=RedirectResponse)
def pause(
    context: Context,
    reader: AdminAccess,
    wiki: Words = "",
    title: Words = "",
    paused: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
) -> Response:
    """Leave an article alone for now, or look at it again."""
    watch = _known(context, wiki, title)
    try:
        change_watch(context.watchlist.path, watch.wiki, watch.title, {"paused": True if paused else None})
    except WatcherError as error:
        return _list(context, reader, message=str(error), status=_status(error))
    return RedirectResponse("/watches?did=saved", 303)


def _known(context: WebContext, wiki: str, title: str) -> Watch:
    watch = context.services.index.get(wiki, title)
    if watch is None:
        raise Missing(f"{title!r} on {wiki}: is not watched")
    return watch


def _settings_to_form(watch: Watch) -> dict[str, Any]:
    return {
        "threshold": watch.threshold.label,
        "settle": format_duration(watch.settle),
        "every": format_duration(watch.every),
        "tags": " ".join(watch.tags),
        "claims": "\n".join(watch.claims),
        "destinations": watch.destinations,
        "bypass": watch.critical_bypass,
    }


def _form(
    context: WebContext,
    reader: CurrentUser,
    watch: Watch,
    entered: dict[str, Any],
    version: str,
    *,
    message: str = "",
    status: int = 200,
) -> HTMLResponse:
    shown = rendering.render(
        "watch.html",
        reader=reader,
        watch=watch,
        entered=entered,
        version=version,
        levels=[level.label for level in reversed(Severity)],
        places=[destination.name for destination in context.watchlist.destinations],
        says=message,
    )
    return HTMLResponse(shown, status)


def _status(error: WatcherError) -> int:
    if isinstance(error, Conflict):
        return 409
    if isinstance(error, Unavailable):
        return 503
    return 404 if isinstance(error, Missing) else 422
