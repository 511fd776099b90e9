"""What was told, what is muted, what stands around a text and what operators do not know yet: behind the alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from snapshots import mutes, newcomers, oversight, pictures, told
from snapshots.store import Store
from snapshots.values import Mute, Newcomer, Occurrence, Pictures, Posting, Standing, Telling, Unsent, Withheld
from watcher.model import Article


class Ledger:
    """Reads and writes of the ledger; each method is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # What was told

    def standing(self, article: Article) -> tuple[Standing, ...]:
        """What somebody was told of a page and what has not been undone since, oldest first."""
        with self._store.reading() as session:
            return told.standing(session, article)

    def unsent(self, article: Article, now: datetime) -> tuple[Unsent, ...]:
        """The queued alerts about changes of a page that no deliverer has tried to send, oldest first."""
        with self._store.reading() as session:
            return told.unsent(session, article, now)

    # Mutes

    def mute(
        self,
        now: datetime,
        *,
        wiki: str | None = None,
        title: str | None = None,
        rule: str | None = None,
        words: str | None = None,
        until: datetime | None = None,
    ) -> Mute:
        """Keep back what matches all the given parts, until a time or until the mute is ended."""
        parts = {"wiki": wiki, "title": title, "rule": rule, "words": words, "until": until}
        with self._store.writing() as session:
            return mutes.add(session, parts, now)

    def mute_all(
        self, now: datetime, several: Sequence[dict[str, Any]], *, before_commit: Callable[[], object]
    ) -> None:
        """Begin several mutes, each given by its parts; none when `before_commit` raises."""
        with self._store.writing() as session:
            for parts in several:
                mutes.add(session, parts, now)
            before_commit()

    def mutes(self) -> tuple[Mute, ...]:
        """The mutes that have not been ended, those that have run out too, oldest first."""
        with self._store.reading() as session:
            return mutes.mutes(session)

    def withheld(self, mute: Mute) -> tuple[Withheld, ...]:
        """Since which revision a mute has kept something back, for each article."""
        with self._store.reading() as session:
            return mutes.withheld(session, mute)

    def end_mute(self, mute: Mute, tellings: Sequence[Telling], now: datetime) -> bool:
        """End a mute and queue what it kept back; False, and nothing done, when it was ended already."""
        with self._store.writing() as session:
            return mutes.end(session, mute, tellings, now)

    # What stands around the text

    def pictures(self, article: Article) -> Pictures:
        """The files that an article showed when they were looked at last."""
        with self._store.reading() as session:
            return pictures.pictures(session, article)

    def keep_pictures(self, article: Article, seen: Pictures) -> None:
        """Put what was seen now in the place of what was seen before."""
        with self._store.writing() as session:
            pictures.kept(session, article, seen)

    def pictures_due(self, wiki: str, before: datetime) -> tuple[Article, ...]:
        """Judged pages whose pictures were not looked at since `before`, the longest waiting first."""
        with self._store.reading() as session:
            return pictures.due(session, wiki, before)

    def protections(self, wiki: str) -> dict[int, str | None]:
        """Who alone may edit each page, by page id: empty for anybody, None where nobody has looked yet."""
        with self._store.reading() as session:
            return pictures.protections(session, wiki)

    def protected(self, article: Article, protection: str, now: datetime) -> bool:
        """Note who alone may edit a page; True, with an event, when that has changed since the last look."""
        with self._store.writing() as session:
            return pictures.protected(session, article, protection, now)

    # Operators

    def untold_events(self) -> tuple[Occurrence, ...]:
        """Events that no operator has been told of, oldest first."""
        with self._store.reading() as session:
            return oversight.untold_events(session)

    def events_since(self, kind: str, since: datetime) -> tuple[Occurrence, ...]:
        """The events of one kind since a time, newest first."""
        with self._store.reading() as session:
            return oversight.events_since(session, kind, since)

    def tell_events(self, ids: Sequence[int], telling: Telling | None, now: datetime) -> bool:
        """Queue the alert about events and mark them as told; False, and nothing done, when one of them was."""
        with self._store.writing() as session:
            return oversight.tell_events(session, ids, telling, now)

    def missed(self, wiki: str, title: str, error: str, now: datetime) -> None:
        """Count a check that did not reach a page which none has ever reached."""
        with self._store.writing() as session:
            newcomers.missed(session, wiki, title, error, now)

    def arrived(self, wiki: str, title: str, now: datetime) -> None:
        """Note that a check has reached the page of a watch for the first time."""
        with self._store.writing() as session:
            newcomers.arrived(session, wiki, title, now)

    def newcomers(self) -> tuple[Newcomer, ...]:
        """The watches whose page no check has ever reached."""
        with self._store.reading() as session:
            return newcomers.newcomers(session)

    def tell_newcomers(self, ids: Sequence[int], telling: Telling | None, now: datetime) -> bool:
        """Queue what operators hear of newcomers; False, and nothing done, when one of them was told."""
        with self._store.writing() as session:
            return newcomers.tell(session, ids, telling, now)

    def forget_newcomers(self, ids: Sequence[int]) -> None:
        """Take out those that are watched no longer."""
        with self._store.writing() as session:
            newcomers.forget(session, ids)

    def untold_dead(self) -> tuple[Posting, ...]:
        """Dead deliveries that no operator has been told of, oldest first."""
        with self._store.reading() as session:
            return oversight.untold_dead(session)

    def tell_dead(self, ids: Sequence[int], telling: Telling | None, now: datetime) -> bool:
        """Queue the alert about dead deliveries and mark them as told; False, and nothing done, when one was."""
        with self._store.writing() as session:
            return oversight.tell_dead(session, ids, telling, now)
