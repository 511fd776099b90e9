"""Test that an alert has the addresses where its change can be seen."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from watcher import compare_wikitext
from watcher.config import load
from watcher.model import Article, Revision, Severity
from watcher.services.alerting.alerts import build_alert, report_url

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


def test_an_alert_says_where_the_change_can_be_seen(tmp_path: Path):
    path = tmp_path / "watchlist.toml"
    path.write_text(BASE)
    watchlist = load(path, environ={})
    second = replace(FIRST, id=2, parent_id=1)
    changed = replace(compare_wikitext(OLD, OLD.replace("21", "25")), article=PAGE, before=FIRST, after=second)
    alert = build_alert(watchlist, watchlist.watches[0], changed)
    assert alert is not None
    assert alert.diff_url == "https://w.example.org/w/index.php?diff=2&oldid=1"
    assert alert.report_url == "https://review.example.org/compare/w/1/2"
    assert alert.language == "fi"
    assert [notice.severity for notice in alert.notices] == [Severity.HIGH]
    assert report_url(replace(watchlist, base_url=None), changed) is None
