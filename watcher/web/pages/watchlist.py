"""Serve the watchlist pages: list and search articles; add, check, edit, pause and remove watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from watcher.config import Watch, remove_watch
from watcher.errors import WatcherError
from watcher.model import Article
from watcher.model.revisions import ACCOUNT_KINDS
from watcher.services.check import check as check_watches
from watcher.services.health import WatchHealth, list_health
from watcher.services.page_lookup import find_page
from watcher.services.watchlist import change_watch, file_version, save_watch, update_file
from watcher.web import rendering
from watcher.web.auth.authentication import CurrentUser
from watcher.web.dependencies import PAGE, READ, AdminAccess, Context, User, WebContext
from watcher.web.error_responses import status_of
from watcher.web.pages import setting_forms
from watcher.web.view_models import article_key

NOTICES: Final = {
    "added": "The article is watched now",
    "saved": "The settings are saved",
    "same": "Nothing changed",
    "removed": "The watch is removed. What was found of the article stays, and it can be watched again",
}
_ADDED_AT: Final = "/watches?did=added"
_MOST_FIELDS: Final = 2_000
_ROWS: Final = 100

router = APIRouter(dependencies=[READ])
Words = Annotated[str, Form(max_length=2000)]
ListPosition = Annotated[str, Query(max_length=2000)]


@router.api_route("/watches", **PAGE)
def watches(
    context: Context,
    user: User,
    did: str = "",
    q: ListPosition = "",
    page: Annotated[int, Query(ge=1, lt=10**6)] = 1,
) -> Response:
    """All watches, failing ones first, or the articles with some words in their title; an only one is shown itself."""
    result = _search(context, q.strip(), page)
    if result.q and len(result.rows) + len(result.others) == len(result.articles) == 1:
        return RedirectResponse(f"/article/{article_key(result.articles[0])}", 303)
    return _list(context, user, result, did=NOTICES.get(did, ""))


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search has found: watches, and other articles with the watch of the list that they are on, if any.

    `number` is that of the page.
    """

    rows: Sequence[WatchHealth]
    others: Sequence[tuple[Article, Watch | None]] = ()
    q: str = ""
    number: int = 1

    @property
    def articles(self) -> list[Article]:
        """Those that have a page."""
        states = [row.check_state for row in self.rows if row.check_state and row.check_state.article.page_id]
        return [*(state.article for state in states), *(known for known, _ in self.others)]


def _search(context: WebContext, q: str, number: int) -> SearchResult:
    """Find the watches whose title has all these words, and such articles without a watch of their own."""
    rows, words = rendering.watch_rows(context), q.casefold().split()
    if not words:
        return SearchResult(rows, number=number)
    watched = {(row.check_state.article.wiki, row.check_state.article.page_id) for row in rows if row.check_state}
    named = [row for row in rows if _is_named(row, words)]
    known = context.archive.articles.named(words, _ROWS + len(named))
    others = [page for page in known if (page.wiki, page.page_id) not in watched][:_ROWS]
    members = {
        (wiki, title): watch
        for wiki in dict.fromkeys(page.wiki for page in others)
        for title, watch in context.services.index.members(
            wiki, page_ids=[page.page_id for page in others if page.wiki == wiki]
        ).items()
    }
    return SearchResult(named, [(page, members.get((page.wiki, page.title))) for page in others], q, number)


def _is_named(row: WatchHealth, words: list[str]) -> bool:
    """Whether the title of a watch, or that of its page by now, has these words."""
    titles = f"{row.watch.title}\n{row.check_state.article.title if row.check_state else ''}".casefold()
    return all(word in titles for word in words)


