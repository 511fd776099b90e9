"""Store element histories: the part of the Archive behind `history`, `blame` and the timelines.

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

from snapshots import element_history
from snapshots.database import Database
from snapshots.element_history import HistoryBatch, HistoryProgress
from watcher.model import Article
from watcher.model.history import Timeline


class ElementHistory:
    """Reads and writes of followed histories; each method is one transaction."""

    _database: Database

    def timelines(self, article: Article) -> tuple[Timeline, ...]:
        """The lives of all that an article ever said, in the order in which they began."""
        with self._database.read() as session:
            return element_history.timelines(session, article)

    def current_elements(self, article: Article) -> tuple[Timeline, ...]:
        """What an article says now, in the order of its text: of each life the newest episode alone."""
        with self._database.read() as session:
            return element_history.current(session, article)

    def history_progress(self, article: Article) -> HistoryProgress | None:
        """How far the history of an article was followed; None where it never was."""
        with self._database.read() as session:
            return element_history.progress(session, article)

    def count_parsed(self, article: Article, revision_id: int) -> int:
        """How many stored revisions with a text there are up to one, 0 where that is not stored."""
        with self._database.read() as session:
            return element_history.count_parsed(session, article, revision_id)

    def append_history(self, article: Article, batch: HistoryBatch, now: datetime) -> HistoryProgress | None:
        """Add what a stretch of revisions did; None, and nothing written, where somebody else did so meanwhile."""
        with self._database.write() as session:
            return element_history.append(session, article, batch, now)
