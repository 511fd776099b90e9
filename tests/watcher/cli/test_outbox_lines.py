"""Test that `watcher status` shows dead letters, retries with their last error, and mutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from snapshots import NewDelivery, NewMute
from tests.watcher.services.test_delivery import ARTICLE, START, an_alert
from watcher.cli.status import log_lines, outbox_lines
from watcher.config import default_watchlist
from watcher.services.context import AppContext
from watcher.services.startup import open_context


@pytest.fixture
def services(tmp_path: Path) -> Iterator[AppContext]:
    """The services of a fresh watchlist, with two queued alerts."""
    path = tmp_path / "watchlist.toml"
    path.write_text(default_watchlist(), encoding="utf-8")
    with open_context(path, {}, now=lambda: START) as opened:
        opened.archive.articles.register(ARTICLE, START)
        for key in ("k1", "k2"):
            opened.archive.outbox.queue(
                an_alert(key), [NewDelivery(destination="team", key=f"{key}-team", not_before=START)], START
            )
        yield opened


def test_what_only_waits_is_no_line(services: AppContext):
    assert list(outbox_lines(services)) == []


def test_trouble_is_shown_with_its_last_error(services: AppContext):
    first, second = services.archive.outbox.claim(START, owner="one")
    services.archive.outbox.mark_failed(first, START, "JSON: answered 404\x1b[2J", None)
    services.archive.outbox.mark_failed(second, START, "JSON: answered 503", START)
    assert list(outbox_lines(services)) == [
        "✗ team: Tide: given up after 1 attempt: JSON: answered 404\x1b[2J",
        "… team: Tide: attempt 1 failed, next after 2026-03-04 05:06 UTC: JSON: answered 503",
    ]


def test_mutes_are_shown(services: AppContext):
    services.archive.mutes.begin(NewMute(rule="claim.*"), START)
    assert list(outbox_lines(services)) == ["Muted 1: all articles, rule claim.*, permanently"]


def test_the_log_has_a_line_for_each_attempt_and_for_what_waits(services: AppContext):
    first, second = services.archive.outbox.claim(START, owner="one")
    services.archive.outbox.mark_failed(first, START, "JSON: answered 503\x1b[2J", START)
    services.archive.outbox.mark_sent(second, START)
    draft = NewDelivery(destination="team", key="k3-team", not_before=START, digest=True)
    services.archive.outbox.queue(an_alert("k3"), [draft], START)
    grouped = replace(draft, key="k4-team", digest=False, labels=("article:1",))
    services.archive.outbox.queue(an_alert("k4"), [grouped], START)
    assert list(log_lines(services)) == [
        "2026-03-04 05:06:00 UTC  failed  team: Tide (change), key k1-team, attempt 1: JSON: answered 503\x1b[2J",
        "2026-03-04 05:06:00 UTC  sent    team: Tide (change), key k2-team, attempt 1",
        "2026-03-04 05:06:00 UTC  due     team: Tide (change), key k3-team, in a digest",
        "2026-03-04 05:06:00 UTC  due     team: Tide (change), key k4-team, with others of its group",
    ]
