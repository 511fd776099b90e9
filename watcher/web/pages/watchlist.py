"""Serve the watchlist pages: list and search articles; add, check, edit, pause and remove watches.

Each setting of a table in watchlist.toml is a control of a form; its subtables, such as `ignore` and
`[[watch.statistic]]`, are groups of controls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, get_args, get_origin

from fastapi import Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel
from starlette.datastructures import FormData

from watcher.config import Watch, remove_watch
from watcher.config.editor import plain_value
from watcher.config.settings import Name
from watcher.errors import WatcherError
from watcher.model import Article, Severity
from watcher.model.revisions import ACCOUNT_KINDS
from watcher.services.checks.check import check as check_watches
from watcher.services.operations.health import WatchHealth, list_health
from watcher.services.watchlist import change_watch, file_version, find_page, save_watch, update_file
from watcher.web.dependencies import ADMIN, Context, PageRouter, WebContext
from watcher.web.rendering import article_key, status_of

MAX_VALUE_LENGTH: Final = 40_000
"""The number of characters of an entered text."""
_LONGEST_NAME: Final = 64
_MOST_ROWS: Final = 200
_SHARES: Final = frozenset({"change"})  # settings written as percentages
_SEPARATORS: Final = {"words": " ", "lines": "\n"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a table and its form control; for the kinds group and rows, `parts` are the settings of a subtable.

    Kinds: text, date, choice, switch, names (checkboxes), words, lines, group, rows.
    """

    name: str
    kind: str
    label: str
    default: Any
    options: tuple[str, ...] = ()
    parts: tuple[Setting, ...] = ()

    def read(self, sent: FormData, key: str) -> Any:
        """Return what was entered: a text, the checked names, a bool for a switch, or tables of these."""
        match self.kind:
            case "names":
                return [str(item)[:_LONGEST_NAME] for item in sent.getlist(key)]
            case "switch":
                return bool(sent.get(key))
            case "group":
                return read_form(self.parts, sent, f"{key}.")
            case "rows":
                rows = [read_form(self.parts, sent, f"{key}.{number}.") for number in range(_MOST_ROWS)]
                return [row for row in rows if any(row.values())]
            case "lines":
                return "\n".join(str(sent.get(key, "")).splitlines())  # not cut: the page itself may have shown more
            case _:
                return str(sent.get(key, ""))[:MAX_VALUE_LENGTH]

    def shown(self, value: Any) -> Any:
        """Return a current value in the form in which it is entered."""
        match self.kind:
            case "group":
                return form_values(self.parts, value)
            case "rows":
                return [form_values(self.parts, row) for row in value or ()]
            case "names":
                return [each for each in self.options if each in (value or ())]  # in the order of the checkboxes
            case "words" | "lines":
                return _SEPARATORS[self.kind].join(value or ())
            case "switch":
                return bool(value)
            case _ if isinstance(value, Decimal):
                return f"{(value * 100).normalize():f} %" if self.name in _SHARES else f"{value:f}"
            case _:
                return "" if value is None else plain_value(value)

    def written(self, value: Any) -> Any:
        """Return what was entered as a value for the file; None removes the setting from it."""
        match self.kind:
            case "group":
                return self._table(value) or None
            case "rows":
                return [self._table(row) for row in value] or None
            case "names":
                return value or None
            case "switch":
                return None if value is self.default else value
            case "words":
                return value.replace(",", " ").split() or None
            case "lines":
                return [" ".join(line.split()) for line in value.splitlines() if line.strip()] or None
            case _:
                return value.strip() or None

    def _table(self, values: Mapping[str, Any]) -> dict[str, Any]:
        settings = {part.name: part.written(values[part.name]) for part in self.parts}
        return {name: value for name, value in settings.items() if value is not None}


