"""Serve the watchlist pages: list and search articles; add, check, edit, pause and remove watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from watcher.config import Watch, remove_watch
from watcher.errors import WatcherError
from watcher.model import Article
from watcher.model.revisions import ACCOUNT_KINDS
from watcher.services.check import check as check_watches
from watcher.services.health import WatchHealth, list_health
from watcher.services.page_lookup import find_page
from watcher.services.watchlist import change_watch, file_version, save_watch, update_file
from watcher.web.dependencies import ADMIN, Context, PageRouter, WebContext
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

router = PageRouter()
Words = Annotated[str, Form(max_length=2000)]
ListPosition = Annotated[str, Query(max_length=2000)]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search has found: watches, and other articles with the watch of the list that they are on, if any.

    `number` is that of the page.
    """

    rows: Sequence[WatchHealth]
    others: Sequence[tuple[Article, Watch | None]] = ()
    q: str = ""
    number: int = 1


@router.page("/watches")
def watches(
    context: Context, did: str = "", q: ListPosition = "", page: Annotated[int, Query(ge=1, lt=10**6)] = 1
) -> Response:
    """All watches, failing ones first, or the articles with some words in their title; an only one is shown itself."""
    result = _search(context, q.strip(), page)
    states = [row.check_state for row in result.rows if row.check_state and row.check_state.article.page_id]
    pages = [*(state.article for state in states), *(known for known, _ in result.others)]
    if result.q and len(result.rows) + len(result.others) == len(pages) == 1:
        return RedirectResponse(f"/article/{article_key(pages[0])}", 303)
    return _list(context, result, did=NOTICES.get(did, ""))


def _search(context: WebContext, q: str, number: int) -> SearchResult:
    """Find the watches with all these words in their title, or in that of their page by now, and articles like them.

    The others are articles without a watch of their own.
    """
    rows, words = context.watch_rows(), q.casefold().split()
    if not words:
        return SearchResult(rows, number=number)
    pages = [row.check_state.article if row.check_state else None for row in rows]
    watched = {(page.wiki, page.page_id) for page in pages if page}
    titles = [
        f"{row.watch.title}\n{page.title if page else ''}".casefold() for row, page in zip(rows, pages, strict=True)
    ]
    named = [row for row, title in zip(rows, titles, strict=True) if all(word in title for word in words)]
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


def _list(context: WebContext, result: SearchResult | None = None, status: int = 200, **shown: Any) -> HTMLResponse:
    path, result = context.watchlist.path, result or SearchResult(context.watch_rows())
    first = min((result.number - 1) * _ROWS, max(0, len(result.rows) - 1) // _ROWS * _ROWS)
    values = {"did": "", "outcome": None, "asked": result.q, "page": None, "message": ""} | shown
    return context.page(
        "watches.html",
        status,
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


def _refused(context: WebContext, error: WatcherError, asked: str = "") -> HTMLResponse:
    return _list(context, asked=asked, message=str(error), status=status_of(error))


@router.form("/watches/check", ADMIN)
def check(context: Context, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Check whether a wiki of the watchlist has the page; nothing is changed yet."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article.strip(), None if "://" in article else wiki or None)
    except WatcherError as error:
        return _refused(context, error, article)
    return _list(context, asked=article, page=page)


@router.form("/watches/preview", ADMIN)
def preview(context: Context, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Show what the last month of a page, or of some members of a list, would have sent; nothing is changed."""
    from watcher.services.preview import preview_briefly  # noqa: PLC0415  with all that a check needs

    try:
        shown = preview_briefly(context.services, article, wiki or None, context.wiki_lock)
    except WatcherError as error:
        return _refused(context, error, article)
    return context.page("preview.html", preview=shown)


@router.form("/watches", ADMIN)
def add(context: Context, article: Words = "", wiki: Words = "", version: Words = "") -> Response:
    """Watch the page that was found."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article, wiki or None)
        save_watch(context.services, page, version or None)
    except WatcherError as error:
        return _refused(context, error, article)
    return RedirectResponse(_ADDED_AT, 303)


@router.page("/watches/edit", ADMIN)
def form(context: Context, wiki: ListPosition = "", title: ListPosition = "") -> HTMLResponse:
    """Return the settings of one watch, to be changed."""
    return _form(context, context.watch(wiki, title), None, file_version(context.watchlist.path))


@router.form("/watches/edit", ADMIN)
async def change(context: Context) -> Response:
    """Write the settings that were changed into the watchlist; an empty one gets its default."""
    sent = await context.request.form(max_fields=_MOST_FIELDS)
    wiki, title, version = (str(sent.get(name, ""))[: setting_forms.LONGEST] for name in ("wiki", "title", "version"))
    watch, choices = context.watch(wiki, title), _choices(context)
    entered = setting_forms.entered(Watch, sent, choices)
    settings = setting_forms.changed(Watch, setting_forms.shown(Watch, watch, choices), entered, choices)
    if set(entered["destinations"]) == set(choices["destinations"]):
        settings |= {"destinations": None} if "destinations" in settings else {}
    try:
        changed = change_watch(context.watchlist.path, wiki, title, settings, version or None)
    except WatcherError as error:
        return _form(context, watch, entered, version, error)
    return RedirectResponse(f"/watches?did={'saved' if changed else 'same'}", 303)


def _choices(context: WebContext) -> setting_forms.Choices:
    names = [destination.name for destination in context.watchlist.destinations]
    return {"destinations": names, "accounts": ACCOUNT_KINDS}


@router.form("/watches/pause", ADMIN)
def pause(
    context: Context,
    wiki: Words = "",
    title: Words = "",
    paused: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
) -> Response:
    """Pause or resume a watch."""
    watch = context.watch(wiki, title)
    try:
        change_watch(context.watchlist.path, watch.wiki, watch.title, {"paused": True if paused else None})
    except WatcherError as error:
        return _refused(context, error)
    return RedirectResponse("/watches?did=saved", 303)


@router.form("/watches/check-now", ADMIN)
def check_now(context: Context, wiki: Words = "", title: Words = "") -> HTMLResponse:
    """Check the article of a watch at once, and say how it ended; alerts are sent as after any check."""
    watch = context.watch(wiki, title)
    if watch.paused:
        return _list(context, message=f"{watch.title} is paused: resume it first.", status=409)
    with context.wiki_lock:
        outcome = next(iter(check_watches(context.services, [watch])))
    return _list(context, outcome=outcome)


@router.form("/watches/remove", ADMIN)
def remove(context: Context, wiki: Words = "", title: Words = "", version: Words = "") -> Response:
    """Take a watch out of the watchlist; what was stored of its article stays."""
    watch = context.watch(wiki, title)
    try:
        update_file(
            context.watchlist.path,
            lambda text: remove_watch(text, watch.wiki, watch.title),
            version=version or None,
        )
    except WatcherError as error:
        return _form(context, watch, None, version, error)
    return RedirectResponse("/watches?did=removed", 303)


def _form(
    context: WebContext, watch: Watch, entered: dict[str, Any] | None, version: str, error: WatcherError | None = None
) -> HTMLResponse:
    choices = _choices(context)
    values = setting_forms.shown(Watch, watch, choices) if entered is None else entered
    controls = setting_forms.controls(Watch, values, choices)
    status, message = (status_of(error), str(error)) if error else (200, "")
    return context.page("watch.html", status, watch=watch, version=version, controls=controls, message=message)
