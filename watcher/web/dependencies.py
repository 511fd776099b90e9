"""Provide what routes depend on: the web context and the current user.

Routers ask for `Context` (archive, watchlist, clock, pipeline), `ReadAccess` (may read), `ReviewAccess` (may decide) or
`AdminAccess`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Annotated, Protocol

from fastapi import Depends, Request

from snapshots import Archive
from snapshots.accounts import Scope
from watcher.config import Watchlist
from watcher.errors import Missing
from watcher.model import Comparison, Dialect, Policy, Snapshot
from watcher.parse import dialect_for
from watcher.services.context import AppContext
from watcher.web.auth.authentication import ANONYMOUS, CurrentUser
from watcher.web.auth.authorization import require


class Compare(Protocol):
    """The pipeline: two snapshots in, findings out."""

    def __call__(self, before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
        """Compare two revisions of one article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """What the pages are made from; `services` are those of the flows, for what only they can do."""

    services: AppContext
    compare: Compare
    wiki_lock: AbstractContextManager[object] = field(default_factory=Lock)
    """Held while a wiki is asked: its client serves one thread at a time."""

    @property
    def archive(self) -> Archive:
        """The memory."""
        return self.services.archive

    @property
    def watchlist(self) -> Watchlist:
        """What is watched."""
        return self.services.watchlist

    def now(self) -> datetime:
        """The time, as the application was told to read it."""
        return self.services.now()

    def dialect(self, wiki: str) -> Dialect:
        """The built-in names of a wiki's language: no page waits for a wiki."""
        languages = {site.name: site.language for site in self.watchlist.wikis}
        return dialect_for(languages.get(wiki, "en"))


def get_context(request: Request) -> WebContext:
    """The site that the application was made for, with the watchlist as it is now."""
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


def validate_id(number: int) -> int:
    """An id that a database can be asked for; Missing for another number."""
    if not 0 < number < 2**63:
        raise Missing(f"{number} is not the number of anything stored")
    return number


Context = Annotated[WebContext, Depends(get_context)]
ReadAccess = Annotated[CurrentUser, Depends(needs(Scope.READ))]
ReviewAccess = Annotated[CurrentUser, Depends(needs(Scope.REVIEW))]
AdminAccess = Annotated[CurrentUser, Depends(needs(Scope.ADMIN))]
