"""The watchlist becomes the services that steps work with: the composition root."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from flows.leasing import Leases
from flows.logs import settle_logs
from flows.measuring import Counts, store_counts
from flows.watch_index import WatchIndex
from flows.workers import free_the_dead, owner_name
from snapshots import Archive
from watcher.config import Watchlist, WikiSite, load
from watcher.errors import WatcherError
from watcher.fetch import WikiClient
from watcher.model import Comparison, Dialect, Policy, Snapshot
from watcher.notify import valid_url
from watcher.parse import dialect_for
from watcher.pipeline import compare


def clock() -> datetime:
    """The time now, aware; the only place where checks and deliveries read it."""
    return datetime.now(UTC)


# A block of code in which one request is made.
Turn = Callable[[], AbstractContextManager[None]]


class Compare(Protocol):
    """Compare two revisions under a policy, in a wiki's dialect."""

    def __call__(self, before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
        """The findings, and what could not be read."""


@dataclass(slots=True)
class Services:
    """What a step may touch; one for each run, closed at its end.

    `client` makes a wiki's client, which is kept for the run and asks in turn with those of all other runs;
    the wikis' dialects are kept likewise.
    """

    watchlist: Watchlist
    archive: Archive
    now: Callable[[], datetime]
    owner: str
    make_client: Callable[[WikiSite, Turn], WikiClient]
    sleep: Callable[[float], None] = time.sleep
    compare: Compare = compare
    clients: dict[str, WikiClient] = field(default_factory=dict)
    dialects: dict[str, Dialect] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    reread: Callable[[], Watchlist] | None = None
    mistake: str | None = None
    as_of: tuple[int, int] | None = None
    leases: Leases = field(init=False)
    _index: tuple[Watchlist, WatchIndex] | None = field(default=None, init=False, repr=False)

    @property
    def index(self) -> WatchIndex:
        """The watch of each article and the article of each watch, for the watchlist as it was last read."""
        if self._index is None or self._index[0] is not self.watchlist:
            self._index = self.watchlist, WatchIndex(self.watchlist, self.archive)
        return self._index[1]

    def __post_init__(self) -> None:
        self.leases = Leases(self.archive, self.owner, now=self.now, sleep=self.sleep)

    def refresh(self) -> None:
        """Take the watchlist over as it is in the file now, for whoever lives longer than a run.

        One with a mistake is not taken over: `mistake` says what it is, and what was read before stays.
        """
        stamp = _stamp(self.watchlist.path)
        if self.reread is None or stamp is None or stamp == self.as_of:
            return
        self.as_of = stamp
        try:
            read = self.reread()
        except WatcherError as error:
            self.mistake = str(error)
            return
        if read.wikis != self.watchlist.wikis or read.allowed_hosts != self.watchlist.allowed_hosts:
            self.clients.clear()
        self.watchlist, self.mistake = read, None

    def client(self, wiki: str) -> WikiClient:
        """The client of a wiki of the watchlist."""
        if wiki not in self.clients:
            turn = partial(self.leases.turn, wiki)
            self.clients[wiki] = self.make_client(self.watchlist.wiki(wiki), turn)
        return self.clients[wiki]

    def dialect(self, wiki: str) -> Dialect:
        """The wiki's own names, asked once a run; the built-in table where the wiki cannot say."""
        if wiki not in self.dialects:
            try:
                self.dialects[wiki] = self.client(wiki).site()
            except WatcherError:
                self.dialects[wiki] = dialect_for(self.watchlist.wiki(wiki).language)
        return self.dialects[wiki]

    def speak_by_default(self, wiki: str) -> None:
        """Take the built-in names of a wiki that is not to be asked, or does not answer."""
        self.dialects.setdefault(wiki, dialect_for(self.watchlist.wiki(wiki).language))

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients.values():
            client.close()
        self.leases.close()
        self.archive.close()


def read_watchlist(path: Path, environ: Mapping[str, str] | None = None, *, thorough: bool = True) -> Watchlist:
    """The watchlist with its `env:NAME` entries filled in; ConfigError names the line of a mistake.

    To ask Apprise of each destination takes 0.4 s, which a file that was read before need not pay again.
    """
    known = os.environ if environ is None else environ
    return load(path, environ=known, valid_url=valid_url if thorough else None)


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells that a file was written; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _changed_since(path: Path, checked_at: datetime | None) -> bool:
    """Whether the watchlist is newer than the last check, which read it whole."""
    return checked_at is None or datetime.fromtimestamp(path.stat().st_mtime, UTC) >= checked_at


@contextmanager
def open_services(
    path: Path,
    environ: Mapping[str, str] | None = None,
    *,
    now: Callable[[], datetime] = clock,
    sleep: Callable[[float], None] = time.sleep,
    attempts: int = 5,
) -> Iterator[Services]:
    """Read the watchlist, open and migrate its database, and hand both to the body of the `with`.

    Raises ConfigError, StoreError.
    """
    settle_logs(os.environ if environ is None else environ)
    as_of = _stamp(path)
    watchlist = read_watchlist(path, environ, thorough=False)

    def make_client(site: WikiSite, turn: Turn) -> WikiClient:
        return WikiClient(
            site.api,
            wiki=site.name,
            contact=services.watchlist.contact,
            allowed_hosts=services.watchlist.allowed_hosts,
            now=now,
            sleep=sleep,
            jitter=random.random,
            attempts=attempts,
            traffic=counts,
            turn=turn,
        )

    counts = Counts()
    archive = Archive(watchlist.database.reveal(), now=now)
    services = Services(
        watchlist=watchlist,
        archive=archive,
        now=now,
        owner=owner_name(),
        make_client=make_client,
        sleep=sleep,
        reread=lambda: read_watchlist(path, environ, thorough=False),
        as_of=as_of,
        counts=counts,
    )
    try:
        archive.upgrade()
        if watchlist.destinations and _changed_since(path, archive.last_check()):
            read_watchlist(path, environ)
        free_the_dead(archive)
        yield services
    finally:
        store_counts(services.archive, counts, now())
        services.close()
