"""Read the timelines of articles from the ledger for the pages, those of the last few articles once."""

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
from watcher.errors import Corrupt
from watcher.model import Article, Dialect, Revision, Statistic
from watcher.model.ledger import Timeline
from watcher.report.charts.statistic import StatisticSeries, build_series, sparkline
from watcher.services.ledger import read_timelines
from watcher.text import single_line

_ARTICLES: Final = 8  # whose timelines are kept in memory


@dataclass(frozen=True, slots=True)
class ArticleTimelines:
    """The timelines of an article over `read` of its `total` stored revisions, up to the revision `newest`."""

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
        """Whether the edits of all stored revisions are recorded."""
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


class TimelineReader:
    """Reads timelines, and keeps those of the last articles for the next request; safe in several threads.

    `index_urls` gives a wiki's index.php, where it is known.
    """

    def __init__(
        self,
        archive: Archive,
        dialect: Callable[[str], Dialect],
        index_urls: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        self._archive, self._dialect, self._index_urls, self._now = archive, dialect, index_urls, now
        self._kept: OrderedDict[tuple[str, int], tuple[object, ArticleTimelines]] = OrderedDict()
        self._lock = Lock()

    def read(self, article: Article) -> ArticleTimelines:
        """Return the timelines as the ledger has them now. Raises Missing, Corrupt, StoreError."""
        archive, key = self._archive, (article.wiki, article.page_id)
        progress, stored = archive.ledger.progress(article), archive.revisions.ids(article)
        texts, total = sum(stored.values()), len(stored)
        stamp = (progress.revision_id, progress.edits, texts, total) if progress else total
        with self._lock:
            known = self._kept.get(key)
        if known is not None and known[0] == stamp:
            return known[1]
        read = progress.texts if progress else 0
        timelines = read_timelines(archive, article, self._dialect(article.wiki))
        reading = ArticleTimelines(
            article,
            total if read >= texts else read,
            total,
            archive.revisions.snapshot(article.wiki, progress.revision_id).revision if progress else None,
            timelines,
            build_series(timelines, self._index_urls.get(article.wiki)),
            self._now(),
        )
        with self._lock:
            self._kept[key] = stamp, reading
            self._kept.move_to_end(key)
            while len(self._kept) > _ARTICLES:
                self._kept.popitem(last=False)
        return reading

    def course(self, article: Article, after: Revision, finding: Mapping[str, Any]) -> StatisticSeries | None:
        """Return the statistic of a stored finding (its JSON form) as `after` states it, or stated it last.

        None for what is no statistic, and where the ledger does not have it or is damaged.
        """
        side = finding.get("new") or finding.get("old")
        if not str(finding.get("kind")).startswith("statistic.") or not side:
            return None
        sentences = finding.get("sentence") or {}
        sentence = sentences.get("new" if finding.get("new") else "old") or ""
        try:
            return self.read(article).find_statistic(after, str(side.get("text", "")), str(sentence))
        except Corrupt:
            return None

    def sparkline(self, article: Article, after: Revision, finding: Mapping[str, Any]) -> Markup | None:
        """Draw a sparkline for the card of a stored finding, safe in HTML, where `course` knows one that changed."""
        course = self.course(article, after, finding)
        return self.read(article).sparkline(course) if course else None


def get_timeline_reader(request: Request) -> TimelineReader:
    """Return the reader of the application."""
    reader: TimelineReader = request.app.state.timelines
    return reader


Timelines = Annotated[TimelineReader, Depends(get_timeline_reader)]
