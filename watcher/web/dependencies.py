"""Provide what routes depend on: the web context and the current user.

Routers declare READ; routes that need more declare REVIEW or ADMIN, or ask for the user by ReviewAccess or AdminAccess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse

from snapshots import Archive, FindingFilter, ReviewedFinding, SortOrder
from snapshots.accounts import Scope
from watcher.config import Watch, Watchlist, WikiSite, policy_of
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Comparison, Dialect, Document, Policy, Revision, Snapshot
from watcher.parse import dialect_for, parse
from watcher.report import Links
from watcher.services.context import AppContext, Compare
from watcher.urls import index_php_url
from watcher.web.auth.authentication import ANONYMOUS, CurrentUser
from watcher.web.auth.authorization import require


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """What the pages are made from."""

    services: AppContext
    compare: Compare
    wiki_lock: AbstractContextManager[object] = field(default_factory=Lock)
    """Held during requests to a wiki: its client serves one thread at a time."""

    @property
    def archive(self) -> Archive:
        """The database."""
        return self.services.archive

    @property
    def watchlist(self) -> Watchlist:
        """The current watchlist."""
        return self.services.watchlist

    def view(self) -> AbstractContextManager[None]:
        """Read all of a page in one transaction, from one state of the database."""
        return self.archive.database.view()

    def now(self) -> datetime:
        """Return the time by the application's clock."""
        return self.services.now()

    def watch(self, wiki: str, title: str) -> Watch:
        """Return the watch under this title; Missing when there is none."""
        watch = self.services.index.get(wiki, title)
        if watch is None:
            raise Missing(f"{title!r} on {wiki}: is not watched")
        return watch

    def article(self, wiki: str, page_id: int) -> Article:
        """Return the registered article of a wiki's page id; Missing when it is not watched."""
        article = self.archive.articles.by_page_id(wiki, page_id)
        if article is None:
            raise Missing(f"page {page_id} of {wiki} is not watched")
        return article

    def find_findings(
        self, filters: FindingFilter, order: SortOrder, limit: int, after: int | None
    ) -> tuple[Sequence[ReviewedFinding], int | None]:
        """Return a page of findings, and the finding after which the next page begins."""
        result = self.archive.findings.search(filters, order=order, limit=limit + 1, after=after)
        return result[:limit], result[limit - 1].id if len(result) > limit else None

    def policy(self, article: Article) -> Policy:
        """Return the policy of the article's watch, or the default when it is not watched any more."""
        watch = self.services.index.watch_of(article)
        return policy_of(watch) if watch else Policy()

    def compare_again(self, before: Snapshot, after: Snapshot) -> Comparison:
        """Compare two stored texts by the present policy."""
        article = after.revision.article
        return self.compare(before, after, policy=self.policy(article), dialect=self.dialect(article.wiki))

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

    def snapshots(self, wiki: str, before_id: int, after_id: int) -> tuple[Snapshot, Snapshot]:
        """Return two stored revisions. Raises Missing, Corrupt."""
        revisions = self.archive.revisions
        return revisions.snapshot(wiki, before_id), revisions.snapshot(wiki, after_id)

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


def get_context(request: Request) -> WebContext:
    """Return the site that the application was made for, with the watchlist as it is now."""
    site: WebContext = request.app.state.site
    site.services.reload_watchlist()
    return site


def current_user(request: Request) -> CurrentUser:
    """Who asks, as the middleware found out."""
    user: CurrentUser = getattr(request.state, "user", ANONYMOUS)
    return user


def needs(scope: Scope) -> Callable[[CurrentUser], CurrentUser]:
    """Declare the scope that a route needs: AuthMiddleware lets nobody else through to it."""

    def user_of(user: Annotated[CurrentUser, Depends(current_user)]) -> CurrentUser:
        return user

    return require(scope, user_of)


Id = Annotated[int, Path(gt=0, lt=2**63)]
"""The number of something stored, which both databases can be asked for."""
Context = Annotated[WebContext, Depends(get_context)]


def get_article(wiki: Annotated[str, Path(max_length=64)], page_id: Id, context: Context) -> Article:
    """Return the article that an address names by its wiki and page id; Missing when it is not watched."""
    return context.article(wiki, page_id)


AddressedArticle = Annotated[Article, Depends(get_article)]
User = Annotated[CurrentUser, Depends(current_user)]
"""The user of a route whose router declares the scope."""
READ: Final = Depends(needs(Scope.READ))
REVIEW: Final = Depends(needs(Scope.REVIEW))
ADMIN: Final = Depends(needs(Scope.ADMIN))
PAGE: Final[dict[str, Any]] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}
ReviewAccess = Annotated[CurrentUser, Depends(needs(Scope.REVIEW))]
AdminAccess = Annotated[CurrentUser, Depends(needs(Scope.ADMIN))]
