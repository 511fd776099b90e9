import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from snapshots import Archive
from tests.watcher.history_helpers import PAGE, TEXT, revision
from tests.watcher.web.conftest import NOW, Visit
from watcher.model import Article, Dialect, Severity, Snapshot
from watcher.report.charts import StatisticSeries
from watcher.services.history.ledger import record_history
from watcher.web.pages.article import ArticleTimelines, activity_rows, series_and_sparkline

TIMELINE = "/article/en/17/timeline"
MORE = TEXT.replace("21 million", "25 million")


def test_the_timelines_of_what_words_are_about_are_drawn_with_their_table(visit: Visit):
    client = visit()
    assert "watcher history <bdi>&#39;Bridge tolls&#39;</bdi>" in client.get(TIMELINE).text  # which fetches it
    client = visit(TEXT, MORE, TEXT)
    page = client.get(f"{TIMELINE}?statistic=boats").text
    assert "1 statistic about “<bdi>boats</bdi>”" in page
    assert page.count('<svg class="chart" ') == 1
    assert 'href="https://wiki.example.org/w/index.php?diff=2&amp;oldid=1"' in page
    assert "<bdi>25 million boats</bdi>" in page
    assert "reverted" in page
    assert "No statistic has ever been about" in client.get(f"{TIMELINE}?statistic=whales").text


def test_one_life_has_a_page_of_its_own(visit: Visit):
    client = visit(TEXT, MORE)
    listed = client.get(TIMELINE).text
    (timeline, *others) = re.findall(r"\?element=(\d+)", listed)
    for item in (timeline, *others):
        page = client.get(f"{TIMELINE}?element={item}").text
        assert page.count('<table class="numbers"') == 1
        assert page.count('<article class="card element"') == (item == timeline)
        assert ("25 million boats" in page) == (item == timeline)


def test_the_first_life_of_all_has_a_page_too(visit: Visit):
    text = "The harbour had 30 boats. The town had 40 ships."
    client = visit(text, text.replace("30", "35"))
    assert "?element=1" in client.get(TIMELINE).text
    assert client.get(f"{TIMELINE}?element=1").text.count('<article class="card element"') == 1
    both = client.get(f"{TIMELINE}?element=1&element=2&range=30d").text
    assert "<bdi>2 statistics of one unit" not in both  # ships and boats are counted apart
    assert both.count('<table class="numbers"') == 2
    assert f'href="{TIMELINE}?element=1&amp;element=2&amp;range=1y"' in both
    assert f'href="{TIMELINE}?element=1&amp;element=2"' in both
    assert "<bdi>40 ships" not in client.get(f"{TIMELINE}?element=1").text


def test_a_range_of_time_leaves_out_what_was_stated_before(visit: Visit):
    client = visit(TEXT, MORE, at=NOW + timedelta(days=100))
    assert "unchanged" not in client.get(f"{TIMELINE}?statistic=boats").text
    page = client.get(f"{TIMELINE}?statistic=boats&range=30d").text
    assert "25 million boats since 3 November 2026, unchanged." in page
    assert 'range=30d" aria-current="true">30 days' in page
    page = client.get(f"{TIMELINE}?range=30d").text
    assert "Nothing stored in this time" in page
    assert ("&amp;range=30d" in page, page.count('name="range" value="30d"')) == (True, 2)
    assert client.get(f"{TIMELINE}?range=century").text == client.get(TIMELINE).text


def on(*days: int) -> list[datetime]:
    return [datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=day) for day in days]


def test_half_a_year_is_counted_by_weeks_newest_first():
    low, high = Severity.LOW, Severity.HIGH
    findings = [(on(1)[0], high, 1), (on(20)[0], low, 2), (on(20)[0], high, 1)]
    assert activity_rows(on(0, 1, 6, 7, 20), findings) == [
        ("week of 16 March 2026", 1, {high: 1, low: 2}),
        ("week of 9 March 2026", 1, {}),
        ("week of 2 March 2026", 3, {high: 1}),
    ]
    assert activity_rows(on(0, 7, 20), findings, on(8)[0]) == [("week of 16 March 2026", 1, {high: 1, low: 2})]


def test_a_longer_time_is_counted_by_months_the_latest_sixty():
    rows = activity_rows(on(0, 300), ())
    assert rows[0] == ("December 2026", 1, {})
    assert [edits for _, edits, _ in rows] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert len(activity_rows(on(*range(0, 30 * 365, 20)), ())) == 60


NOTHING = {"kind": "statistic.changed", "old": None, "new": None, "sentence": None}
Stored = Callable[..., "Reader"]


def a_text(number: int) -> str:
    return TEXT.replace("21 million", f"{number} million")


def a_finding(number: int) -> dict[str, object]:
    sentence = f"In 2012, the survey counted {number} million boats in the harbours of the coast."
    return NOTHING | {"new": {"text": f"{number} million"}, "sentence": {"new": sentence}}


class Reader:
    """What a page reads of the timelines of PAGE."""

    def __init__(self, archive: Archive) -> None:
        urls = {PAGE.wiki: "https://wiki.example.org/w/index.php"}
        site = SimpleNamespace(archive=archive, services=SimpleNamespace(now=lambda: revision(1).at))
        site.dialect, site.watchlist = lambda _: Dialect(), SimpleNamespace(index_urls=urls)
        self.context: Any = site

    def read(self, article: Article = PAGE) -> ArticleTimelines:
        return ArticleTimelines(self.context, article)

    def course(self, number: int, finding: dict[str, object]) -> tuple[StatisticSeries | None, str | None]:
        return series_and_sparkline(self.context, PAGE, revision(number), finding)


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


def test_a_new_revision_is_shown_once_its_edit_is_recorded(stored: Stored, archive: Archive):
    reader = stored([1, 2])
    archive.revisions.store(PAGE, [Snapshot(revision=revision(3), wikitext=a_text(3))])
    reading = reader.read()
    assert (reading.read, reading.total, reading.complete) == (2, 3, False)
    assert reader.read().timelines is reading.timelines
    record_history(archive, PAGE, Dialect(), revision(1).at)
    reading = reader.read()
    assert [point.text for point in reading.series[0].points] == [f"{number} million boats" for number in (1, 2, 3)]
    assert reading.complete


def test_a_finding_has_the_sparkline_of_its_statistic_and_what_is_not_known_has_none(stored: Stored):
    reader = stored([1, 2, 3])
    _, spark = reader.course(3, a_finding(3))
    assert 'aria-label="3 values since January 2026, from 1 million boats to 3 million boats"' in str(spark)
    claim, unquoted = a_finding(3) | {"kind": "claim.changed"}, a_finding(3) | {"sentence": None}
    for finding in (NOTHING, a_finding(4), claim, unquoted, {}):
        assert reader.course(3, finding) == (None, None)
    assert reader.course(2, a_finding(2))[0] is reader.read().series[0]  # by what it said at a revision
    assert reader.course(9, a_finding(2))[0] is None


def test_only_the_last_articles_are_kept(stored: Stored, archive: Archive):
    reader = stored([1])
    first = reader.read()
    for number in range(2, 12):
        other = type(PAGE)(wiki="w", page_id=number, title=f"Page {number}")
        archive.articles.register(other, revision(1).at + timedelta(days=1))
        reader.read(other)
    assert reader.read() is not first
