"""Who does what until when: the part of the Archive that workers share out pages and wikis by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from snapshots import leases, survey, turns
from snapshots.store import Store
from snapshots.values import Known
from watcher.model import Article


class Rota:
    """Reads and writes of the rota; each method is one transaction."""

    _store: Store

    # Leases

    def renew(self, owner: str, now: datetime, seconds: float) -> int:
        """Make all leases that this worker has on pages last so long from now; how many were renewed."""
        with self._store.writing() as session:
            return leases.renew(session, owner, now, seconds)

    def take_turn(self, wiki: str, owner: str, now: datetime, seconds: float) -> bool:
        """Be the one who asks a wiki, for so long at most (or prolong that); False while somebody else is."""
        with self._store.writing() as session:
            return turns.take(session, wiki, owner, now, seconds)

    def end_turn(self, wiki: str, owner: str) -> None:
        """Let the next one ask the wiki."""
        with self._store.writing() as session:
            turns.end(session, wiki, owner)

    # Many pages at once

    def known(self, wiki: str, titles: Sequence[str], troubles: Collection[str] = ()) -> dict[str, Known]:
        """What is known of each title's page; `troubles` are the kinds of events that have an end of their own."""
        with self._store.reading() as session:
            return survey.known(session, wiki, titles, troubles)

    def pictured(self, wiki: str, page_ids: Sequence[int], before: datetime) -> dict[int, dict[str, str | None]]:
        """File → SHA-1 of the judged pages among these whose pictures were not looked at since `before`."""
        with self._store.reading() as session:
            return survey.pictured(session, wiki, page_ids, before)

    def looked_at_all(self, articles: Sequence[Article], now: datetime) -> None:
        """Note that the pictures of many pages are what they were."""
        with self._store.writing() as session:
            survey.looked(session, articles, now)

    def checked_all(self, articles: Sequence[Article], now: datetime) -> None:
        """Note a good check of many pages."""
        with self._store.writing() as session:
            survey.checked(session, articles, now)

    def failed_all(self, articles: Sequence[Article], now: datetime, error: str) -> None:
        """Note a check of many pages that failed for one reason, such as a wiki that is away."""
        with self._store.writing() as session:
            survey.failed(session, articles, now, error)

    def queue_pages(self, articles: Sequence[Article], until: datetime | None) -> None:
        """Note that a run is to check these pages, which need not be given to another before `until`."""
        with self._store.writing() as session:
            survey.queued(session, articles, until)
