"""The archive and the watchlist become a small web application that only reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from snapshots import Archive, Decision
from snapshots.browsing import comparison as stored_comparison
from snapshots.browsing import headline, headlines, recent
from watcher.config import Watchlist, policy_of
from watcher.errors import ConfigError, Missing, StoreError, WatcherError
from watcher.model import Comparison, Dialect, Policy, Snapshot
from watcher.parse import dialect_for
from watcher.pipeline import compare as compare_snapshots
from watcher.report import Links, report
from watcher.report.as_html import shared
from watcher.web import pages
from watcher.web.guard import LOOPBACK, Guard

_RECENT = 50
_EACH = 3
_SEARCHED = 1000


class Compare(Protocol):
    """The pipeline: two snapshots in, findings out."""

    def __call__(self, before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
        """Compare two revisions of one article."""


def _clock() -> datetime:
    return datetime.now(UTC)


def app(
    archive: Archive,
    watchlist: Watchlist,
    *,
    compare: Compare = compare_snapshots,
    now: Callable[[], datetime] = _clock,
) -> FastAPI:
    """The review pages over `archive`, by GET alone.

    `/`, `/comparison/{id}`, `/compare/{wiki}/{old}/{new}` (where alerts point), `/finding/{id}` and `/healthz`.
    It answers to loopback names and to the host of the watchlist's `base_url`.
    """
    site = FastAPI(title="Article Watcher", docs_url=None, redoc_url=None, openapi_url=None)
    review = Review(archive, watchlist, compare, now)
    route: dict[str, Any] = {"methods": ["GET", "HEAD"], "response_model": None}
    site.add_api_route("/", review.queue, response_class=HTMLResponse, **route)
    site.add_api_route("/comparison/{number}", review.comparison, response_class=HTMLResponse, **route)
    site.add_api_route("/compare/{wiki}/{old}/{new}", review.pair, response_class=HTMLResponse, **route)
    site.add_api_route("/finding/{number}", review.finding, response_class=RedirectResponse, **route)
    site.add_api_route("/healthz", review.health, **route)
    site.add_exception_handler(WatcherError, _trouble)
    site.add_exception_handler(HTTPException, _refusal)
    site.add_exception_handler(RequestValidationError, _refusal)
    site.add_middleware(Guard, hosts=_own_names(watchlist), policy=shared()["policy"])
    return site


class Review:
    """What each page shows; every method is one request."""

    def __init__(self, archive: Archive, watchlist: Watchlist, compare: Compare, now: Callable[[], datetime]) -> None:
        self._archive = archive
        self._watchlist = watchlist
        self._compare = compare
        self._now = now

    def queue(self) -> str:
        """Recent findings of all articles, and how every watch is doing."""
        decisions = recent(self._archive, _RECENT)
        status = self._archive.status(self._now())
        return pages.render(
            "queue.html",
            entries=pages.entries(decisions, headlines(self._archive, [one.id for one in decisions], _EACH)),
            watches=pages.watch_rows(self._watchlist, status, self._now()),
            status=status,
            states=pages.STATES,
        )

    def comparison(self, number: int, request: Request) -> str:
        """The report of a stored comparison, made anew from the two stored texts."""
        known = stored_comparison(self._archive, _stored(number))
        before = self._archive.snapshot(known.article.wiki, known.before.id)
        after = self._archive.snapshot(known.article.wiki, known.after.id)
        if before.wikitext is None or after.wikitext is None:
            return self._without_texts(known)
        return self._report(before, after, request)

    def pair(self, wiki: str, old: int, new: int, request: Request) -> str:
        """The report between any two stored revisions of one article: where alerts point."""
        before = self._archive.snapshot(wiki, _stored(old))
        after = self._archive.snapshot(wiki, _stored(new))
        if before.revision.article.page_id != after.revision.article.page_id:
            raise Missing(f"revisions {old} and {new} are not of one article")
        if before.wikitext is None or after.wikitext is None:
            return self._without_texts(self._judged(before, after))
        return self._report(before, after, request)

    def _judged(self, before: Snapshot, after: Snapshot) -> Decision:
        """What was found while both texts could be read: never a page that says that nothing changed."""
        pair = (before.revision.id, after.revision.id)
        for known in self._archive.comparisons(after.revision.article, _SEARCHED):
            if (known.before.id, known.after.id) == pair:
                return known
        raise Missing(
            f"the wiki hides the text of revision {pair[0]} or {pair[1]}, and no findings are stored for them"
        )

    def _report(self, before: Snapshot, after: Snapshot, request: Request) -> str:
        article = after.revision.article
        watch = pages.watch_of(self._watchlist, article.wiki, article.title)
        policy = policy_of(watch) if watch else Policy()
        compared = self._compare(before, after, policy=policy, dialect=self._dialect(article.wiki))
        return report(
            compared,
            "html",
            before_text=before.wikitext,
            after_text=after.wikitext,
            links=self._links(compared, request),
            threshold=policy.threshold,
        )

    def finding(self, number: int) -> str:
        """Where an alert points: the finding on the page of its comparison."""
        found = headline(self._archive, _stored(number))
        return f"/comparison/{found.comparison_id}#finding-{found.position + 1}"

    def health(self) -> Response:
        """Whether the archive can be read: 200, or 503 with the reason."""
        try:
            self._archive.status(self._now())
        except StoreError as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ok"})

    def _without_texts(self, known: Decision) -> str:
        return pages.render(
            "stored.html",
            known=known,
            at=pages.moment(known.after.at),
            told=pages.stored_findings(self._archive.findings(known.id)),
        )

    def _dialect(self, wiki: str) -> Dialect:
        languages = {site.name: site.language for site in self._watchlist.wikis}
        return dialect_for(languages.get(wiki, "en"))

    def _links(self, compared: Comparison, request: Request) -> Links:
        index = pages.index_url(self._watchlist, compared.article.wiki) if compared.article else None
        home = str(request.base_url)
        return Links.on(index, compared, home_url=home) if index else Links(home_url=home)


def _stored(number: int) -> int:
    """An id that a database can be asked for."""
    if not 0 < number < 2**63:
        raise Missing(f"{number} is not the number of anything stored")
    return number


def _own_names(watchlist: Watchlist) -> frozenset[str]:
    host = urlsplit(watchlist.base_url or "").hostname
    return frozenset({host}) if host else frozenset()


def _trouble(_request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, Missing) else 503 if isinstance(error, StoreError) else 500
    return _page(status, str(error))


def _refusal(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404  # a number that is none
    says = {404: "There is no page at this address.", 405: "These pages can only be read."}
    return _page(status, says.get(status, "This request was refused."))


def _page(status: int, says: str) -> Response:
    return HTMLResponse(pages.render("trouble.html", status=status, says=says), status_code=status)


def serve(site: FastAPI, *, host: str = "127.0.0.1", port: int = 8080) -> None:
    """Serve until interrupted, on a loopback address alone: there is no login yet. ConfigError for another host."""
    if host not in LOOPBACK | {"::1"}:
        raise ConfigError(
            f"host {host}: the review pages have no login, so they serve 127.0.0.1, ::1 or localhost only"
        )
    import uvicorn  # noqa: PLC0415  only a server needs it

    uvicorn.run(site, host=host, port=port, log_level="warning", server_header=False, date_header=True)
