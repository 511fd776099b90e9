"""Store sent facts, mutes, image digests and the events that operators were not notified of yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from snapshots import images, mutes, operator_events, sent_facts
from snapshots.database import Database
from snapshots.records import (
    ArticleEvent,
    DeliveryRecord,
    ImageDigests,
    Mute,
    OutgoingAlert,
    QueuedAlert,
    Suppressed,
    UnreachedWatch,
    UnresolvedFact,
)
from watcher.model import Article


class SentAlertsAndMutes:
    """Reads and writes of the ledger; each method is one transaction."""

    def __init__(self, store: Database) -> None:
        self._database = store

    # What was told

    def unresolved_facts(self, article: Article) -> tuple[UnresolvedFact, ...]:
        """What somebody was told of a page and what has not been undone since, oldest first."""
        with self._database.read() as session:
            return sent_facts.unresolved(session, article)

    def queued_alerts(self, article: Article, now: datetime) -> tuple[QueuedAlert, ...]:
        """The queued alerts about changes of a page that no deliverer has tried to send, oldest first."""
        with self._database.read() as session:
            return sent_facts.queued_alerts(session, article, now)

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
        with self._database.write() as session:
            return mutes.begin_mute(session, parts, now)

    def mute_all(
        self, now: datetime, several: Sequence[dict[str, Any]], *, before_commit: Callable[[], object]
    ) -> None:
        """Begin several mutes, each given by its parts; none when `before_commit` raises."""
        with self._database.write() as session:
            for parts in several:
                mutes.begin_mute(session, parts, now)
            before_commit()

    def mutes(self) -> tuple[Mute, ...]:
        """The mutes that have not been ended, those that have run out too, oldest first."""
        with self._database.read() as session:
            return mutes.list_mutes(session)

    def suppressed(self, mute: Mute) -> tuple[Suppressed, ...]:
        """Since which revision a mute has kept something back, for each article."""
        with self._database.read() as session:
            return mutes.suppressed(session, mute)

    def end_mute(self, mute: Mute, alerts: Sequence[OutgoingAlert], now: datetime) -> bool:
        """End a mute and queue what it kept back; False, and nothing done, when it was ended already."""
        with self._database.write() as session:
            return mutes.end_mute(session, mute, alerts, now)

    # What stands around the text

    def image_digests(self, article: Article) -> ImageDigests:
        """The files that an article showed when they were looked at last."""
        with self._database.read() as session:
            return images.image_digests(session, article)

    def save_images(self, article: Article, seen: ImageDigests) -> None:
        """Put what was seen now in the place of what was seen before."""
        with self._database.write() as session:
            images.save_for(session, article, seen)

    def images_due(self, wiki: str, before: datetime) -> tuple[Article, ...]:
        """Judged pages whose pictures were not looked at since `before`, the longest waiting first."""
        with self._database.read() as session:
            return images.images_due(session, wiki, before)

    def protections(self, wiki: str) -> dict[int, str | None]:
        """Who alone may edit each page, by page id: empty for anybody, None where nobody has looked yet."""
        with self._database.read() as session:
            return images.protections(session, wiki)

    def record_protection(self, article: Article, protection: str, now: datetime) -> bool:
        """Note who alone may edit a page; True, with an event, when that has changed since the last look."""
        with self._database.write() as session:
            return images.record_protection(session, article, protection, now)

    # Operators

    def unnotified_events(self) -> tuple[ArticleEvent, ...]:
        """Events that no operator has been told of, oldest first."""
        with self._database.read() as session:
            return operator_events.unnotified_events(session)

    def events_since(self, kind: str, since: datetime) -> tuple[ArticleEvent, ...]:
        """The events of one kind since a time, newest first."""
        with self._database.read() as session:
            return operator_events.events_since(session, kind, since)

    def queue_event_alert(self, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about events and mark them as told; False, and nothing done, when one of them was."""
        with self._database.write() as session:
            return operator_events.queue_event_alert(session, ids, alert, now)

    def record_unreached_failure(self, wiki: str, title: str, error: str, now: datetime) -> None:
        """Count a check that did not reach a page which none has ever reached."""
        with self._database.write() as session:
            operator_events.record_failure(session, wiki, title, error, now)

    def record_first_success(self, wiki: str, title: str, now: datetime) -> None:
        """Note that a check has reached the page of a watch for the first time."""
        with self._database.write() as session:
            operator_events.record_first_success(session, wiki, title, now)

    def unreached_watches(self) -> tuple[UnreachedWatch, ...]:
        """The watches whose page no check has ever reached."""
        with self._database.read() as session:
            return operator_events.unreached_watches(session)

    def mark_unreached_notified(self, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue what operators hear of newcomers; False, and nothing done, when one of them was told."""
        with self._database.write() as session:
            return operator_events.mark_notified(session, ids, alert, now)

    def delete_unreached(self, ids: Sequence[int]) -> None:
        """Take out those that are watched no longer."""
        with self._database.write() as session:
            operator_events.delete_unreached(session, ids)

    def unnotified_dead_letters(self) -> tuple[DeliveryRecord, ...]:
        """Dead deliveries that no operator has been told of, oldest first."""
        with self._database.read() as session:
            return operator_events.unnotified_dead_letters(session)

    def queue_dead_letter_alert(self, ids: Sequence[int], alert: OutgoingAlert | None, now: datetime) -> bool:
        """Queue the alert about dead deliveries and mark them as told; False, and nothing done, when one was."""
        with self._database.write() as session:
            return operator_events.queue_dead_letter_alert(session, ids, alert, now)
