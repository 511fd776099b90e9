"""Provide what routes depend on: the context of a request, and routers that declare the scope of their routes."""

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
from watcher.services.health import Health, WatchHealth, watch_health
from watcher.urls import index_php_url
from watcher.web import rendering
from watcher.web.auth.access import ANONYMOUS, CurrentUser, require

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_ORDER: Final = (Health.FAILING, Health.OVERDUE, Health.NEW, Health.OK, Health.PAUSED)


class WebContext:
    """What a request is answered from, with the watchlist as it is now, and the user whom AuthMiddleware found.

    `wiki_lock` is held during requests to a wiki: its client serves one thread at a time.
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
        """The current watchlist."""
        return self.services.watchlist

    def page(self, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
        """Return a page for the user."""
        return HTMLResponse(rendering.render(template, **{"user": self.user, **values}), status_code)

    def watch(self, wiki: str, title: str) -> Watch:
        """Return the watch under this title; Missing when there is none."""
        watch = self.services.index.get(wiki, title)
        if watch is None:
            raise Missing(f"{title!r} on {wiki}: is not watched")
        return watch

    def watch_rows(self) -> list[WatchHealth]:
        """Return the health of every watch, those that need attention first."""
        return sorted(watch_health(self.services, self.now()), key=lambda row: _ORDER.index(row.health))

    def find_findings(
        self, filters: FindingFilter, order: SortOrder, limit: int, after: int | None
    ) -> tuple[Sequence[ReviewedFinding], int | None]:
        """Return a page of findings, and the finding after which the next page begins."""
        result = self.archive.findings.search(filters, order=order, limit=limit + 1, after=after)
        return result[:limit], result[limit - 1].id if len(result) > limit else None

    @property
    def lowest_severity(self) -> Severity:
        """The lowest alert threshold of all watches: every alerted finding must be in the queue."""
        return min((watch.threshold for watch in self.watchlist.entries), default=Severity.MEDIUM)

    def policy(self, article: Article) -> Policy:
        """Return the policy of the article's watch, or the default when it is not watched any more."""
        watch = self.services.index.watch_of(article)
        return policy_of(watch) if watch else Policy()

    def compare_again(self, before: Snapshot, after: Snapshot) -> Comparison:
        """Compare two stored texts by the present policy."""
        policy, dialect = self.policy(after.revision.article), self.dialect(after.revision.article.wiki)
        return self.services.compare(before, after, policy=policy, dialect=dialect)

    def dialect(self, wiki: str) -> Dialect:
        """Return the built-in names of a wiki's language: no page waits for a wiki."""
        return dialect_for(self.languages.get(wiki, "en"))

    def site(self, wiki: str) -> WikiSite | None:
        """Return a wiki of the watchlist by its name; None where it is not in it any more."""
        return next((site for site in self.watchlist.wikis if site.name == wiki), None)

    @property
    def languages(self) -> dict[str, str]:
        """The language of every wiki by its name, for what is quoted from it."""
        return {site.name: site.language for site in self.watchlist.wikis}

    @property
    def index_urls(self) -> dict[str, str]:
        """The index.php of every wiki by its name; a wiki that is no longer in the watchlist has none."""
        return {site.name: index_php_url(site.api) for site in self.watchlist.wikis}

    def links(self, comparison: Comparison) -> Links:
        """Return the addresses of a comparison on its wiki; without any where the wiki is not in the list any more."""
        wiki = comparison.article.wiki if comparison.article else ""
        index = self.index_urls.get(wiki)
        return Links.on(index, comparison, language=self.languages[wiki]) if index else Links()

    def read(self, wiki: str, revision: Revision | None) -> tuple[Document, str]:
        """Return a stored text as it is read, and its wikitext; empty ones where it is hidden, damaged or pruned."""
        text = self.wikitext(wiki, revision)
        return parse(text, self.dialect(wiki)), text

    def wikitext(self, wiki: str, revision: Revision | None) -> str:
        """Return a stored wikitext; empty where it is hidden, damaged or pruned."""
        try:
            snapshot = revision and self.archive.revisions.snapshot(wiki, revision.id)
        except (Missing, Corrupt):
            snapshot = None
        return (snapshot.wikitext if snapshot else None) or ""


Context = Annotated[WebContext, Depends(WebContext)]
Id = Annotated[int, Path(gt=0, lt=2**63)]
"""The number of something stored, which both databases can be asked for."""


def get_article(wiki: Annotated[str, Path(max_length=64)], page_id: Id, context: Context) -> Article:
    """Return the article that an address names by its wiki and page id; Missing when it is not watched."""
    article = context.archive.articles.by_page_id(wiki, page_id)
    if article is None:
        raise Missing(f"page {page_id} of {wiki} is not watched")
    return article


AddressedArticle = Annotated[Article, Depends(get_article)]


def needs(scope: Scope) -> Dependency:
    """Declare the scope that a route needs: AuthMiddleware lets nobody else through to it."""
    declared: Dependency = Depends(require(scope, lambda: None))
    return declared


READ: Final = needs(Scope.READ)
REVIEW: Final = needs(Scope.REVIEW)
ADMIN: Final = needs(Scope.ADMIN)


class PageRouter(APIRouter):
    """The routes of pages, and of the forms on them; all need the scope to read, forms may need more."""

    def __init__(self) -> None:
        super().__init__(dependencies=[READ])

    def page(self, path: str, scope: Dependency = READ) -> Callable[[Endpoint], Endpoint]:
        """Serve a page, all of whose reads see one state of the database; nothing in it may wait for a wiki."""

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
        """Do what a form asks for, and lead to the page that shows it."""
        return self.post(path, response_class=RedirectResponse, dependencies=[scope])
