"""Define the context of an application step: watchlist, database, clients, clock, and cached answers of wikis.

A run holds leases of pages and lists, and locks of wikis. If its process dies, they expire.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from snapshots import Archive, PollState
from watcher.backoff import Backoff
from watcher.config import Watch, Watchlist, WikiSite, did_you_mean
from watcher.errors import FETCH_ERRORS, ConfigError, StoreError, Unavailable, WatcherError
from watcher.services.checks.outcome import RunMetrics

if TYPE_CHECKING:
    from snapshots.members import SourceDefinition
    from snapshots.tables import MemberSource
    from watcher.fetch import WikiClient
    from watcher.fetch.decode import Account
    from watcher.model import Article, Comparison, Dialect, Policy, Revision, Snapshot


def clock() -> datetime:
    """Return the current time; the only place where checks and deliveries read the clock."""
    return datetime.now(UTC)


# Returns a context in which one request is made.
RequestLock = Callable[[], AbstractContextManager[None]]


Compare = Callable[..., "Comparison"]
"""Compare two revisions under a policy, in a wiki's dialect."""


def _compare(before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
    from watcher.pipeline import compare

    return compare(before, after, policy=policy, dialect=dialect)


T = TypeVar("T")
_ANSWER_AGE: Final = timedelta(hours=1)  # how long an answer is reused: a bot edits many pages in one pass
_FAILURE_AGE: Final = timedelta(minutes=5)  # pause after the wiki did not answer
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_MAX_REQUESTED: Final = 500  # names asked about at once: ten requests
_MAX_CACHED: Final = 10_000  # the schedule runs for months in one process, and a wiki has millions of accounts


class Lookups(Generic[T]):
    """A cache of wikis' answers about names, such as accounts or pages; each name is asked about once an hour."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[datetime, T | None]] = {}

    def find(
        self, wiki: str, names: Iterable[str], now: datetime, ask: Callable[[list[str]], Mapping[str, T | None]]
    ) -> dict[str, T | None]:
        """Return a wiki's answers about names, None for names without one; `ask` fetches those not cached."""
        keys = dict.fromkeys((wiki, name) for name in names)
        outdated = (key for key in keys if key not in self._known or abs(now - self._known[key][0]) > _ANSWER_AGE)
        to_request = [name for _, name in islice(outdated, _MAX_REQUESTED)]
        if to_request:
            answered = {name: self._known[wiki, name][1] for name in to_request if (wiki, name) in self._known}
            try:
                answered |= ask(sorted(to_request))
            except FETCH_ERRORS:  # not asked again at once: otherwise a hundred alerts would each wait for all retries
                now -= _ANSWER_AGE - _FAILURE_AGE
            self._known |= {(wiki, name): (now, answered.get(name)) for name in to_request}
        answers = {key[1]: self._known[key][1] for key in keys if key in self._known}
        if len(self._known) > _MAX_CACHED:
            self._known.clear()
        return answers


@dataclass(slots=True)
class Round:
    """Data that is valid for one round of checks only.

    `transcluded` are the newest revisions of the pages that articles transclude, `transcluded_edits` their last edits,
    by the id of the newest one. Alerts wait for cited sources until `source_deadline`, by the monotonic clock.
    `lagging` are articles whose ledger ends before their last judged revision.
    """

    transcluded: dict[str, dict[str, Revision | None]] = field(default_factory=dict)
    transcluded_edits: dict[tuple[str, int], tuple[Snapshot, ...]] = field(default_factory=dict)
    source_deadline: float | None = None
    lagging: list[Article] = field(default_factory=list)


@dataclass(slots=True)
class AppContext:
    """The context of an application step; one for each run, closed at its end.

    Clients, dialects, and cached accounts, page ids, file digests and revert risks live as long as the run; after a
    failure no revert risk is requested until `revert_risk_pause`. `fallbacks` are the times until which a built-in
    dialect is used for a wiki that did not answer. `overdue_searched_at` is when all overdue pages were last searched
    for, `ledgers_filled_at` when no ledger was missing. The alerts of a round wait for cited sources for
    `source_seconds` in total. `is_replay` leaves out reports, ledgers, counters and the citation index, which nobody
    reads in a replay of past edits.
    """

    watchlist: Watchlist
    archive: Archive
    now: Callable[[], datetime]
    owner: str
    make_client: Callable[[WikiSite, RequestLock], WikiClient]
    sleep: Callable[[float], None] = time.sleep
    compare: Compare = _compare
    clients: dict[str, WikiClient] = field(default_factory=dict)
    dialects: dict[str, Dialect] = field(default_factory=dict)
    fallbacks: dict[str, datetime] = field(default_factory=dict)
    accounts: Lookups[Account] = field(default_factory=Lookups)
    page_ids: Lookups[tuple[int, bool]] = field(default_factory=Lookups)
    file_digests: Lookups[str] = field(default_factory=Lookups)
    revert_risks: dict[tuple[str, int], float | None] = field(default_factory=dict)
    revert_risk_pause: datetime | None = None
    round: Round = field(default_factory=Round)
    overdue_searched_at: datetime | None = None
    ledgers_filled_at: datetime | None = None
    source_seconds: float = 20.0
    is_replay: bool = False
    counts: RunMetrics = field(default_factory=RunMetrics)
    load_watchlist: Callable[[], Watchlist] | None = None
    watchlist_error: str | None = None
    watchlist_stamp: tuple[int, int, int] | None = None
    leases: Leases = field(init=False)
    _index: WatchIndex | None = field(default=None, init=False, repr=False)

    @property
    def index(self) -> WatchIndex:
        """The index of watches and articles for the current watchlist."""
        if self._index is None or self._index.watchlist is not self.watchlist:
            self._index = WatchIndex(self.watchlist, self.archive)
        return self._index

    def __post_init__(self) -> None:
        self.leases = Leases(self.archive, self.owner, now=self.now, sleep=self.sleep)

    def reload_watchlist(self) -> None:
        """Read the watchlist again if its file has changed, for processes that outlive a run.

        If it has an error, the old watchlist stays in use, and `watchlist_error` describes the error.
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
        # A client holds its wiki's URL and the allow-list; if neither changed, its connections stay open.
        if read.wikis != self.watchlist.wikis or read.allowed_hosts != self.watchlist.allowed_hosts:
            self.clients.clear()
            self.dialects.clear()  # they depend on the wiki's language
        self.watchlist, self.watchlist_error = read, None

    def client(self, wiki: str) -> WikiClient:
        """Return the client of a wiki in the watchlist."""
        if wiki not in self.clients:
            wiki_lock = partial(self.leases.wiki_lock, wiki)
            self.clients[wiki] = self.make_client(self.watchlist.wiki(wiki), wiki_lock)
        return self.clients[wiki]

    def dialect(self, wiki: str) -> Dialect:
        """Return a wiki's dialect, fetched once; if the wiki does not answer, use a built-in one for five minutes."""
        if wiki not in self.dialects or self.fallbacks.get(wiki, _NEVER) <= self.now():
            try:
                self.dialects[wiki] = self.client(wiki).site()
                self.fallbacks.pop(wiki, None)
            except WatcherError:
                self.use_builtin_dialect(wiki)
                self.fallbacks[wiki] = self.now() + _FAILURE_AGE
        return self.dialects[wiki]

    def compare_for(self, watch: Watch, before: Snapshot, after: Snapshot) -> Comparison:
        """Compare two revisions by the settings of a watch, in its wiki's dialect."""
        from watcher.config import policy_of

        return self.compare(before, after, policy=policy_of(watch), dialect=self.dialect(watch.wiki))

    def use_builtin_dialect(self, wiki: str) -> None:
        """Use the built-in dialect for a wiki that must not be asked or does not answer."""
        from watcher.parse import dialect_for

        self.dialects.setdefault(wiki, dialect_for(self.watchlist.wiki(wiki).language))

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients.values():
            client.close()
        self.leases.close()
        self.archive.close()


def file_stamp(path: Path) -> tuple[int, int, int] | None:
    """Return a stamp that changes when a file is written; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    # With size and inode: some file systems have coarse timestamps, and an older file may replace the newer one.
    return status.st_mtime_ns, status.st_size, status.st_ino


PAGE_SECONDS: Final = 60.0  # how long a lease of a page or list lasts unless its worker renews it
WIKI_LOCK_SECONDS: Final = 45.0  # the same for the lock of a wiki
_RENEW_SECONDS: Final = 15.0
_WAIT_SECONDS: Final = 180.0  # maximum wait for a lock: enough for the locks of three lost workers to expire in turn
_PAUSES: Final = Backoff(first=0.02, longest=0.25, factor=1.5)
_MAX_HOLD_SECONDS: Final = 60.0  # clients never wait longer than this for a Retry-After


class Leases:
    """The leases and locks of one run: no other run judges its leased pages or sends requests to its locked wikis.

    Prefect's concurrency limits leak when a worker or the server dies; these database rows expire. `sleep` waits for
    some seconds. A thread renews the leases, so that none expires during a long parse.
    """

    def __init__(
        self,
        archive: Archive,
        owner: str,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        renew_seconds: float = _RENEW_SECONDS,
    ) -> None:
        self._archive, self._owner, self._now, self._sleep = archive, owner, now, sleep
        self._every = renew_seconds
        self._leased: set[tuple[str, int | str]] = set()  # pages by their ids, lists by their keys
        self._locked: set[str] = set()
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire_page(self, article: Article) -> bool:
        """Lease a page; return False if another worker has it."""
        if not self._archive.leases.acquire_page(article, self._owner, self._now(), PAGE_SECONDS):
            return False
        self._leased.add((article.wiki, article.page_id))
        self._begin()
        return True

    def release_page(self, article: Article) -> None:
        """Release a page, if it is leased."""
        if (article.wiki, article.page_id) in self._leased:
            self.forget_page(article)
            self._archive.leases.release_page(article, self._owner)

    def forget_page(self, article: Article) -> None:
        """Stop renewing the lease of a page; it was already released when the check was recorded."""
        self._leased.discard((article.wiki, article.page_id))

    @contextmanager
    def list_lease(self, source: SourceDefinition, retry: timedelta) -> Iterator[MemberSource | None]:
        """Lease a list that is due for a refresh; None if it is not due or another worker is refreshing it."""
        now = self._now()
        until = now + timedelta(seconds=PAGE_SECONDS)
        claimed = self._archive.members.claim(source, self._owner, now, until, retry)
        if claimed is None:
            yield None
            return
        self._leased.add((source.wiki, source.key))
        self._begin()
        try:
            yield claimed
        finally:
            self._leased.discard((source.wiki, source.key))

    @contextmanager
    def wiki_lock(self, wiki: str, max_wait: float = _WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock of a wiki, so that no other worker sends it requests.

        Raises Unavailable if the lock is still taken after `max_wait` seconds. If the wiki answers with a Retry-After,
        the lock is kept for that long, so that the other workers wait, too.
        """
        waited, tries, hold_seconds = 0.0, 0, 0.0
        while not self._archive.leases.acquire_wiki(wiki, self._owner, self._now(), WIKI_LOCK_SECONDS):
            if waited >= max_wait:
                raise Unavailable(f"{wiki}: other workers keep it busy; try again later")
            tries += 1
            pause = _PAUSES.delay(tries, random.random())  # noqa: S311  jitter, so that workers do not try in step
            self._sleep(pause)
            waited += pause
        with self._guard:
            self._locked.add(wiki)
        self._begin()
        try:
            yield
        except Unavailable as error:
            retry_after = error.retry_after or 0.0
            # No worker waits for a longer one: the lock would only keep them from receiving the same answer.
            hold_seconds = retry_after if retry_after <= _MAX_HOLD_SECONDS else 0.0
            raise
        finally:
            # A database error must not lose the wiki's answer; the lock then expires.
            with self._guard, suppress(StoreError):
                self._locked.discard(wiki)
                if hold_seconds:
                    self._archive.leases.acquire_wiki(wiki, self._owner, self._now(), hold_seconds + 1)
                else:
                    self._archive.leases.release_wiki(wiki, self._owner)

    def close(self) -> None:
        """Stop renewing; leases that are still held expire."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        def renew_all() -> None:
            while not self._stopped.wait(self._every):
                with suppress(StoreError):  # the database may recover before the lease expires
                    self.renew()

        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=renew_all, name="leases", daemon=True)
                self._thread.start()

    def renew(self) -> None:
        """Renew all leases and locks that are held."""
        if self._leased:
            self._archive.leases.renew(self._owner, self._now(), PAGE_SECONDS)
        with self._guard:
            for wiki in self._locked:
                self._archive.leases.acquire_wiki(wiki, self._owner, self._now(), WIKI_LOCK_SECONDS)


MAX_EARLY: Final = timedelta(seconds=30)
"""How early a page may be checked: dispatches run every minute, and the one nearest to its due time takes it."""
WatchKey = tuple[str, str]
"""The wiki and title of a watch, as written in the watchlist."""


class WatchIndex:
    """Lookups between one version of the watchlist and the archive; its construction makes no query.

    A moved page keeps its id, but the watchlist keeps the title under which it was added: comparing titles would lose
    moved pages.
    """

    def __init__(self, watchlist: Watchlist, archive: Archive) -> None:
        self.watchlist = watchlist
        self.archive = archive
        self._by_key: dict[WatchKey, Watch] = {(watch.wiki, watch.title): watch for watch in watchlist.watches}
        self._position = {key: position for position, key in enumerate(self._by_key)}
        self._sources = {(source.wiki, source.source): source for source in watchlist.sources}

    def get(self, wiki: str, title: str) -> Watch | None:
        """Return the watch with exactly this title, else the one made for a member of a list; None if there is none."""
        return self._by_key.get((wiki, title)) or self.members(wiki, titles=[title]).get(title)

    def members(self, wiki: str, *, titles: Collection[str] = (), page_ids: Collection[int] = ()) -> dict[str, Watch]:
        """Make watches for the given members of lists, by title; lists may have a million members.

        If a page is in several lists, the first active one provides the settings.
        """
        if not any(key[0] == wiki for key in self._sources):
            return {}
        listed = self.archive.members.sources_of(wiki, titles=titles, page_ids=page_ids)
        now, result = self.archive.database.now(), dict[str, Watch]()
        for article, keys in listed.values():
            if lists := [source for key in keys if (source := self._sources.get((wiki, key)))]:
                first = min(lists, key=lambda each: not each.is_active(now))
                result[article.title] = first.model_copy(update={"title": article.title})
        return result

    def select(self, wiki: str | None, titles: Collection[str]) -> Iterator[Watch]:
        """Yield the watches of some titles in their order, from the watchlist or for members of its lists."""
        for name in [site.name for site in self.watchlist.wikis] if wiki is None else [wiki]:
            own = {title: watch for title in titles if (watch := self._by_key.get((name, title)))}
            known = self.members(name, titles=titles) | own
            yield from (known[title] for title in dict.fromkeys(titles) if title in known)

    def member_titles(self, source: Watch) -> Iterator[str]:
        """Yield the titles of all members of a list, including those that other lists have, too."""
        for batch in self._pages(source, None):
            yield from (article.title for article in batch)

    def _pages(self, source: Watch, due: tuple[datetime, datetime] | None) -> Iterator[list[Article]]:
        pages = partial(self.archive.members.pages, source.wiki, source.source, due=due)
        rows = pages()
        while rows:
            yield [article for _, article in rows]
            rows = pages(after=rows[-1][0])

    def batches(self) -> Iterator[list[Watch]]:
        """Yield all watches in batches, each once: those of the watchlist first, then the members of each list."""
        yield [*self._by_key.values()]
        yield from self.listed()

    def listed(self, now: datetime | None = None, *, unchecked: bool = False) -> Iterator[list[Watch]]:
        """Yield the watches of all lists' members in batches; with `now`, only of members that are due.

        With `unchecked` as well, only of those that were never checked.
        """
        for source in self._sources.values():
            late = timedelta(days=36_500) if unchecked else source.every - min(MAX_EARLY, source.every / 2)
            for batch in self._pages(source, None if now is None else (now, now - late)):
                watches = self.members(source.wiki, page_ids=[article.page_id for article in batch])
                first = (watch for watch in watches.values() if watch.source == source.source)
                yield [watch for watch in first if (watch.wiki, watch.title) not in self._by_key]

    def article_of(self, watch: Watch) -> Article | None:
        """Return the stored article of a watch; None before its first successful check."""
        return self.archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)

    def poll_states(self, keys: Iterable[WatchKey] | None = None) -> dict[WatchKey, PollState]:
        """Load the stored poll states of some watches' pages (default: all), with a few statements in total."""
        by_wiki: dict[str, list[str]] = defaultdict(list)
        for wiki, title in self._by_key if keys is None else keys:
            by_wiki[wiki].append(title)
        return {
            (wiki, title): state
            for wiki, titles in by_wiki.items()
            for title, state in self.archive.articles.poll_states(wiki, titles).items()
        }

    def watch_of(self, article: Article, known: Watch | None = None) -> Watch | None:
        """Return the watch of an article under any title that it ever had; None if it is not watched.

        After a move, two watches may have the same page: the first in the watchlist counts. `known` is a watch that is
        known to have this page.
        """
        if known is not None and self._position.get((known.wiki, known.title)) == 0:
            return known
        former = self.archive.articles.titles_of(article)
        keys = sorted(
            ((article.wiki, title) for title in {article.title, *former} if (article.wiki, title) in self._by_key),
            key=self._position.__getitem__,
        )
        candidates = (self._by_key[key] for key in keys)

        def is_page(watch: Watch) -> bool:
            # A former title may belong to another page by now, for example after a move without a redirect. Before the
            # first check of a watch, only its title can be compared.
            own = self.article_of(watch)
            return watch.title == article.title if own is None else own.page_id == article.page_id

        own = next((watch for watch in candidates if watch is known or is_page(watch)), None)
        return own or next(iter(self.members(article.wiki, page_ids=[article.page_id]).values()), None)

    def duplicates(self) -> dict[WatchKey, Watch]:
        """Return the keys of watches whose page an earlier watch already has, each with that earlier watch."""
        states, first = self.poll_states(), dict[tuple[str, int], Watch]()
        pages = {key: (key[0], states[key].article.page_id) for key in self._by_key if key in states}
        return {
            key: earlier
            for key, page in pages.items()
            if (earlier := first.setdefault(page, self._by_key[key])) is not self._by_key[key]
        }

    def find(self, title: str, wiki: str | None = None) -> tuple[Watch, ...]:
        """Find the watches of the article that has or ever had this title: one for each wiki that has it.

        Raises ConfigError, with the closest watched title, if there is none.
        """
        normalized = title.replace("_", " ").strip()  # as in URLs: MediaWiki treats both alike
        # A title in the watchlist wins over a former title of another page, because the user wrote it.
        exact = [watch for key, watch in self._by_key.items() if key[1] == normalized and wiki in (None, key[0])]
        exact = exact or [*self.select(wiki, [normalized])]
        if exact:
            return tuple(exact)
        names = dict.fromkeys(site.name for site in self.watchlist.wikis if wiki in (None, site.name))
        articles = (self.archive.articles.find_by_title_or_former_title(name, normalized) for name in names)
        watches = tuple(watch for article in articles if article and (watch := self.watch_of(article)))
        if watches:
            return watches
        suggestion = did_you_mean(normalized, [title for _, title in self._by_key])
        hint = suggestion if "did you mean" in suggestion else "; add it with `watcher add`, or name a watched title"
        where = f" on {wiki!r}" if wiki else ""
        raise ConfigError(f"{title!r}{where}: is not in {self.watchlist.path.name}{hint}")
