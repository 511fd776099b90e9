"""Provide the dependencies of routes: the context of a request, and routers that declare required scopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Path, Request
from fastapi.params import Depends as Dependency
from fastapi.responses import HTMLResponse, RedirectResponse

from snapshots import Archive, FindingFilter, ReviewedFinding, SortOrder
from snapshots.accounts import Scope
from watcher.config import Watch, Watchlist, WikiSite, policy_of
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Comparison, Dialect, Document, Policy, Revision, Severity, Snapshot
from watcher.parse import dialect_for, parse
from watcher.report import Links
from watcher.services.context import AppContext
from watcher.services.operations.health import Health, WatchHealth, watch_health
from watcher.web import rendering
from watcher.web.auth.access import ANONYMOUS, CurrentUser, require

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_ORDER: Final = (Health.FAILING, Health.OVERDUE, Health.NEW, Health.OK, Health.PAUSED)


class WebContext:
    """The context of a request: services, the current watchlist, and the user that AuthMiddleware identified.

    `wiki_lock` is held during requests to a wiki, since its client is used by one thread at a time.
    """

    def __init__(self, request: Request) -> None:
        self.services: AppContext = request.app.state.services
        self.services.reload_watchlist()
        self.request, self.now = request, self.services.now
        self.archive: Archive = self.services.archive
        self.user: CurrentUser = getattr(request.state, "user", ANONYMOUS)
        self.wiki_lock: AbstractContextManager[object] = request.app.state.wiki_lock

    @property
    def watchlist(self) -> Watchlist:
        """Return the current watchlist."""
        return self.services.watchlist

    def page(self, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
        """Return a rendered page for the user."""
        return HTMLResponse(rendering.render(template, **{"user": self.user, **values}), status_code)

    def watch(self, wiki: str, title: str) -> Watch:
        """Return the watch with this title; raise Missing if there is none."""
        watch = self.services.index.get(wiki, title)
        if watch is None:
            raise Missing(f"{title!r} on {wiki}: is not watched")
        return watch

    def watch_rows(self) -> list[WatchHealth]:
        """Return the health of every watch, those needing attention first."""
        return sorted(watch_health(self.services.index, self.now()), key=lambda row: _ORDER.index(row.health))

    def find_findings(
        self, filters: FindingFilter, order: SortOrder, limit: int, after: int | None
    ) -> tuple[Sequence[ReviewedFinding], int | None]:
        """Return a page of findings, and the id after which the next page begins, None on the last page."""
        result = self.archive.findings.search(filters, order=order, limit=limit + 1, after=after)
        return result[:limit], result[limit - 1].id if len(result) > limit else None

    @property
    def lowest_severity(self) -> Severity:
        """Return the lowest alert threshold of all watches, since every alerted finding must be in the queue."""
        return min((watch.threshold for watch in self.watchlist.entries), default=Severity.MEDIUM)

    def policy(self, article: Article) -> Policy:
        """Return the policy of the article's watch, or the default if it is no longer watched."""
        watch = self.services.index.watch_of(article)
        return policy_of(watch) if watch else Policy()

    def compare_again(self, before: Snapshot, after: Snapshot) -> Comparison:
        """Compare two stored texts with the current policy."""
        policy, dialect = self.policy(after.revision.article), self.dialect(after.revision.article.wiki)
        return self.services.compare(before, after, policy=policy, dialect=dialect)

    def dialect(self, wiki: str) -> Dialect:
        """Return the built-in dialect of a wiki's language, since no page may wait for a wiki."""
        return dialect_for(self.watchlist.languages.get(wiki, "en"))

    def site(self, wiki: str) -> WikiSite | None:
        """Return a wiki of the watchlist by its name, None if it is no longer there."""
        return next((site for site in self.watchlist.wikis if site.name == wiki), None)

    def links(self, comparison: Comparison) -> Links:
        """Return the links of a comparison to its wiki; empty if the wiki is no longer in the watchlist."""
        wiki = comparison.article.wiki if comparison.article else ""
        index = self.watchlist.index_urls.get(wiki)
        return Links.on(index, comparison, language=self.watchlist.languages[wiki]) if index else Links()

    def read(self, wiki: str, revision: Revision | None) -> tuple[Document, str]:
        """Return a stored text as a Document and as wikitext; both are empty if it is hidden, damaged or pruned."""
        text = self.wikitext(wiki, revision)
        return parse(text, self.dialect(wiki)), text

    def wikitext(self, wiki: str, revision: Revision | None) -> str:
        """Return a stored wikitext, "" if it is hidden, damaged or pruned."""
        try:
            snapshot = revision and self.archive.revisions.snapshot(wiki, revision.id)
        except (Missing, Corrupt):
            snapshot = None
        return (snapshot.wikitext if snapshot else None) or ""


Context = Annotated[WebContext, Depends(WebContext)]
Id = Annotated[int, Path(gt=0, lt=2**63)]
"""The id of a stored record, within the range of both databases."""


def get_article(wiki: Annotated[str, Path(max_length=64)], page_id: Id, context: Context) -> Article:
    """Return the article with the wiki and page id of the URL; raise Missing if it is not watched."""
    article = context.archive.articles.by_page_id(wiki, page_id)
    if article is None:
        raise Missing(f"page {page_id} of {wiki} is not watched")
    return article


AddressedArticle = Annotated[Article, Depends(get_article)]


def needs(scope: Scope) -> Dependency:
    """Declare the scope that a route requires; AuthMiddleware enforces it."""
    declared: Dependency = Depends(require(scope, lambda: None))
    return declared


READ: Final = needs(Scope.READ)
REVIEW: Final = needs(Scope.REVIEW)
ADMIN: Final = needs(Scope.ADMIN)


class PageRouter(APIRouter):
    """The routes of pages and their forms; all require the scope to read, and forms may require more."""

    def __init__(self) -> None:
        super().__init__(dependencies=[READ])

    def page(self, path: str, scope: Dependency = READ) -> Callable[[Endpoint], Endpoint]:
        """Register a page whose reads all see one state of the database; it must not wait for a wiki."""

        def register(endpoint: Endpoint) -> Endpoint:
            @wraps(endpoint)
            def show(*, context: WebContext, **values: Any) -> Any:
                with context.archive.database.view():
                    return endpoint(context=context, **values)

            methods = ["GET", "HEAD"]
            self.add_api_route(path, show, methods=methods, response_class=HTMLResponse, dependencies=[scope])
            return endpoint

        return register

    def form(self, path: str, scope: Dependency = READ) -> Callable[[Endpoint], Endpoint]:
        """Register the target of a form, which makes the change and redirects to the page that shows it."""
        return self.post(path, response_class=RedirectResponse, dependencies=[scope])
