"""Coordinate workers: page leases, per-wiki request locks, and bulk updates of check times."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from snapshots import leases, poll_states
from snapshots.database import Database
from snapshots.records import PollState
from watcher.model import Article


class WorkerCoordination:
    """Reads and writes of the rota; each method is one transaction."""

    _database: Database

    # Leases

    def renew_leases(self, owner: str, now: datetime, seconds: float) -> int:
        """Make all leases that this worker has on pages last so long from now; how many were renewed."""
        with self._database.write() as session:
            return leases.renew(session, owner, now, seconds)

    def acquire_wiki(self, wiki: str, owner: str, now: datetime, seconds: float) -> bool:
        """Be the one who asks a wiki, for so long at most (or prolong that); False while somebody else is."""
        with self._database.write() as session:
            return leases.acquire_wiki(session, wiki, owner, now, seconds)

    def release_wiki(self, wiki: str, owner: str) -> None:
        """Let the next one ask the wiki."""
        with self._database.write() as session:
            leases.release_wiki(session, wiki, owner)

    # Many pages at once

    def poll_states(self, wiki: str, titles: Sequence[str], event_kinds: Collection[str] = ()) -> dict[str, PollState]:
        """What is known of each title's page; `event_kinds` are the kinds of events that have an end of their own."""
        with self._database.read() as session:
            return poll_states.poll_states(session, wiki, titles, event_kinds)

    def recorded_images(self, wiki: str, page_ids: Sequence[int], before: datetime) -> dict[int, dict[str, str | None]]:
        """File → SHA-1 of the judged pages among these whose pictures were not looked at since `before`."""
        with self._database.read() as session:
            return poll_states.images_due(session, wiki, page_ids, before)

    def mark_images_checked(self, articles: Sequence[Article], now: datetime) -> None:
        """Note that the pictures of many pages are what they were."""
        with self._database.write() as session:
            poll_states.mark_images_checked(session, articles, now)

    def record_successful_checks(self, articles: Sequence[Article], now: datetime) -> None:
        """Note a good check of many pages."""
        with self._database.write() as session:
            poll_states.record_successful_checks(session, articles, now)

    def record_failed_checks(self, articles: Sequence[Article], now: datetime, error: str) -> None:
        """Note a check of many pages that failed for one reason, such as a wiki that is away."""
        with self._database.write() as session:
            poll_states.record_failed_checks(session, articles, now, error)

    def reserve_pages(self, articles: Sequence[Article], until: datetime | None) -> None:
        """Note that a run is to check these pages, which need not be given to another before `until`."""
        with self._database.write() as session:
            poll_states.reserve_pages(session, articles, until)