def _list(
    context: WebContext, user: CurrentUser, result: SearchResult | None = None, status: int = 200, **shown: Any
) -> HTMLResponse:
    path, result = context.watchlist.path, result or SearchResult(rendering.watch_rows(context))
    first = min((result.number - 1) * _ROWS, max(0, len(result.rows) - 1) // _ROWS * _ROWS)
    values = {"did": "", "outcome": None, "asked": result.q, "page": None, "message": ""} | shown
    return rendering.page(
        "watches.html",
        status,
        user=user,
        rows=result.rows[first : first + _ROWS],
        first=first + 1,
        number=first // _ROWS + 1,
        total=len(result.rows),
        others=result.others,
        q=result.q,
        lists=list_health(context.services, context.now()),
        index_urls=context.index_urls,
        wikis=[site.name for site in context.watchlist.wikis],
        version=file_version(path) if path.is_file() else "",
        error=context.services.watchlist_error,
        **values,
    )


@router.post("/watches/check", response_class=HTMLResponse)
def check(context: Context, user: AdminAccess, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Check whether a wiki of the watchlist has the page; nothing is changed yet."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article.strip(), None if "://" in article else wiki or None)
    except WatcherError as error:
        return _list(context, user, asked=article, message=str(error), status=status_of(error))
    return _list(context, user, asked=article, page=page)


@router.post("/watches/preview", response_class=HTMLResponse)
def preview(context: Context, user: AdminAccess, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Show what the last month of a page, or of some members of a list, would have sent; nothing is changed."""
    from watcher.services.preview import preview_briefly  # noqa: PLC0415  with all that a check needs

    try:
        shown = preview_briefly(context.services, article, wiki or None, context.wiki_lock)
    except WatcherError as error:
        return _list(context, user, asked=article, message=str(error), status=status_of(error))
    return rendering.page("preview.html", user=user, preview=shown)


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
    return _form(context, user, watch, None, file_version(context.watchlist.path))


@router.post("/watches/edit", response_class=RedirectResponse)
async def change(request: Request, context: Context, user: AdminAccess) -> Response:
    """Write the settings that were changed into the watchlist; an empty one gets its default."""
    sent = await request.form(max_fields=_MOST_FIELDS)
    wiki, title, version = (str(sent.get(name, ""))[: setting_forms.LONGEST] for name in ("wiki", "title", "version"))
    watch, choices = context.watch(wiki, title), _choices(context)
    entered = setting_forms.entered(Watch, sent, choices)
    settings = setting_forms.changed(Watch, setting_forms.shown(Watch, watch, choices), entered, choices)
    if set(entered["destinations"]) == set(choices["destinations"]):
        settings |= {"destinations": None} if "destinations" in settings else {}
    try:
        changed = change_watch(context.watchlist.path, wiki, title, settings, version or None)
    except WatcherError as error:
        return _form(context, user, watch, entered, version, message=str(error), status=status_of(error))
    return RedirectResponse(f"/watches?did={'saved' if changed else 'same'}", 303)


def _choices(context: WebContext) -> setting_forms.Choices:
    names = [destination.name for destination in context.watchlist.destinations]
    return {"destinations": names, "accounts": ACCOUNT_KINDS}


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


@router.post("/watches/check-now", response_class=HTMLResponse)
def check_now(context: Context, user: AdminAccess, wiki: Words = "", title: Words = "") -> HTMLResponse:
    """Check the article of a watch at once, and say how it ended; alerts are sent as after any check."""
    watch = context.watch(wiki, title)
    if watch.paused:
        return _list(context, user, message=f"{watch.title} is paused: resume it first.", status=409)
    with context.wiki_lock:
        outcome = next(iter(check_watches(context.services, [watch])))
    return _list(context, user, outcome=outcome)


@router.post("/watches/remove", response_class=RedirectResponse)
def remove(context: Context, user: AdminAccess, wiki: Words = "", title: Words = "", version: Words = "") -> Response:
    """Take a watch out of the watchlist; what was stored of its article stays."""
    watch = context.watch(wiki, title)
    try:
        update_file(
            context.watchlist.path,
            lambda text: remove_watch(text, watch.wiki, watch.title),
            version=version or None,
        )
    except WatcherError as error:
        return _form(context, user, watch, None, version, message=str(error), status=status_of(error))
    return RedirectResponse("/watches?did=removed", 303)


def _form(
    context: WebContext,
    user: CurrentUser,
    watch: Watch,
    entered: dict[str, Any] | None,
    version: str,
    *,
    message: str = "",
    status: int = 200,
) -> HTMLResponse:
    choices = _choices(context)
    values = setting_forms.shown(Watch, watch, choices) if entered is None else entered
    return rendering.page(
        "watch.html",
        status,
        user=user,
        watch=watch,
        version=version,
        controls=setting_forms.controls(Watch, values, choices),
        message=message,
    )
