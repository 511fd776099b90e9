"""The stored revisions of an article become the courses of its statistics, a bounded stretch of them a request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, Final

from markupsafe import Markup

from snapshots import Archive
from watcher.chronicle import Chronicle
from watcher.model import Article, Dialect, Revision
from watcher.model.timelines import Timeline
from watcher.report.charts import Course, courses, sparkline
from watcher.report.safety import one_line

# What one request reads at most (about two seconds of one core).
_REVISIONS: Final = 300
_CHARACTERS: Final = 20_000_000
_ARTICLES: Final = 8  # whose past is kept in memory


@dataclass(frozen=True, slots=True)
class Reading:
    """What the first `read` of `total` stored revisions say; `newest` is the last of them, None where none was."""

    article: Article
    read: int
    total: int
    newest: Revision | None
    lives: tuple[Timeline, ...]
    courses: tuple[Course, ...]
    _sparks: dict[int, Markup | None] = field(default_factory=dict, compare=False, repr=False)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to be read."""
        return self.read >= self.total

    def course(self, number: int) -> Course | None:
        """The course of one life."""
        return next((one for one in self.courses if one.number == number), None)

    def stating(self, revision: Revision, said: str, sentence: str) -> Course | None:
        """The statistic that a revision states with these words in this sentence; None where none is known."""
        words, told = one_line(sentence, 400), one_line(said, 120)
        for course in self.courses:
            for point in course.points:
                if point.said == told and point.sentence == words and point.at <= revision.at <= point.until:
                    return course
        return None

    def spark(self, course: Course) -> Markup | None:
        """The sparkline of one of the courses, drawn once."""
        if course.number not in self._sparks:
            self._sparks[course.number] = sparkline(course)
        return self._sparks[course.number]


class _Book:
    """An article as far as it was read."""

    def __init__(self, dialect: Dialect) -> None:
        self.lock = Lock()
        self.chronicle = Chronicle(dialect)
        self.last: Revision | None = None
        self.count = 0
        self.reading: Reading | None = None
        self.stamp: tuple[int, int] | None = None


class Past:
    """The past of articles, read from the archive and kept for the next request; safe in several threads.

    `index_url` gives a wiki's index.php, None where it is not known. What stands, stands until `now`. A request reads
    at most so many `revisions`, and stops after the text with which they have so many `characters`.
    """

    def __init__(
        self,
        archive: Archive,
        dialect: Callable[[str], Dialect],
        index_url: Callable[[str], str | None],
        now: Callable[[], datetime],
        *,
        revisions: int = _REVISIONS,
        characters: int = _CHARACTERS,
    ) -> None:
        self._now = now
        self._revisions = revisions
        self._characters = characters
        self._archive = archive
        self._dialect = dialect
        self._index_url = index_url
        self._books: OrderedDict[tuple[str, int], _Book] = OrderedDict()
        self._lock = Lock()

    def read(self, article: Article, most: int | None = None) -> Reading:
        """What is known of the article after one more stretch of revisions (at most so many); Missing, StoreError."""
        book = self._book(article)
        with book.lock:
            stored = self._archive.revision_ids(article)
            total = len(stored)
            known = self._looked_up(book, article, total, sum(stored.values()))
            if known is not None:
                return known
            if self._extend(book, article, most) and book.count != total:
                # Revisions came into the middle of what was read: a history was fetched, or two were merged.
                self._start_again(book, article)
                self._extend(book, article, most)
            return self._told(book, article, total)

    def known(self, article: Article) -> Reading | None:
        """What was read before: costs nothing, and may lack the newest revisions."""
        with self._lock:
            book = self._books.get(_key(article))
        return book.reading if book else None

    def course(self, article: Article, after: Revision, finding: Mapping[str, Any]) -> Course | None:
        """The statistic of a stored finding (its JSON form) as `after` states it, or stated it last.

        None for what is no statistic, and for an article that was not read as far. Costs no reading.
        """
        reading = self.known(article)
        side = finding.get("new") or finding.get("old")
        if reading is None or not str(finding.get("kind")).startswith("statistic.") or not side:
            return None
        sentences = finding.get("sentence") or {}
        sentence = sentences.get("new" if finding.get("new") else "old") or ""
        return reading.stating(after, str(side.get("text", "")), str(sentence))

    def spark(self, article: Article, after: Revision, finding: Mapping[str, Any]) -> Markup | None:
        """A sparkline for the card of a stored finding, safe to put into HTML, where `course` knows one that changed.

        Costs at most 4 ms the first time.
        """
        reading, course = self.known(article), self.course(article, after, finding)
        return reading.spark(course) if reading and course else None

    def _book(self, article: Article) -> _Book:
        with self._lock:
            book = self._books.setdefault(_key(article), _Book(self._dialect(article.wiki)))
            self._books.move_to_end(_key(article))
            while len(self._books) > _ARTICLES:
                self._books.popitem(last=False)
            return book

    def _looked_up(self, book: _Book, article: Article, total: int, readable: int) -> Reading | None:
        """What the flows found out about the whole history, where they did: then there is nothing to read."""
        followed = self._archive.followed(article)
        if followed is None or followed.readings < readable:
            return None
        stamp = (followed.revision_id, followed.chapters)
        if book.reading is None or book.stamp != stamp:
            book.stamp = stamp
            newest = self._archive.newest(article)
            book.reading = self._reading(article, total, total, newest, self._archive.timelines(article))
        return book.reading

    def _extend(self, book: _Book, article: Article, most: int | None) -> bool:
        """Read on; whether all was read that comes after what was read before."""
        limit = self._revisions if most is None else min(most, self._revisions)
        later = self._archive.revisions(article, after=book.last, limit=limit)
        characters = 0
        for revision in later:
            snapshot = self._archive.snapshot(article.wiki, revision.id)
            book.chronicle.add(snapshot)
            book.last, book.count, book.reading = revision, book.count + 1, None
            characters += len(snapshot.wikitext or "")
            if characters > self._characters:
                return False
        return len(later) < limit

    def _start_again(self, book: _Book, article: Article) -> None:
        book.chronicle = Chronicle(self._dialect(article.wiki))
        book.last, book.count, book.reading = None, 0, None

    def _told(self, book: _Book, article: Article, total: int) -> Reading:
        if book.reading is None or book.reading.total != total:
            lives = book.chronicle.timelines()
            book.reading = self._reading(article, book.count, total, book.last, lives)
        return book.reading

    def _reading(
        self, article: Article, read: int, total: int, newest: Revision | None, lives: tuple[Timeline, ...]
    ) -> Reading:
        drawn = courses(lives, max(self._now(), newest.at), self._index_url(article.wiki)) if newest else ()
        return Reading(article, read, total, newest, lives, drawn)


def _key(article: Article) -> tuple[str, int]:
    return article.wiki, article.page_id
