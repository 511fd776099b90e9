"""Test that a comparison gives an alert with a key of its own and one delivery per destination."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watcher import compare_wikitext
from watcher.config import Watch, Watchlist, load
from watcher.model import Article, Comparison, Revision, Severity
from watcher.services.alerts import build_alert, deliveries_for, report_links, report_url

NOW = datetime(2026, 3, 4, tzinfo=UTC)
PAGE = Article(wiki="w", page_id=7, title="Tide")
FIRST = Revision(article=PAGE, id=1, parent_id=0, at=NOW, editor="A", comment="")
OLD = "In 2012 there were 21 million boats.\n\nEvery harbour has a wall."
BASE = """\
[watcher]
contact = "mailto:a@example.org"
base_url = "https://review.example.org/"

[[wiki]]
name = "w"
api = "https://w.example.org/w/api.php"
language = "fi"

[[watch]]
title = "Tide"
"""


@pytest.fixture
def listed(tmp_path: Path) -> Callable[[str], Watchlist]:
    def of(destinations: str = "") -> Watchlist:
        path = tmp_path / "watchlist.toml"
        path.write_text(BASE + destinations)
        return load(path, environ={})

    return of


def a_destination(name: str, **more: str) -> str:
    rest = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f'\n[[destination]]\nname = "{name}"\nurl = "json://127.0.0.1/"\n{rest}'


def a_comparison(new: str) -> Comparison:
    return replace(compare_wikitext(OLD, new), article=PAGE, before=FIRST, after=replace(FIRST, id=2, parent_id=1))


CHANGED = a_comparison(OLD.replace("21", "25"))


def the_watch(watchlist: Watchlist) -> Watch:
    return watchlist.watches[0]


def test_an_alert_says_where_the_change_can_be_seen(listed: Callable[..., Watchlist]):
    watchlist = listed()
    alert = build_alert(watchlist, the_watch(watchlist), CHANGED)
    assert alert is not None
    assert alert.diff_url == "https://w.example.org/w/index.php?diff=2&oldid=1"
    assert alert.report_url == "https://review.example.org/compare/w/1/2"
    assert alert.language == "fi"
    assert [notice.severity for notice in alert.notices] == [Severity.HIGH]


def test_the_same_revisions_always_make_the_same_key(listed: Callable[..., Watchlist]):
    watchlist = listed()
    watch = the_watch(watchlist)
    again = replace(CHANGED, after=replace(FIRST, id=3, parent_id=1))
    first, second, other = [build_alert(watchlist, watch, comparison) for comparison in (CHANGED, CHANGED, again)]
    assert first
    assert second
    assert other
    assert first.key == second.key != other.key


def test_below_the_threshold_there_is_nothing_to_report(listed: Callable[..., Watchlist]):
    watchlist = listed()
    reworded = a_comparison(OLD.replace("has a wall", "has one wall"))
    assert reworded.findings
    assert (
        build_alert(watchlist, the_watch(watchlist).model_copy(update={"threshold": Severity.CRITICAL}), reworded)
        is None
    )
    assert build_alert(watchlist, the_watch(watchlist), compare_wikitext(OLD, OLD)) is None


def test_each_destination_that_wants_it_has_a_row_with_its_own_key(listed: Callable[..., Watchlist]):
    watchlist = listed(
        a_destination("all")
        + a_destination("figures", kinds='["statistic.*"]')
        + a_destination("pictures", kinds='["figure.*"]')
        + a_destination("worst", threshold='"critical"')
    )
    watch = the_watch(watchlist)
    alert = build_alert(watchlist, watch, CHANGED)
    assert alert is not None
    drafts = deliveries_for(watchlist, watch, alert, NOW)
    assert [draft.destination for draft in drafts] == ["all", "figures"]
    assert len({draft.key for draft in drafts}) == 2
    assert [draft.not_before for draft in drafts] == [NOW + timedelta(seconds=30)] * 2, "it waits for others"


def test_nobody_serves_reports_without_a_base_url(listed: Callable[..., Watchlist]):
    watchlist = replace(listed(), base_url=None)
    assert report_url(watchlist, CHANGED) is None
    assert report_links(watchlist, CHANGED).diff_url == "https://w.example.org/w/index.php?diff=2&oldid=1"