def settings_of(table: type[BaseModel], choices: Mapping[str, Sequence[str]]) -> tuple[Setting, ...]:
    """Return the settings of a table that can be entered: those with a title; `choices` maps names to their options."""
    levels = tuple(level.label for level in reversed(Severity))
    settings = []
    for name, field in table.model_fields.items():
        several, bare = get_origin(field.annotation) is tuple, _bare(field.annotation)
        options, parts = tuple(choices.get(name, ())), tuple[Setting, ...]()
        if issubclass(bare, BaseModel):
            kind, parts = "rows" if several else "group", settings_of(bare, choices)
        elif several:
            kind = "names" if name in choices else "words" if get_args(field.annotation)[0] == Name else "lines"
        else:
            kind = {Severity: "choice", bool: "switch", date: "date"}.get(bare, "text")
        if kind == "choice":
            options = levels if field.default is not None else ("", *levels)
        if field.title:
            settings.append(Setting(name, kind, field.title, field.get_default(), options, parts))
    return tuple(settings)


def _bare(annotation: Any) -> Any:
    """Return the type of a setting, or of its items, without None and validators."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    inner = [each for each in get_args(annotation) if each not in (type(None), ...)]
    return _bare(inner[0]) if inner else annotation


def read_form(settings: Sequence[Setting], sent: FormData, prefix: str = "") -> dict[str, Any]:
    """Return what was entered for each setting."""
    return {each.name: each.read(sent, f"{prefix}{each.name}") for each in settings}


def form_values(settings: Sequence[Setting], values: object | None) -> dict[str, Any]:
    """Return the current settings as they are entered; they are attributes of `values`, or defaults if it is None."""
    return {each.name: each.shown(getattr(values, each.name, None) if values else each.default) for each in settings}


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
Others = list[tuple[Article, Watch | None]]
"""Articles without a watch of their own, each with the watch of a list that includes it, if any."""


@router.page("/watches")
def watches(
    context: Context, did: str = "", q: ListPosition = "", page: Annotated[int, Query(ge=1, lt=10**6)] = 1
) -> Response:
    """List all watches, failing ones first, or search titles for the words `q`; redirect to an only result."""
    rows, others, words = context.watch_rows(), Others(), q.casefold().split()
    if words:
        rows, others = _search(context, rows, words)
    states = [row.check_state for row in rows if row.check_state and row.check_state.article.page_id]
    pages = [*(state.article for state in states), *(known for known, _ in others)]
    if words and len(rows) + len(others) == len(pages) == 1:
        return RedirectResponse(f"/article/{article_key(pages[0])}", 303)
    return _list(context, rows, others, q=q.strip(), number=page, did=NOTICES.get(did, ""))


def _search(context: WebContext, rows: list[WatchHealth], words: Sequence[str]) -> tuple[list[WatchHealth], Others]:
    """Return the watches whose title, or the current title of whose page, contains all words, and other such articles.

    The others are articles without a watch of their own.
    """
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
    return named, [(page, members.get((page.wiki, page.title))) for page in others]


def _list(
    context: WebContext,
    rows: Sequence[WatchHealth] | None = None,
    others: Sequence[tuple[Article, Watch | None]] = (),
    *,
    q: str = "",
    number: int = 1,
    status: int = 200,
    **shown: Any,
) -> HTMLResponse:
    path, rows = context.watchlist.path, context.watch_rows() if rows is None else rows
    first = min((number - 1) * _ROWS, max(0, len(rows) - 1) // _ROWS * _ROWS)
    values = {"did": "", "outcome": None, "asked": q, "page": None, "message": ""} | shown
    return context.page(
        "watches.html",
        status,
        rows=rows[first : first + _ROWS],
        first=first + 1,
        number=first // _ROWS + 1,
        total=len(rows),
        others=others,
        q=q,
        lists=list_health(context.services.index, context.now()),
        index_urls=context.watchlist.index_urls,
        wikis=[site.name for site in context.watchlist.wikis],
        version=file_version(path) if path.is_file() else "",
        error=context.services.watchlist_error,
        **values,
    )


def _refused(context: WebContext, error: WatcherError, asked: str = "") -> HTMLResponse:
    return _list(context, asked=asked, message=str(error), status=status_of(error))


@router.form("/watches/check", ADMIN)
def check(context: Context, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Check whether a wiki of the watchlist has the page, without changing anything."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article.strip(), None if "://" in article else wiki or None).existing()
    except WatcherError as error:
        return _refused(context, error, article)
    return _list(context, asked=article, page=page)


@router.form("/watches/preview", ADMIN)
def preview(context: Context, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Show what alerts the last month of a page, or of some pages of a list, would have sent; this changes nothing."""
    from watcher.services.history.preview import preview_briefly  # noqa: PLC0415  it imports everything that a check needs

    try:
        shown = preview_briefly(context.services, article, wiki or None, context.wiki_lock)
    except WatcherError as error:
        return _refused(context, error, article)
    return context.page("preview.html", preview=shown)


