from dataclasses import replace

import pytest

from snapshots import Headline, Status
from tests.watcher.web.conftest import NOW
from watcher.config import Watchlist
from watcher.model import Severity
from watcher.web import pages


def test_the_index_stands_beside_the_api(watchlist: Watchlist):
    assert pages.index_url(watchlist, "en") == "https://wiki.example.org/w/index.php"
    assert pages.index_url(watchlist, "gone") is None


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


def test_a_watch_that_is_paused_stands_last_and_is_not_late(watchlist: Watchlist):
    paused = replace(watchlist.watches[0], paused=True)
    status = Status(articles=(), queued=0, due=0, dead=0, oldest_queued=None)
    rows = pages.watch_rows(replace(watchlist, watches=(paused, *watchlist.watches[1:])), status, NOW)
    assert [(row.title, row.state) for row in rows] == [("Harbours", "new"), ("Bridge tolls", "paused")]
