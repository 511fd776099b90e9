from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from snapshots import Archive
from tests.watcher.history_helpers import PAGE, TEXT, revision
from watcher.config import Watchlist
from watcher.model import Dialect, Snapshot
from watcher.services.history import build_history
from watcher.web import create_app
from watcher.web.history_cache import HistoryCache

NOTHING = {"kind": "statistic.changed", "old": None, "new": None, "sentence": None}
Stored = Callable[..., HistoryCache]


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


@pytest.fixture
def stored(archive: Archive) -> Stored:
    """A past of revisions that each state their own number."""

    def store(numbers: Sequence[int], **bounds: int) -> HistoryCache:
        archive.articles.register(PAGE, revision(1).at)
        archive.revisions.store(
            PAGE, [Snapshot(revision=revision(number), wikitext=a_text(number)) for number in numbers]
        )
        index = "https://wiki.example.org/w/index.php"
        return HistoryCache(archive, lambda _: Dialect(), lambda _: index, lambda: revision(1).at, **bounds)

    return store


def values(past: HistoryCache) -> list[str]:
    reading = past.read(PAGE)
    return [point.text.removesuffix(" boats") for point in reading.courses[0].points]


def test_a_new_revision_is_added_to_what_was_read(stored: Stored, archive: Archive):
    past = stored([1, 2])
    assert values(past) == ["1 million", "2 million"]
    archive.revisions.store(PAGE, [Snapshot(revision=revision(3), wikitext=a_text(3))])
    assert values(past) == ["1 million", "2 million", "3 million"]


def test_revisions_that_came_into_the_middle_are_read_in_their_place(stored: Stored, archive: Archive):
    past = stored([1, 3])
    assert values(past) == ["1 million", "3 million"]
    archive.revisions.store(PAGE, [Snapshot(revision=revision(2), wikitext=a_text(2))])
    assert values(past) == ["1 million", "2 million", "3 million"]


def test_one_request_reads_a_bounded_stretch(stored: Stored):
    past = stored([1, 2, 3, 4, 5], revisions=2)
    reported = [(reading.read, reading.total, reading.complete) for reading in (past.read(PAGE) for _ in range(4))]
    assert reported == [(2, 5, False), (4, 5, False), (5, 5, True), (5, 5, True)]


def test_long_texts_are_read_fewer_at_a_time(stored: Stored):
    assert stored([1, 2, 3], characters=len(TEXT) + 1).read(PAGE).read == 2


def test_nothing_is_read_for_a_sparkline(stored: Stored):
    past = stored([1, 2, 3])
    assert past.sparkline(PAGE, revision(3), a_finding(3)) is None
    past.read(PAGE)
    assert 'aria-label="3 values since January 2026, from 1 million boats to 3 million boats"' in str(
        past.sparkline(PAGE, revision(3), a_finding(3))
    )


@pytest.mark.parametrize(
    "finding", [NOTHING, a_finding(4), a_finding(3) | {"kind": "claim.changed"}, a_finding(3) | {"sentence": None}, {}]
)
def test_what_is_not_known_has_no_sparkline(stored: Stored, finding: dict[str, object]):
    past = stored([1, 2, 3])
    past.read(PAGE)
    assert past.sparkline(PAGE, revision(3), finding) is None


def test_a_statistic_is_known_by_what_it_said_at_a_revision(stored: Stored):
    reading = stored([1, 2, 3]).read(PAGE)
    sentence = "In 2012, the survey counted 2 million boats in the harbours of the coast."
    assert reading.find_statistic(revision(2), "2 million", sentence) is reading.courses[0]
    assert reading.find_statistic(revision(9), "2 million", sentence) is None


def test_only_the_last_articles_are_kept(stored: Stored, archive: Archive):
    past = stored([1])
    past.read(PAGE)
    for number in range(2, 12):
        other = type(PAGE)(wiki="w", page_id=number, title=f"Page {number}")
        archive.articles.register(other, revision(1).at + timedelta(days=1))
        past.read(other)
    assert past.cached(PAGE) is None


def test_a_history_that_was_followed_is_looked_up_whole(stored: Stored, archive: Archive, watchlist: Watchlist):
    past = stored([1, 2, 3, 4, 5], revisions=2)
    assert not past.read(PAGE).complete
    services = create_app(archive, watchlist).state.site.services
    services.dialects[PAGE.wiki] = Dialect()
    build_history(services, PAGE)
    assert past.read(PAGE).complete
    assert values(past) == ["1 million", "2 million", "3 million", "4 million", "5 million"]
    archive.revisions.store(PAGE, [Snapshot(revision=revision(6), wikitext=a_text(6))])
    assert not past.read(PAGE).complete
    build_history(services, PAGE)
    assert values(past)[-1] == "6 million"
