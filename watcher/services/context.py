"""Build the application context from the watchlist: the composition root."""

from __future__ import annotations

import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from snapshots import Archive
from watcher.config import Watchlist, WikiSite, load
from watcher.errors import WatcherError
from watcher.fetch import WikiClient
from watcher.model import Comparison, Dialect, Policy, Snapshot
from watcher.notify import valid_url
from watcher.parse import dialect_for
from watcher.pipeline import compare
from watcher.services.leases import Leases
from watcher.services.logs import configure_logging
from watcher.services.metrics import RunMetrics, save_metrics
from watcher.services.watch_index import WatchIndex


def clock() -> datetime:
    """The time now, aware; the only place where checks and deliveries read it."""
    return datetime.now(UTC)


# A block of code in which one request is made.
RequestLock = Callable[[], AbstractContextManager[None]]


class Compare(Protocol):
    """Compare two revisions under a policy, in a wiki's dialect."""

    def __call__(self, before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
        """The findings, and what could not be read."""


@dataclass(slots=True)
class AppContext:
    """What a step may touch; one for each run, closed at its end.

    `client` makes a wiki's client, which is kept for the run and asks in turn with those of all other runs;
    the wikis' dialects are kept likewise.
    """

    watchlist: Watchlist
    archive: Archive
    now: Callable[[], datetime]
    owner: str
    make_client: Callable[[WikiSite, RequestLock], WikiClient]
    sleep: Callable[[float], None] = time.sleep
    compare: Compare = compare
    clients: dict[str, WikiClient] = field(default_factory=dict)
    dialects: dict[str, Dialect] = field(default_factory=dict)
    counts: RunMetrics = field(default_factory=RunMetrics)
    load_watchlist: Callable[[], Watchlist] | None = None
    watchlist_error: str | None = None
    watchlist_stamp: tuple[int, int] | None = None
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

    def reload_watchlist(self) -> None:
        """Take the watchlist over as it is in the file now, for whoever lives longer than a run.

        One with a mistake is not taken over: `watchlist_error` says what it is, and what was read before stays.
        """
        stamp = _stamp(self.watchlist.path)
        if self.load_watchlist is None or stamp is None or stamp == self.watchlist_stamp:
            return
        self.watchlist_stamp = stamp
        try:
            read = self.load_watchlist()
        except WatcherError as error:
            self.watchlist_error = str(error)
            return
        if read.wikis != self.watchlist.wikis or read.allowed_hosts != self.watchlist.allowed_hosts:
            self.clients.clear()
        self.watchlist, self.watchlist_error = read, None

    def client(self, wiki: str) -> WikiClient:
        """The client of a wiki of the watchlist."""
        if wiki not in self.clients:
            wiki_lock = partial(self.leases.wiki_lock, wiki)
            self.clients[wiki] = self.make_client(self.watchlist.wiki(wiki), wiki_lock)
        return self.clients[wiki]

    def dialect(self, wiki: str) -> Dialect:
        """The wiki's own names, asked once a run; the built-in table where the wiki cannot say."""
        if wiki not in self.dialects:
            try:
                self.dialects[wiki] = self.client(wiki).site()
            except WatcherError:
                self.dialects[wiki] = dialect_for(self.watchlist.wiki(wiki).language)
        return self.dialects[wiki]

    def use_builtin_dialect(self, wiki: str) -> None:
        """Take the built-in names of a wiki that is not to be asked, or does not answer."""
        self.dialects.setdefault(wiki, dialect_for(self.watchlist.wiki(wiki).language))

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients.values():
            client.close()
        self.leases.close()
        self.archive.close()


def load_watchlist(path: Path, environ: Mapping[str, str] | None = None, *, validate_urls: bool = True) -> Watchlist:
    """The watchlist with its `env:NAME` entries filled in; ConfigError names the line of a mistake.

    To ask Apprise of each destination takes 0.4 s, which a file that was read before need not pay again.
    """
    known = os.environ if environ is None else environ
    return load(path, environ=known, valid_url=valid_url if validate_urls else None)


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
def open_context(
    path: Path,
    environ: Mapping[str, str] | None = None,
    *,
    now: Callable[[], datetime] = clock,
    sleep: Callable[[float], None] = time.sleep,
    attempts: int = 5,
) -> Iterator[AppContext]:
    """Read the watchlist, open and migrate its database, and hand both to the body of the `with`.

    Raises ConfigError, StoreError.
    """
    configure_logging(os.environ if environ is None else environ)
    as_of = _stamp(path)
    watchlist = load_watchlist(path, environ, validate_urls=False)

    def make_client(site: WikiSite, turn: RequestLock) -> WikiClient:
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
            request_lock=turn,
        )

    counts = RunMetrics()
    archive = Archive(watchlist.database.get_secret_value(), now=now)
    services = AppContext(
        watchlist=watchlist,
        archive=archive,
        now=now,
        owner=new_worker_id(),
        make_client=make_client,
        sleep=sleep,
        load_watchlist=lambda: load_watchlist(path, environ, validate_urls=False),
        watchlist_stamp=as_of,
        counts=counts,
    )
    try:
        archive.upgrade()
        if watchlist.destinations and _changed_since(path, archive.articles.last_check()):
            load_watchlist(path, environ)
        release_leases_of_dead_workers(archive)
        yield services
    finally:
        save_metrics(services.archive, counts, now())
        services.close()


def new_worker_id() -> str:
    """A name for leases that no other process has: this machine, this process, and a word by chance."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def is_running(pid: int) -> bool:
    """Whether a process of this machine is alive; True where that cannot be told."""
    if os.name != "posix":  # elsewhere signal 0 is not a question
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def release_leases_of_dead_workers(archive: Archive, *, alive: Callable[[int], bool] = is_running) -> tuple[str, ...]:
    """Give back what killed workers of this machine had leased, so that the next check need not wait; their names.

    Should a worker be taken for dead that is not (another container with our host name), nothing breaks:
    a decision is written only where the cursor has not moved, and a message repeats under its key.
    """
    dead = tuple(owner for owner in archive.leases.owners() if _is_dead_local_worker(owner, alive))
    for owner in dead:
        archive.leases.release_all(owner)
    return dead


def _is_dead_local_worker(owner: str, alive: Callable[[int], bool]) -> bool:
    host, _, rest = owner.rpartition("-")[0].rpartition("-")
    return host == socket.gethostname() and rest.isascii() and rest.isdecimal() and not alive(int(rest))
