"""A request becomes what its route works with: the site behind the pages, and the reader in front of them.

Routers ask for `Here` (archive, watchlist, clock, pipeline), `Viewer` (may read), `Reviewer` (may decide) or `Admin`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Annotated, Protocol

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from flows.services import Services
from snapshots import Archive
from watcher.config import Watchlist
from watcher.errors import Missing
from watcher.model import Comparison, Dialect, Policy, Snapshot
from watcher.parse import dialect_for
from watcher.web.access import declare
from watcher.web.readers import NOBODY, Reader, Scope


class Compare(Protocol):
    """The pipeline: two snapshots in, findings out."""

    def __call__(self, before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
        """Compare two revisions of one article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages are made from; `services` are those of the flows, for what only they can do."""

    services: Services
    compare: Compare
    asking: AbstractContextManager[object] = field(default_factory=Lock)
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


def site_of(request: Request) -> Site:
    """The site that the application was made for, with the watchlist as it is now."""
    site: Site = request.app.state.site
    site.services.refresh()
    return site


def reader_of(request: Request) -> Reader:
    """Who asks, as the gate found out."""
    reader: Reader = getattr(request.state, "reader", NOBODY)
    return reader


def needs(scope: Scope) -> Callable[[Reader], Reader]:
    """The dependency that lets only readers with a scope through, and tells the gate so; 403 for others."""

    def check(reader: Annotated[Reader, Depends(reader_of)]) -> Reader:
        if not reader.may(scope):
            raise HTTPException(403)
        return reader

    return declare(scope, check)


def stored_id(number: int) -> int:
    """An id that a database can be asked for; Missing for another number."""
    if not 0 < number < 2**63:
        raise Missing(f"{number} is not the number of anything stored")
    return number


Here = Annotated[Site, Depends(site_of)]
Viewer = Annotated[Reader, Depends(needs(Scope.READ))]
Reviewer = Annotated[Reader, Depends(needs(Scope.REVIEW))]
Admin = Annotated[Reader, Depends(needs(Scope.ADMIN))]
