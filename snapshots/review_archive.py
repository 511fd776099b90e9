"""Store review decisions and look up findings: the part of the Archive behind the review pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from snapshots import comparisons, deliveries, review_history, review_queue
from snapshots.comparisons import StoredFinding
from snapshots.database import Database
from snapshots.records import (
    ComparisonRecord,
    DeliveryRecord,
    FacetCounts,
    FindingFilter,
    Mute,
    NewMute,
    ReviewDecision,
    ReviewedFinding,
    ReviewEvent,
    SortOrder,
)
from watcher.model import Article


class ReviewStorage:
    """Reads and writes of reviewers; each method is one transaction. Ids that are not stored are Missing."""

    _database: Database

    # Looking up

    def recent(self, limit: int) -> tuple[ComparisonRecord, ...]:
        """The newest comparisons of all articles that found something, newest first."""
        with self._database.read() as session:
            return comparisons.recent(session, limit)

    def comparison(self, comparison_id: int) -> ComparisonRecord:
        """One stored comparison."""
        with self._database.read() as session:
            return comparisons.comparison(session, comparison_id)

    def comparison_of(self, wiki: str, before_id: int, after_id: int) -> ComparisonRecord | None:
        """The stored comparison of two revisions (the wiki's ids); None where there is none."""
        with self._database.read() as session:
            return comparisons.comparison_of(session, wiki, before_id, after_id)

    def stored_finding(self, finding_id: int) -> StoredFinding:
        """One stored finding in the words of a list."""
        with self._database.read() as session:
            return comparisons.stored_finding(session, finding_id)

    def stored_findings_of(self, comparison_ids: Sequence[int], each: int) -> dict[int, tuple[StoredFinding, ...]]:
        """The `each` worst findings of every comparison asked for, worst first, else in document order."""
        with self._database.read() as session:
            return comparisons.stored_findings_of(session, comparison_ids, each)

    def deliveries_for_article(self, article: Article, limit: int) -> tuple[DeliveryRecord, ...]:
        """The messages about what was found in a page, newest first."""
        with self._database.read() as session:
            return deliveries.deliveries_for_article(session, article, limit)

    # The queue

    def list_findings(
        self, query: FindingFilter, *, order: SortOrder = SortOrder.WORST, limit: int = 50, after: int | None = None
    ) -> tuple[ReviewedFinding, ...]:
        """A page of findings: the first `limit` that come after the finding `after` (its id) in this order."""
        with self._database.read() as session:
            return review_queue.list_findings(session, query, order, limit, after)

    def facet_counts(self, query: FindingFilter) -> FacetCounts:
        """How many findings there are by each facet, the other facets being as wanted."""
        with self._database.read() as session:
            return review_queue.facet_counts(session, query)

    def get_finding(self, finding_id: int) -> ReviewedFinding:
        """One finding with where its review stands."""
        with self._database.read() as session:
            return review_queue.get_finding(session, finding_id)

    def review_events(self, finding_id: int) -> tuple[ReviewEvent, ...]:
        """The history of a finding, oldest step first."""
        with self._database.read() as session:
            return review_history.events_of(session, [finding_id])

    def events_of_batch(self, batch: int) -> tuple[ReviewEvent, ...]:
        """What was decided at once under this number; () where there is none."""
        with self._database.read() as session:
            return review_history.events_of_batch(session, batch)

    def last_undoable(self, finding_id: int) -> ReviewEvent | None:
        """The newest step of a finding that can be taken back."""
        with self._database.read() as session:
            return review_history.last_undoable(session, finding_id)

    # Deciding

    def decide(self, ids: Sequence[int], decision: ReviewDecision, by: str, now: datetime) -> int:
        """Decide the same of 1 to 500 findings, or of none; the number of the batch. ValueError for half an action."""
        with self._database.write() as session:
            return review_history.decide(session, ids, decision, by, now)

    def mute_finding(self, finding_id: int, new_mute: NewMute, by: str, now: datetime) -> Mute:
        """Begin a mute and note it in the history of the finding that it was begun from."""
        with self._database.write() as session:
            return review_history.mute(session, finding_id, new_mute, by, now)

    def undo(self, events: Sequence[ReviewEvent], by: str, now: datetime) -> int:
        """Take steps back; the number of the batch, 0 when all were taken back before. A mute is ended on its own."""
        with self._database.write() as session:
            return review_history.undo(session, events, by, now)

    # Readers

    def mark_seen(self, reader: str, now: datetime) -> None:
        """Note that a reader has seen all that was found until now."""
        with self._database.write() as session:
            review_history.mark_seen(session, reader, now)

    def last_seen(self, reader: str) -> datetime | None:
        """Until when a reader has seen what was found; None before the first time."""
        with self._database.read() as session:
            return review_history.last_seen(session, reader)
