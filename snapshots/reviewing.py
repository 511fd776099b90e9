"""Queues, findings and decisions of reviewers: the part of the Archive behind the review pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from snapshots import browsing, postings, review_queue, reviews
from snapshots.browsing import Headline
from snapshots.review_values import Action, Counts, Muting, Order, Reviewed, Step, Wanted
from snapshots.store import Store
from snapshots.values import Decision, Mute, Posting
from watcher.model import Article


class Reviewing:
    """Reads and writes of reviewers; each method is one transaction. Ids that are not stored are Missing."""

    _store: Store

    # Looking up

    def recent(self, limit: int) -> tuple[Decision, ...]:
        """The newest comparisons of all articles that found something, newest first."""
        with self._store.reading() as session:
            return browsing.recent(session, limit)

    def comparison(self, comparison_id: int) -> Decision:
        """One stored comparison."""
        with self._store.reading() as session:
            return browsing.comparison(session, comparison_id)

    def comparison_of(self, wiki: str, before_id: int, after_id: int) -> Decision | None:
        """The stored comparison of two revisions (the wiki's ids); None where there is none."""
        with self._store.reading() as session:
            return browsing.comparison_of(session, wiki, before_id, after_id)

    def headline(self, finding_id: int) -> Headline:
        """One stored finding in the words of a list."""
        with self._store.reading() as session:
            return browsing.headline(session, finding_id)

    def headlines(self, comparison_ids: Sequence[int], each: int) -> dict[int, tuple[Headline, ...]]:
        """The `each` worst findings of every comparison asked for, worst first, else in document order."""
        with self._store.reading() as session:
            return browsing.headlines(session, comparison_ids, each)

    def deliveries_of(self, article: Article, limit: int) -> tuple[Posting, ...]:
        """The messages about what was found in a page, newest first."""
        with self._store.reading() as session:
            return postings.about(session, article, limit)

    # The queue

    def reviews(
        self, wanted: Wanted, *, order: Order = Order.WORST, limit: int = 50, after: int | None = None
    ) -> tuple[Reviewed, ...]:
        """A page of findings: the first `limit` that come after the finding `after` (its id) in this order."""
        with self._store.reading() as session:
            return review_queue.page(session, wanted, order, limit, after)

    def counts(self, wanted: Wanted) -> Counts:
        """How many findings there are by each facet, the other facets being as wanted."""
        with self._store.reading() as session:
            return review_queue.counts(session, wanted)

    def review(self, finding_id: int) -> Reviewed:
        """One finding with where its review stands."""
        with self._store.reading() as session:
            return review_queue.one(session, finding_id)

    def steps(self, finding_id: int) -> tuple[Step, ...]:
        """The history of a finding, oldest step first."""
        with self._store.reading() as session:
            return reviews.steps(session, [finding_id])

    def batch(self, batch: int) -> tuple[Step, ...]:
        """What was decided at once under this number; () where there is none."""
        with self._store.reading() as session:
            return reviews.batch_steps(session, batch)

    def last_step(self, finding_id: int) -> Step | None:
        """The newest step of a finding that can be taken back."""
        with self._store.reading() as session:
            return reviews.last_step(session, finding_id)

    # Deciding

    def act(self, ids: Sequence[int], action: Action, by: str, now: datetime) -> int:
        """Decide the same of 1 to 500 findings, or of none; the number of the batch. ValueError for half an action."""
        with self._store.writing() as session:
            return reviews.act(session, ids, action, by, now)

    def mute_finding(self, finding_id: int, muting: Muting, by: str, now: datetime) -> Mute:
        """Begin a mute and note it in the history of the finding that it was begun from."""
        with self._store.writing() as session:
            return reviews.mute(session, finding_id, muting, by, now)

    def undo(self, steps: Sequence[Step], by: str, now: datetime) -> int:
        """Take steps back; the number of the batch, 0 when all were taken back before. A mute is ended on its own."""
        with self._store.writing() as session:
            return reviews.undo(session, steps, by, now)

    # Readers

    def seen(self, reader: str, now: datetime) -> None:
        """Note that a reader has seen all that was found until now."""
        with self._store.writing() as session:
            reviews.seen(session, reader, now)

    def last_seen(self, reader: str) -> datetime | None:
        """Until when a reader has seen what was found; None before the first time."""
        with self._store.reading() as session:
            return reviews.last_seen(session, reader)
