"""Define what a step of the application works with: watchlist, database, clients, clock, and what these answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from snapshots import Archive
from watcher.config import Watch, Watchlist, WikiSite
from watcher.errors import FETCH_ERRORS, WatcherError
from watcher.services.leases import Leases
from watcher.services.metrics import RunMetrics
from watcher.services.watch_index import WatchIndex

if TYPE_CHECKING:
    from watcher.fetch import WikiClient
    from watcher.fetch.decode import Account
    from watcher.model import Comparison, Dialect, Policy, Revision, Snapshot


def clock() -> datetime:
    """Return the current time; the only place where checks and deliveries read the clock."""
    return datetime.now(UTC)


def seconds_since_start() -> float:
    """Return for how long this machine has run, in seconds, its sleep included: a clock that nobody sets."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


# A context in which one request is made.
RequestLock = Callable[[], AbstractContextManager[None]]


class Compare(Protocol):
    """Compare two revisions under a policy, in a wiki's dialect."""

    def __call__(self, before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
        """Return the findings, and what could not be read."""


def _compare(before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
    from watcher.pipeline import compare

    return compare(before, after, policy=policy, dialect=dialect)


T = TypeVar("T")
_ANSWER_AGE: Final = timedelta(hours=1)  # how long a name is not asked about again: a bot edits many pages in one pass
_FAILURE_AGE: Final = timedelta(minutes=5)  # the same after the wiki did not answer
_MOST_ASKED: Final = 500  # names of one question: ten requests
_MOST_KEPT: Final = 10_000  # the schedule runs for months in one process, and a wiki has millions of accounts


class Lookups(Generic[T]):
    """What wikis answered about names (of accounts, of pages), each asked about once an hour."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[datetime, T | None]] = {}

    def find(
        self, wiki: str, names: Iterable[str], now: datetime, ask: Callable[[list[str]], Mapping[str, T | None]]
    ) -> dict[str, T | None]:
        """Return what a wiki says of some names, None where that is nothing, from `ask` for those not known yet."""
        named = {name: (wiki, name) for name in names}
        asked = [
            name
            for name, key in named.items()
            if key not in self._known or abs(now - self._known[key][0]) > _ANSWER_AGE
        ][:_MOST_ASKED]
        if asked:
            answered = {name: self._known[wiki, name][1] for name in asked if (wiki, name) in self._known}
            try:
                answered |= ask(sorted(asked))
            except FETCH_ERRORS:  # not asked again at once: a hundred alerts would each wait for all attempts
                now -= _ANSWER_AGE - _FAILURE_AGE
            if len(self._known) > _MOST_KEPT:
                self._known.clear()
            self._known |= {(wiki, name): (now, answered.get(name)) for name in asked}
        return {name: self._known[key][1] for name, key in named.items() if key in self._known}


@dataclass(slots=True)
class Round:
    """What is known for one round of checks only.

    `transcluded` are the newest revisions of pages that articles transclude, `transcluded_edits` their last edits by
    the id of the newest, `page_seconds` how much of the processor the pages took. Alerts wait for cited sources until
    `source_deadline` by the monotonic clock.
    """

    transcluded: dict[str, dict[str, Revision | None]] = field(default_factory=dict)
    transcluded_edits: dict[tuple[str, int], tuple[Snapshot, ...]] = field(default_factory=dict)
    page_seconds: float = 0.0
    source_deadline: float | None = None


@dataclass(slots=True)
class AppContext:
    """What a step of the application works with; one for each run, closed at its end.

    Clients, dialects and looked-up accounts, page ids and digests are kept for the run; requests wait for their lock.
    So is how likely revisions are to be reverted; after a failure it is not asked for until `revert_risk_pause`.
    `caught_up` tells since when, within the last minute, how many articles were read for the index of what they cite.
    `overdue_searched_at` is when all overdue pages were last found, `ledgers_filled_at` when no ledger was missing.
    The alerts of a round wait for cited sources for `source_seconds` in all. In a replay of the past, nobody reads
    reports, ledgers, counters and the index of what is cited: `is_replay` leaves them out.
    """

    watchlist: Watchlist
    archive: Archive
    now: Callable[[], datetime]
    owner: str
    make_client: Callable[[WikiSite, RequestLock], WikiClient]
    sleep: Callable[[float], None] = time.sleep
    uptime: Callable[[], float] = seconds_since_start
    compare: Compare = _compare
    clients: dict[str, WikiClient] = field(default_factory=dict)
    dialects: dict[str, Dialect] = field(default_factory=dict)
    accounts: Lookups[Account] = field(default_factory=Lookups)
    page_ids: Lookups[int] = field(default_factory=Lookups)
    file_digests: Lookups[str] = field(default_factory=Lookups)
    revert_risks: dict[tuple[str, int], float | None] = field(default_factory=dict)
    revert_risk_pause: datetime | None = None
    round: Round = field(default_factory=Round)
    caught_up: tuple[datetime, int] | None = None
    overdue_searched_at: datetime | None = None
    ledgers_filled_at: datetime | None = None
    source_seconds: float = 20.0
    is_replay: bool = False
    counts: RunMetrics = field(default_factory=RunMetrics)
    load_watchlist: Callable[[], Watchlist] | None = None
    watchlist_error: str | None = None
    watchlist_stamp: tuple[int, int, int] | None = None
    leases: Leases = field(init=False)
    _index: tuple[Watchlist, WatchIndex] | None = field(default=None, init=False, repr=False)

    @property
    def index(self) -> WatchIndex:
        """The index of watches and articles, for the watchlist as it was last read."""
        if self._index is None or self._index[0] is not self.watchlist:
            self._index = self.watchlist, WatchIndex(self.watchlist, self.archive)
        return self._index[1]

    def __post_init__(self) -> None:
        self.leases = Leases(self.archive, self.owner, now=self.now, sleep=self.sleep)

    def reload_watchlist(self) -> None:
        """Read the watchlist again if its file has changed, for processes that outlive a run.

        With a mistake in it the old one stays in use, and `watchlist_error` says what is wrong.
        """
        stamp = file_stamp(self.watchlist.path)
        if self.load_watchlist is None or stamp is None or stamp == self.watchlist_stamp:
            return
        self.watchlist_stamp = stamp
        try:
            read = self.load_watchlist()
        except WatcherError as error:
            self.watchlist_error = str(error)
            return
        # A client holds its wiki's address and the allow-list; its connections stay open where neither changed.
        if read.wikis != self.watchlist.wikis or read.allowed_hosts != self.watchlist.allowed_hosts:
            self.clients.clear()
        self.watchlist, self.watchlist_error = read, None

    def client(self, wiki: str) -> WikiClient:
        """Return the client of a wiki of the watchlist."""
        if wiki not in self.clients:
            wiki_lock = partial(self.leases.wiki_lock, wiki)
            self.clients[wiki] = self.make_client(self.watchlist.wiki(wiki), wiki_lock)
        return self.clients[wiki]

    def dialect(self, wiki: str) -> Dialect:
        """Return the wiki's own names, asked for once a run; the built-in ones where the wiki does not answer."""
        if wiki not in self.dialects:
            try:
                self.dialects[wiki] = self.client(wiki).site()
            except WatcherError:
                self.use_builtin_dialect(wiki)
        return self.dialects[wiki]

    def compare_for(self, watch: Watch, before: Snapshot, after: Snapshot) -> Comparison:
        """Compare two revisions by the settings of a watch, in its wiki's dialect."""
        from watcher.config import policy_of

        return self.compare(before, after, policy=policy_of(watch), dialect=self.dialect(watch.wiki))

    def use_builtin_dialect(self, wiki: str) -> None:
        """Use the built-in names of a wiki that must not be asked, or does not answer."""
        from watcher.parse import dialect_for

        self.dialects.setdefault(wiki, dialect_for(self.watchlist.wiki(wiki).language))

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients.values():
            client.close()
        self.leases.close()
        self.archive.close()


def file_stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written; None where there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    # Size and inode, too: some file systems have coarse times, and a file may be replaced by an older one.
    return status.st_mtime_ns, status.st_size, status.st_ino
