from datetime import UTC, datetime

import pytest

from snapshots.browsing import Headline
from watcher.config import Watchlist
from watcher.model import Severity
from watcher.web import pages


def test_the_index_stands_beside_the_api(watchlist: Watchlist):
    assert pages.index_url(watchlist, "en") == "https://wiki.example.org/w/index.php"
    assert pages.index_url(watchlist, "gone") is None


def test_a_moment_is_told_in_utc():
    assert pages.moment(datetime(2026, 11, 3, 4, 5, tzinfo=UTC)) == "3 November 2026, 04:05 UTC"


@pytest.mark.parametrize(
    ("kind", "label"), [("statistic.changed", "Statistic changed"), ("weather.changed", "weather.changed")]
)
def test_a_kind_of_another_version_is_still_shown(kind: str, label: str):
    stored = Headline(id=1, comparison_id=1, position=0, kind=kind, severity=Severity.LOW, section=(), summary="s")
    assert pages._told(stored).kind == label
    assert pages._told(stored).place == "Lead"


def test_an_article_that_is_watched_no_more_has_no_watch(watchlist: Watchlist):
    assert pages.watch_of(watchlist, "en", "Harbours") is not None
    assert pages.watch_of(watchlist, "de", "Harbours") is None
