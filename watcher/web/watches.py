"""The watchlist becomes pages: what is watched and how it goes, one more article after a look, other settings."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from flows.adding import Located, locate, put
from flows.editing import change_watch, version_of
from watcher.config import Watch
from watcher.config.spans import span
from watcher.errors import Conflict, Missing, Unavailable, WatcherError
from watcher.model import Severity
from watcher.web import pages
from watcher.web.dependencies import Admin, Here, Site, Viewer
from watcher.web.readers import Reader

_READ: Final[dict[str, Any]] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}
_DID: Final = {"added": "The article is watched now", "saved": "The settings are saved", "same": "Nothing was other"}
_ADDED_AT: Final = "/watches?did=added"

router = APIRouter()
Words = Annotated[str, Form(max_length=2000)]
Lines = Annotated[str, Form(max_length=40_000)]
Place = Annotated[str, Query(max_length=2000)]


@router.api_route("/watches", **_READ)
def watches(here: Here, reader: Viewer, did: str = "") -> HTMLResponse:
    """All watches, those in trouble first, and for admins the form to add one."""
    return _list(here, reader, did=did)


def _list(
    here: Site,
    reader: Reader,
    *,
    did: str = "",
    asked: str = "",
    found: Located | None = None,
    says: str = "",
    status: int = 200,
) -> HTMLResponse:
    path = here.watchlist.path
    shown = pages.render(
        "watches.html",
        reader=reader,
        rows=pages.watch_rows(here.services, here.archive.status(here.now()), here.now()),
        wikis=[site.name for site in here.watchlist.wikis],
        version=version_of(path) if path.is_file() else "",
        mistake=here.services.mistake,
        did=_DID.get(did, ""),
        asked=asked,
        found=found,
        known=found is not None and found.watched is not None,
        says=says,
    )
    return HTMLResponse(shown, status)


@router.post("/watches/check", response_class=HTMLResponse)
def check(here: Here, reader: Admin, article: Words = "", wiki: Words = "") -> HTMLResponse:
    """Look whether a wiki of the watchlist has the page; nothing is changed yet."""
    try:
        with here.asking:
            found = locate(here.services, article.strip(), None if "://" in article else wiki or None)
    except WatcherError as error:
        return _list(here, reader, asked=article, says=str(error), status=_status(error))
    return _list(here, reader, asked=article, found=found)


@router.post("/watches", response_class=RedirectResponse)
def add(here: Here, reader: Admin, article: Words = "", wiki: Words = "", version: Words = "") -> Response:
    """Watch the page that was found."""
    try:
        with here.asking:
            found = locate(here.services, article, wiki or None)
        put(here.services, found, version or None)
    except WatcherError as error:
        return _list(here, reader, asked=article, says=str(error), status=_status(error))
    return RedirectResponse(_ADDED_AT, 303)


@router.api_route("/watches/edit", **_READ)
def form(here: Here, reader: Admin, wiki: Place = "", title: Place = "") -> HTMLResponse:
    """The settings of one watch, to be changed."""
    watch = _known(here, wiki, title)
    return _form(here, reader, watch, _entered(watch), version_of(here.watchlist.path))


@router.post("/watches/edit", response_class=RedirectResponse)
async def change(request: Request, here: Here, reader: Admin) -> Response:
    """Write other settings into the watchlist; what is empty there gets its default."""
    sent = await request.form()
    fields = {name: str(sent.get(name, ""))[:40_000] for name in _FIELDS}
    chosen = [str(one)[:64] for one in sent.getlist("destinations")]
    watch = _known(here, fields["wiki"], fields["title"])
    wishes = _wishes(fields, chosen, here)
    try:
        changed = change_watch(here.watchlist.path, watch.wiki, watch.title, wishes, fields["version"] or None)
    except WatcherError as error:
        entered = {**fields, "destinations": chosen, "bypass": bool(fields["bypass"])}
        return _form(here, reader, watch, entered, fields["version"], says=str(error), status=_status(error))
    return RedirectResponse(f"/watches?did={'saved' if changed else 'same'}", 303)


_FIELDS: Final = ("wiki", "title", "version", "threshold", "settle", "every", "tags", "claims", "bypass")


def _wishes(fields: dict[str, str], chosen: list[str], here: Site) -> dict[str, Any]:
    """What the form says, None where it is the default: then the file need not say it."""
    everywhere = {one.name for one in here.watchlist.destinations}
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
    here: Here,
    reader: Admin,
    wiki: Words = "",
    title: Words = "",
    paused: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
) -> Response:
    """Leave an article alone for now, or look at it again."""
    watch = _known(here, wiki, title)
    try:
        change_watch(here.watchlist.path, watch.wiki, watch.title, {"paused": True if paused else None})
    except WatcherError as error:
        return _list(here, reader, says=str(error), status=_status(error))
    return RedirectResponse("/watches?did=saved", 303)


def _known(here: Site, wiki: str, title: str) -> Watch:
    watch = here.services.index.get(wiki, title)
    if watch is None:
        raise Missing(f"{title!r} on {wiki}: is not watched")
    return watch


def _entered(watch: Watch) -> dict[str, Any]:
    return {
        "threshold": watch.threshold.label,
        "settle": span(watch.settle),
        "every": span(watch.every),
        "tags": " ".join(watch.tags),
        "claims": "\n".join(watch.claims),
        "destinations": watch.destinations,
        "bypass": watch.critical_bypass,
    }


def _form(
    here: Site,
    reader: Reader,
    watch: Watch,
    entered: dict[str, Any],
    version: str,
    *,
    says: str = "",
    status: int = 200,
) -> HTMLResponse:
    shown = pages.render(
        "watch.html",
        reader=reader,
        watch=watch,
        entered=entered,
        version=version,
        levels=[level.label for level in reversed(Severity)],
        places=[place.name for place in here.watchlist.destinations],
        says=says,
    )
    return HTMLResponse(shown, status)


def _status(error: WatcherError) -> int:
    if isinstance(error, Conflict):
        return 409
    if isinstance(error, Unavailable):
        return 503
    return 404 if isinstance(error, Missing) else 422
