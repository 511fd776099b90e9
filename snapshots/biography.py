"""How an article came to say what it says: the part of the Archive behind histories, blames and timelines.

    archive.timelines(article)  every life with all its episodes: a Timeline each, the dead included
    archive.present(article)    what the article says now: a Timeline each with its newest episode only, in the order
                                of the text. `one.subject` is "statistic", "claim", "reference" or "figure";
                                `one.latest.element`, `.sources`, `.origin` (the revision that gave the value),
                                `.source_origin` (that gave the source) and `.revision` (that touched it last);
                                `one.place.section` and `one.sentence` tell where it stands.

Both read what is stored and ask nobody; () for an article whose history was never followed (`watcher history` does).
An Article is known by its wiki and page id; its title does not matter.
"""

from __future__ import annotations

from datetime import datetime

from snapshots import lives
from snapshots.lives import Chapter, Followed
from snapshots.store import Store
from watcher.model import Article
from watcher.model.timelines import Timeline


class Biography:
    """Reads and writes of followed histories; each method is one transaction."""

    _store: Store

    def timelines(self, article: Article) -> tuple[Timeline, ...]:
        """The lives of all that an article ever said, in the order in which they began."""
        with self._store.reading() as session:
            return lives.timelines(session, article)

    def present(self, article: Article) -> tuple[Timeline, ...]:
        """What an article says now, in the order of its text: of each life the newest episode alone."""
        with self._store.reading() as session:
            return lives.present(session, article)

    def followed(self, article: Article) -> Followed | None:
        """How far the history of an article was followed; None where it never was."""
        with self._store.reading() as session:
            return lives.followed(session, article)

    def readings(self, article: Article, revision_id: int) -> int:
        """How many stored revisions with a text there are up to one, 0 where that is not stored."""
        with self._store.reading() as session:
            return lives.readings(session, article, revision_id)

    def follow(self, article: Article, chapter: Chapter, now: datetime) -> Followed | None:
        """Add what a stretch of revisions did; None, and nothing written, where somebody else did so meanwhile."""
        with self._store.writing() as session:
            return lives.add(session, article, chapter, now)
