from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from snapshots import Archive
from tests.watcher.history_helpers import PAGE, TEXT, revision
from watcher.model import Article, Dialect, Snapshot
from watcher.report.charts import StatisticSeries
from watcher.services.ledger import record_history
from watcher.web.pages.timeline import ArticleTimelines, TimelineReader, course_and_sparkline, timelines_of

NOTHING = {"kind": "statistic.changed", "old": None, "new": None, "sentence": None}
Stored = Callable[..., "Reader"]


def a_text(number: int) -> str:
    return TEXT.replace("21 million", f"{number} million")


def a_finding(number: int) -> dict[str, object]:
    sentence = f"In 2012, the survey counted {number} million boats in the harbours of the coast."
    return {
        "kind": "statistic.changed",
        "old": None,
        "new": {"text": f"{number} million"},
        "sentence": {"new": sentence},
    }


class Reader:
    """What a page reads of the timelines of PAGE."""

    def __init__(self, archive: Archive) -> None:
        made = TimelineReader()
        state = SimpleNamespace(timelines=made)
        site = SimpleNamespace(
            archive=archive, now=lambda: revision(1).at, request=SimpleNamespace(app=SimpleNamespace(state=state))
        )
        site.dialect, site.index_urls = lambda _: Dialect(), {PAGE.wiki: "https://wiki.example.org/w/index.php"}
        self.context: Any = site

    def read(self, article: Article = PAGE) -> ArticleTimelines:
        return timelines_of(self.context, article)

    def course(self, number: int, finding: dict[str, object]) -> tuple[StatisticSeries | None, str | None]:
        return course_and_sparkline(self.context, PAGE, revision(number), finding)


@pytest.fixture
def stored(archive: Archive) -> Stored:
    """A reader of the timelines of revisions that each state their own number."""

    def store(numbers: Sequence[int]) -> Reader:
        archive.articles.register(PAGE, revision(1).at)
        archive.revisions.store(
            PAGE, [Snapshot(revision=revision(number), wikitext=a_text(number)) for number in numbers]
        )
        record_history(archive, PAGE, Dialect(), revision(1).at)
        return Reader(archive)

    return store


def values(reader: Reader) -> list[str]:
    reading = reader.read()
    return [point.text.removesuffix(" boats") for point in reading.courses[0].points]


def test_a_new_revision_is_shown_once_its_edit_is_recorded(stored: Stored, archive: Archive):
    reader = stored([1, 2])
    assert values(reader) == ["1 million", "2 million"]
    archive.revisions.store(PAGE, [Snapshot(revision=revision(3), wikitext=a_text(3))])
    reading = reader.read()
    assert (reading.read, reading.total, reading.complete) == (2, 3, False)
    record_history(archive, PAGE, Dialect(), revision(1).at)
    assert values(reader) == ["1 million", "2 million", "3 million"]
    assert reader.read().complete


def test_revisions_that_came_into_the_middle_are_shown_in_their_place(stored: Stored, archive: Archive):
    reader = stored([1, 3])
    assert values(reader) == ["1 million", "3 million"]
    archive.revisions.store(PAGE, [Snapshot(revision=revision(2), wikitext=a_text(2))])
    record_history(archive, PAGE, Dialect(), revision(1).at)
    assert values(reader) == ["1 million", "2 million", "3 million"]


def test_a_finding_has_the_sparkline_of_its_statistic(stored: Stored):
    reader = stored([1, 2, 3])
    _, spark = reader.course(3, a_finding(3))
    assert 'aria-label="3 values since January 2026, from 1 million boats to 3 million boats"' in str(spark)


@pytest.mark.parametrize(
    "finding", [NOTHING, a_finding(4), a_finding(3) | {"kind": "claim.changed"}, a_finding(3) | {"sentence": None}, {}]
)
def test_what_is_not_known_has_no_sparkline(stored: Stored, finding: dict[str, object]):
    assert stored([1, 2, 3]).course(3, finding) == (None, None)


def test_a_statistic_is_known_by_what_it_said_at_a_revision(stored: Stored):
    reader = stored([1, 2, 3])
    assert reader.course(2, a_finding(2))[0] is reader.read().courses[0]
    assert reader.course(9, a_finding(2))[0] is None


def test_an_article_is_read_once_until_an_edit_is_recorded(stored: Stored):
    reader = stored([1])
    assert reader.read() is reader.read()


def test_only_the_last_articles_are_kept(stored: Stored, archive: Archive):
    reader = stored([1])
    first = reader.read()
    for number in range(2, 12):
        other = type(PAGE)(wiki="w", page_id=number, title=f"Page {number}")
        archive.articles.register(other, revision(1).at + timedelta(days=1))
        reader.read(other)
    assert reader.read() is not first
