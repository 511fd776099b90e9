"""Hold leases of pages and lists and wiki locks while a run lives; they expire by themselves when it dies."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from snapshots import Archive
from watcher.backoff import Backoff
from watcher.errors import StoreError, Unavailable
from watcher.model import Article

if TYPE_CHECKING:
    from snapshots.members import SourceDefinition
    from snapshots.tables import MemberSource

PAGE_SECONDS: Final = 60.0  # after which a lost worker's pages and lists are free; a living one renews them
WIKI_LOCK_SECONDS: Final = 45.0  # likewise
_RENEW_SECONDS: Final = 15.0
_WAIT_SECONDS: Final = 180.0  # for a lock: three lost workers, one after the other
_PAUSES: Final = Backoff(first=0.02, longest=0.25, factor=1.5)
_LONGEST_REST: Final = 60.0  # no client waits longer than this for a Retry-After


class Leases:
    """The leases of one run: pages that no other run judges meanwhile, and locks of wikis that no other run asks.

    Prefect's own limits leak when a worker or the server dies; these rows of our database expire. Waiting is done with
    `sleep` (seconds); a thread renews, so that no lease expires during a long parse.
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
        self._held: set[tuple[str, int | str]] = set()  # pages by their ids, lists by their keys
        self._locked: set[str] = set()
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire_page(self, article: Article) -> bool:
        """Lease a page; False while another worker has it."""
        if not self._archive.leases.acquire_page(article, self._owner, self._now(), PAGE_SECONDS):
            return False
        self._held.add((article.wiki, article.page_id))
        self._begin()
        return True

    def release_page(self, article: Article) -> None:
        """Release a page, if it is leased."""
        if self.holds_page(article):
            self.forget_page(article)
            self._archive.leases.release_page(article, self._owner)

    def holds_page(self, article: Article) -> bool:
        """Return whether this run has leased a page and not released it."""
        return (article.wiki, article.page_id) in self._held

    def forget_page(self, article: Article) -> None:
        """Hold a page no longer whose lease was ended with what was recorded of it."""
        self._held.discard((article.wiki, article.page_id))

    @contextmanager
    def list_lease(self, source: SourceDefinition, retry: timedelta) -> Iterator[MemberSource | None]:
        """Hold a list that is due for a refresh; None while it is not, or another worker refreshes it."""
        now = self._now()
        until = now + timedelta(seconds=PAGE_SECONDS)
        claimed = self._archive.members.claim(source, self._owner, now, until, retry)
        if claimed is None:
            yield None
            return
        self._held.add((source.wiki, source.key))
        self._begin()
        try:
            yield claimed
        finally:
            self._held.discard((source.wiki, source.key))

    @contextmanager
    def wiki_lock(self, wiki: str) -> Iterator[None]:
        """Hold the lock of a wiki, so that no other worker asks it; raises Unavailable when it stays taken.

        Where the wiki answers with a Retry-After, the lock is held as long, so that nobody else asks either.
        """
        waited, tries, rest = 0.0, 0, 0.0
        while not self._archive.leases.acquire_wiki(wiki, self._owner, self._now(), WIKI_LOCK_SECONDS):
            if waited >= _WAIT_SECONDS:
                raise Unavailable(f"{wiki}: other workers keep it busy; try again later")
            tries += 1
            pause = _PAUSES.delay(tries, random.random())  # noqa: S311  so that workers do not ask in step
            self._sleep(pause)
            waited += pause
        with self._guard:
            self._locked.add(wiki)
        self._begin()
        try:
            yield
        except Unavailable as error:
            asked = error.retry_after or 0.0
            # A longer one is not waited for by anybody, so the lock would only keep others from learning it.
            rest = asked if asked <= _LONGEST_REST else 0.0
            raise
        finally:
            # The answer is not lost because the database fails now: the lock expires.
            with self._guard, suppress(StoreError):
                self._locked.discard(wiki)
                if rest:
                    self._archive.leases.acquire_wiki(wiki, self._owner, self._now(), rest + 1)
                else:
                    self._archive.leases.release_wiki(wiki, self._owner)

    def close(self) -> None:
        """Stop renewing; what is still held expires."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._renew_all, name="leases", daemon=True)
            self._thread.start()

    def _renew_all(self) -> None:
        while not self._stopped.wait(self._every):
            # The database may be back before the lease expires.
            with suppress(StoreError):
                self.renew()

    def renew(self) -> None:
        """Renew every lease that is still held."""
        if self._held:
            self._archive.leases.renew(self._owner, self._now(), PAGE_SECONDS)
        with self._guard:
            for wiki in self._locked:
                self._archive.leases.acquire_wiki(wiki, self._owner, self._now(), WIKI_LOCK_SECONDS)
