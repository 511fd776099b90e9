"""Cache the histories of articles for the pages, reading a bounded number of revisions per request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from markupsafe import Markup

from snapshots import Archive
from watcher.history.history import HistoryBuilder
from watcher.model import Article, Dialect, Revision, Statistic
from watcher.model.history import Timeline
from watcher.report.charts.statistic import StatisticSeries, build_series, sparkline
from watcher.text import single_line

# What one request reads at most (about two seconds of one core).
_REVISIONS: Final = 300
_CHARACTERS: Final = 20_000_000
_ARTICLES: Final = 8  # whose past is kept in memory


@dataclass(frozen=True, slots=True)
class ArticleHistory:
    """The history in the first `read` of `total` stored revisions; `newest` is the last of them."""

    article: Article
    read: int
    total: int
    newest: Revision | None
    timelines: tuple[Timeline, ...]
    courses: tuple[StatisticSeries, ...]
    at: datetime
    _sparks: dict[int, Markup | None] = field(default_factory=dict, compare=False, repr=False)

    @property
    def complete(self) -> bool:
        """Whether all stored revisions were read."""
        return self.read >= self.total

    def course(self, number: int) -> StatisticSeries | None:
        """Return the series of one statistic."""
        return next((series for series in self.courses if series.timeline.number == number), None)

    def find_statistic(self, revision: Revision, value_text: str, sentence: str) -> StatisticSeries | None:
        """Return the statistic with this value in this sentence of a revision; None where it is not known."""
        words, reported = single_line(sentence, 400), single_line(value_text, 120)
        for course in self.courses:
            for episode in course.timeline.episodes:
                ended = episode.ended.at if episode.ended else revision.at
                if (
                    isinstance(episode.element, Statistic)
                    and episode.revision.at <= revision.at <= ended
                    and single_line(episode.element.quantity.text, 120) == reported
                    and single_line(episode.sentence, 400) == words
                ):
                    return course
        return None

    def sparkline(self, course: StatisticSeries) -> Markup | None:
        """Return the sparkline of one of the series, drawn once."""
        if course.timeline.number not in self._sparks:
            self._sparks[course.timeline.number] = sparkline(course, self.at)
        return self._sparks[course.timeline.number]


@dataclass(slots=True)
class _CacheEntry:
    """An article as far as it was read."""

    builder: HistoryBuilder
    lock: Lock = field(default_factory=Lock)
    last: Revision | None = None
    count: int = 0
    reading: ArticleHistory | None = None
    stamp: tuple[int, int] | None = None


class HistoryCache:
    """The histories of articles, read from the archive and kept for the next request; safe in several threads.

    `index_url` gives a wiki's index.php, None where it is not known. A request reads at most so many `revisions`, and
    stops after the text with which they have so many `characters`.
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
        self._entries: OrderedDict[tuple[str, int], _CacheEntry] = OrderedDict()
        self._lock = Lock()

    def read(self, article: Article, most: int | None = None) -> ArticleHistory:
        """Return the history after reading more revisions (at most so many). Raises Missing, StoreError."""
        entry = self._entry(article)
        with entry.lock:
            stored = self._archive.revisions.ids(article)
            total = len(stored)
            known = self._from_archive(entry, article, total, sum(stored.values()))
            if known is not None:
                return known
            if self._extend(entry, article, most) and entry.count != total:
                # Revisions came into the middle of what was read: a history was fetched, or two were merged.
                entry.builder = HistoryBuilder(self._dialect(article.wiki))
                entry.last, entry.count, entry.reading = None, 0, None
                self._extend(entry, article, most)
            if entry.reading is None or entry.reading.total != total:
                timelines = entry.builder.timelines()
                entry.reading = self._reading(article, entry.count, total, entry.last, timelines)
            return entry.reading

    def cached(self, article: Article) -> ArticleHistory | None:
        """Return the history as it was read before; it may lack the newest revisions."""
        with self._lock:
            entry = self._entries.get(_key(article))
        return entry.reading if entry else None

    def course(self, article: Article, after: Revision, finding: Mapping[str, Any]) -> StatisticSeries | None:
        """Return the statistic of a stored finding (its JSON form) as `after` states it, or stated it last.

        None for what is no statistic, and for an article that was not read as far. Costs no reading.
        """
        reading = self.cached(article)
        side = finding.get("new") or finding.get("old")
        if reading is None or not str(finding.get("kind")).startswith("statistic.") or not side:
            return None
        sentences = finding.get("sentence") or {}
        sentence = sentences.get("new" if finding.get("new") else "old") or ""
        return reading.find_statistic(after, str(side.get("text", "")), str(sentence))

    def sparkline(self, article: Article, after: Revision, finding: Mapping[str, Any]) -> Markup | None:
        """Draw a sparkline for the card of a stored finding, safe in HTML, where `course` knows one that changed.

        Costs at most 4 ms the first time.
        """
        reading, course = self.cached(article), self.course(article, after, finding)
        return reading.sparkline(course) if reading and course else None

    def _entry(self, article: Article) -> _CacheEntry:
        with self._lock:
            entry = self._entries.setdefault(_key(article), _CacheEntry(HistoryBuilder(self._dialect(article.wiki))))
            self._entries.move_to_end(_key(article))
            while len(self._entries) > _ARTICLES:
                self._entries.popitem(last=False)
            return entry

    def _from_archive(self, entry: _CacheEntry, article: Article, total: int, readable: int) -> ArticleHistory | None:
        """Return the whole history from the archive, where it is stored there."""
        followed = self._archive.history.progress(article)
        if followed is None or followed.parsed_revisions < readable:
            return None
        stamp = (followed.revision_id, followed.batches)
        if entry.reading is None or entry.stamp != stamp:
            entry.stamp = stamp
            newest = self._archive.revisions.newest(article)
            entry.reading = self._reading(article, total, total, newest, self._archive.history.timelines(article))
        return entry.reading

    def _extend(self, entry: _CacheEntry, article: Article, most: int | None) -> bool:
        """Read more revisions; whether all of them are read now."""
        limit = self._revisions if most is None else min(most, self._revisions)
        later = self._archive.revisions.of_article(article, after=entry.last, limit=limit)
        characters = 0
        for revision in later:
            snapshot = self._archive.revisions.snapshot(article.wiki, revision.id)
            entry.builder.add(snapshot)
            entry.last, entry.count, entry.reading = revision, entry.count + 1, None
            characters += len(snapshot.wikitext or "")
            if characters > self._characters:
                return False
        return len(later) < limit

    def _reading(
        self, article: Article, read: int, total: int, newest: Revision | None, timelines: tuple[Timeline, ...]
    ) -> ArticleHistory:
        drawn = build_series(timelines, self._index_url(article.wiki)) if newest else ()
        return ArticleHistory(article, read, total, newest, timelines, drawn, self._now())


def get_history_cache(request: Request) -> HistoryCache:
    """Return the history cache of the application."""
    past: HistoryCache = request.app.state.past
    return past


History = Annotated[HistoryCache, Depends(get_history_cache)]


def _key(article: Article) -> tuple[str, int]:
    return article.wiki, article.page_id