@router.form("/watches", ADMIN)
def add(context: Context, article: Words = "", wiki: Words = "", version: Words = "") -> Response:
    """Add a watch for the page that was found."""
    try:
        with context.wiki_lock:
            page = find_page(context.services, article, wiki or None).existing()
        save_watch(context.services, page, version or None)
    except WatcherError as error:
        return _refused(context, error, article)
    return RedirectResponse(_ADDED_AT, 303)


@router.page("/watches/edit", ADMIN)
def form(context: Context, wiki: ListPosition = "", title: ListPosition = "") -> HTMLResponse:
    """Return the form with the settings of one watch."""
    return _form(context, context.watch(wiki, title), None, file_version(context.watchlist.path))


async def _sent_form(request: Request) -> FormData:
    return await request.form(max_fields=_MOST_FIELDS)


# Not async, so that it runs in a thread: it waits for the database and for the lock of the file.
@router.form("/watches/edit", ADMIN)
def change(context: Context, sent: Annotated[FormData, Depends(_sent_form)]) -> Response:
    """Write the changed settings to the watchlist; an empty one gets its default."""
    wiki, title, version = (str(sent.get(name, ""))[:MAX_VALUE_LENGTH] for name in ("wiki", "title", "version"))
    watch, known = context.watch(wiki, title), _settings(context)
    before, entered = form_values(known, watch), read_form(known, sent)
    settings = {
        each.name: each.written(entered[each.name]) for each in known if entered[each.name] != before[each.name]
    }
    if {*entered["destinations"]} == {each.name for each in context.watchlist.destinations}:
        settings |= {"destinations": None} if "destinations" in settings else {}
    try:
        changed = change_watch(context.watchlist.path, wiki, title, settings, version or None)
    except WatcherError as error:
        return _form(context, watch, entered, version, error)
    return RedirectResponse(f"/watches?did={'saved' if changed else 'same'}", 303)


def _settings(context: WebContext) -> tuple[Setting, ...]:
    names = [destination.name for destination in context.watchlist.destinations]
    return settings_of(Watch, {"destinations": names, "accounts": ACCOUNT_KINDS})


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
    """Check the article of a watch immediately, and show the result; alerts are sent as after any check."""
    watch = context.watch(wiki, title)
    if not watch.is_active(context.now()):
        asleep = "is paused: resume it first" if watch.paused else "has expired: give it a later day first"
        return _list(context, message=f"{watch.title} {asleep}.", status=409)
    with context.wiki_lock:
        (outcome,) = check_watches(context.services, [watch])  # exhausted, so that the round is recorded
    return _list(context, outcome=outcome)


@router.form("/watches/remove", ADMIN)
def remove(context: Context, wiki: Words = "", title: Words = "", version: Words = "") -> Response:
    """Remove a watch from the watchlist; the stored data of its article is kept."""
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
    settings = _settings(context)
    values = form_values(settings, watch) if entered is None else entered
    status, message = (status_of(error), str(error)) if error else (200, "")
    shown = {"settings": settings, "values": values, "version": version, "message": message}
    return context.page("watch.html", status, watch=watch, **shown)
