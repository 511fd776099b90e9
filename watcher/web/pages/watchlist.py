"""Serve the watchlist pages: list, add and edit watches."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from watcher.config import Watch
from watcher.config.editor import plain_value
from watcher.config.settings import WATCH_SETTINGS, Name, Text
from watcher.errors import WatcherError
from watcher.model import Severity
from watcher.services.health import list_health
from watcher.services.page_lookup import LocatedPage, find_page
from watcher.services.watchlist import change_watch, file_version, save_watch
from watcher.web import rendering
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import PAGE, READ, AdminAccess, Context, User, WebContext
from watcher.web.error_responses import status_of

NOTICES: Final = {"added": "The article is watched now", "saved": "The settings are saved", "same": "Nothing changed"}
_ADDED_AT: Final = "/watches?did=added"
_LONGEST_FIELD: Final = 40_000

router = APIRouter(dependencies=[READ])
Words = Annotated[str, Form(max_length=2000)]
ListPosition = Annotated[str, Query(max_length=2000)]


@router.api_route("/watches", **PAGE)
def watches(context: Context, user: User, did: str = "") -> HTMLResponse:
    """All watches, failing ones first, and for admins the form to add one."""
    return _list(context, user, did=did)


def _list(
    context: WebContext,
    user: CurrentUser,
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
        user=user,
        rows=rendering.watch_rows(context),
        lists=list_health(context.services, context.now()),
        index_urls=rendering.index_urls(context.watchlist),
        wikis=[site.name for site in context.watchlist.wikis],
        version=file_version(path) if path.is_file() else "",
        error=context.services.watchlist_error,
        did=NOTICES.get(did, ""),
        asked=asked,
        page=page,
        message=message,
    )
    return HTMLResponse(shown, status)


@router.post("/watches/check", response_class=HTMLResponse)
def check(context: Context, user: AdminAccess, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Check whether a wiki of the watchlist has the page; nothing is changed yet."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article.strip(), None if "://" in article else wiki or None)
    except WatcherError as error:
        return _list(context, user, asked=article, message=str(error), status=status_of(error))
    return _list(context, user, asked=article, page=page)


@router.post("/watches", response_class=RedirectResponse)
def add(context: Context, user: AdminAccess, article: Words = "", wiki: Words = "", version: Words = "") -> Response:
    """Watch the page that was found."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article, wiki or None)
        save_watch(context.services, page, version or None)
    except WatcherError as error:
        return _list(context, user, asked=article, message=str(error), status=status_of(error))
    return RedirectResponse(_ADDED_AT, 303)


@router.api_route("/watches/edit", **PAGE)
def form(context: Context, user: AdminAccess, wiki: ListPosition = "", title: ListPosition = "") -> HTMLResponse:
    """Return the settings of one watch, to be changed."""
    watch = context.watch(wiki, title)
    return _form(context, user, watch, _to_form(watch), file_version(context.watchlist.path))


@router.post("/watches/edit", response_class=RedirectResponse)
async def change(request: Request, context: Context, user: AdminAccess) -> Response:
    """Write the settings into the watchlist; an empty one gets its default."""
    sent = await request.form()
    wiki, title, version = (str(sent.get(name, ""))[:_LONGEST_FIELD] for name in ("wiki", "title", "version"))
    watch = context.watch(wiki, title)
    entered = {name: _entered(name, sent) for name in _EDITABLE}
    names = {destination.name for destination in context.watchlist.destinations}
    settings = {name: _to_setting(name, value, names) for name, value in entered.items()}
    try:
        changed = change_watch(context.watchlist.path, wiki, title, settings, version or None)
    except WatcherError as error:
        return _form(context, user, watch, entered, version, message=str(error), status=status_of(error))
    return RedirectResponse(f"/watches?did={'saved' if changed else 'same'}", 303)


_EDITABLE: Final = tuple(name for name in WATCH_SETTINGS if Watch.model_fields[name].title)
_CONTROLS: Final = ((Severity, "choice"), (bool, "switch"), (Name, "words"), (Text, "lines"), (str, "names"))


def _control(name: str) -> str:
    """How a setting is entered, by its type or the type of its items."""
    annotation = Watch.model_fields[name].annotation
    item = next(iter(get_args(annotation)), annotation)
    return next((control for kind, control in _CONTROLS if kind == item), "text")


def _entered(name: str, sent: FormData) -> Any:
    """Return the value of a setting in a form: the chosen names, whether it is switched on, or a text."""
    match _control(name):
        case "names":
            return [str(item)[:64] for item in sent.getlist(name)]
        case "switch":
            return bool(sent.get(name))
        case _:
            return str(sent.get(name, ""))[:_LONGEST_FIELD]


def _to_setting(name: str, entered: Any, destinations: set[str]) -> Any:
    """Return a setting as the file has it; None where it is empty or the default, which the file need not state."""
    match _control(name):
        case "names":
            return None if set(entered) == destinations else entered
        case "switch":
            return None if entered is Watch.model_fields[name].default else entered
        case "words":
            return entered.replace(",", " ").split() or None
        case "lines":
            return [" ".join(line.split()) for line in entered.splitlines() if line.strip()] or None
        case _:
            return entered.strip() or None


@router.post("/watches/pause", response_class=RedirectResponse)
def pause(
    context: Context,
    user: AdminAccess,
    wiki: Words = "",
    title: Words = "",
    paused: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
) -> Response:
    """Pause or resume a watch."""
    watch = context.watch(wiki, title)
    try:
        change_watch(context.watchlist.path, watch.wiki, watch.title, {"paused": True if paused else None})
    except WatcherError as error:
        return _list(context, user, message=str(error), status=status_of(error))
    return RedirectResponse("/watches?did=saved", 303)


def _to_form(watch: Watch) -> dict[str, Any]:
    """Return the present settings as the form shows them."""
    separators = {"words": " ", "lines": "\n"}
    values = {name: plain_value(getattr(watch, name)) for name in _EDITABLE}
    return {
        name: separators[control].join(value) if (control := _control(name)) in separators else value
        for name, value in values.items()
    }


def _form(
    context: WebContext,
    user: CurrentUser,
    watch: Watch,
    entered: dict[str, Any],
    version: str,
    *,
    message: str = "",
    status: int = 200,
) -> HTMLResponse:
    shown = rendering.render(
        "watch.html",
        user=user,
        watch=watch,
        entered=entered,
        version=version,
        controls=[(name, _control(name), Watch.model_fields[name].title) for name in _EDITABLE],
        options={
            "choice": [level.label for level in reversed(Severity)],
            "names": [destination.name for destination in context.watchlist.destinations],
        },
        message=message,
    )
    return HTMLResponse(shown, status)
