"""Test that data older than `[keep]` says is deleted, from the database and from the folder of reports."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snapshots import ReviewAction, ReviewDecision
from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.snapshots.builders import deliver_all
from tests.web_client import WebClient
from watcher.services.operations.maintenance import RetentionReport, apply_retention_periods
from watcher.web import create_app


@pytest.fixture
def old(world: WikiHarness) -> WikiHarness:
    """A world whose last check, with a finding, is two years ago; it has a report of that age."""
    world.check()
    world.edit_and_check(CHANGED)
    for report in (world.folder / "reports").iterdir():
        os.utime(report, (world.clock().timestamp(),) * 2)
    world.clock.advance(days=730)
    return world


def set_retention(world: WikiHarness, **keep: str) -> None:
    """Add a `[keep]` to the watchlist."""
    lines = "".join(f'{name} = "{age}"\n' for name, age in keep.items())
    world.path.write_text(f"[keep]\n{lines}\n{world.path.read_text()}")


def tidied(world: WikiHarness, *, apply: bool = True) -> RetentionReport:
    with world.services() as services:
        return apply_retention_periods(services, apply=apply)


def settle(world: WikiHarness) -> None:
    """Every message is sent, every finding decided."""
    with world.services() as services:
        deliver_all(services.archive, services.now())
        result = [finding.id for finding in world.findings()]
        services.archive.reviews.decide(result, ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "Ada", services.now())


def reports(world: WikiHarness) -> list[Path]:
    return sorted((world.folder / "reports").iterdir())


def test_without_a_setting_only_a_report_goes_and_is_made_again_where_alerts_point(old: WikiHarness):
    settle(old)
    done = tidied(old)
    assert (done.rows, done.reports, reports(old)) == ({}, 1, [])
    with old.services() as services:
        site = create_app(services)
        shown = WebClient(site, base_url="http://127.0.0.1").get("/compare/w/1/2")
    assert shown.status_code == 200
    assert "21 million → 25 million boats" in shown.text


def test_watching_goes_on_after_it(old: WikiHarness):
    settle(old)
    set_retention(old, findings="1d", texts="1d", reports="1d")
    tidied(old)
    assert old.state_after(TEXT) == "alert"


def test_only_our_own_old_files_go(old: WikiHarness):
    folder = old.folder / "reports"
    for name in ("notes.html", "w-1-1-2.html.txt", "w-1-8-9.html"):
        (folder / name).write_text("mine or new")
    (folder / "w-1-3-4.html").symlink_to(folder / "notes.html")
    for name in ("notes.html", "w-1-1-2.html.txt"):
        os.utime(folder / name, (0, 0))
    os.utime(folder / "w-1-8-9.html", ((old.clock() - timedelta(days=1)).timestamp(),) * 2)
    set_retention(old, reports="90d")
    assert tidied(old).reports == 1
    assert {path.name for path in reports(old)} == {"notes.html", "w-1-1-2.html.txt", "w-1-8-9.html", "w-1-3-4.html"}
    with old.services() as services:  # another process is as far, and has removed one meanwhile
        listed: Any = SimpleNamespace(is_dir=lambda: True, iterdir=lambda: [folder / "w-1-1-2.html"])
        services.watchlist = replace(services.watchlist, reports=listed)
        assert apply_retention_periods(services, apply=True).reports == 0


def test_a_round_is_counted_when_it_was_done(old: WikiHarness):
    tidied(old, apply=False)
    tidied(old)
    with old.archive() as archive:
        assert [each.amount for each in archive.metrics.counters() if each.labels.get("kind") == "tidy"] == [1]
