"""What is older than `[keep]` says goes, from the memory and from the folder of reports."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from flows.tidying import TidyReport, tidy_up
from snapshots import Action, Deed, Wanted, tallies
from tests.flows.world import CHANGED, TEXT, World


@pytest.fixture
def old(world: World) -> World:
    """A world whose last check, with a finding, is two years ago; it has a report of that age."""
    world.check()
    world.edit(CHANGED)
    world.check()
    for report in (world.folder / "reports").iterdir():
        os.utime(report, (world.clock().timestamp(),) * 2)
    world.clock.pass_by(days=730)
    return world


def wish(world: World, **keep: str) -> None:
    """Add a `[keep]` to the watchlist."""
    lines = "".join(f'{name} = "{age}"\n' for name, age in keep.items())
    world.path.write_text(f"[keep]\n{lines}\n{world.path.read_text()}")


def tidied(world: World, *, apply: bool = True) -> TidyReport:
    with world.services() as services:
        return tidy_up(services, apply=apply)


def settle(world: World) -> None:
    """Every message is sent, every finding decided."""
    with world.services() as services:
        for one in services.archive.claim(services.now(), limit=99, owner="me"):
            services.archive.sent(one, services.now())
        found = [one.id for one in services.archive.reviews(Wanted())]
        services.archive.act(found, Action(deed=Deed.ACKNOWLEDGE), "Ada", services.now())


def reports(world: World) -> list[Path]:
    return sorted((world.folder / "reports").iterdir())


def test_without_a_wish_everything_stays(old: World):
    settle(old)
    assert tidied(old).lines == ("nothing is older than [keep] says",)
    assert len(reports(old)) == 1


def test_what_is_settled_and_old_goes(old: World):
    settle(old)
    wish(old, findings="1y", reports="90d")
    shown = tidied(old, apply=False)
    assert "comparisons: 1" in shown.lines
    assert "report files: 1" in shown.lines
    assert shown.lines[-1].endswith("would be removed; do it with `watcher tidy --apply`")
    assert len(reports(old)) == 1
    done = tidied(old)
    assert (done.rows, done.reports) == (shown.rows, 1)
    assert reports(old) == []
    assert tidied(old).lines == ("nothing is older than [keep] says",)


def test_what_is_not_settled_stays_however_old(old: World):
    wish(old, findings="30d", texts="30d")
    assert tidied(old).rows == {}
    assert old.stored() == [1, 2]


def test_watching_goes_on_after_it(old: World):
    settle(old)
    wish(old, findings="1d", texts="1d", reports="1d")
    tidied(old)
    old.edit(TEXT)
    assert old.told() == "alert"


def test_only_our_own_old_files_go(old: World):
    folder = old.folder / "reports"
    (folder / "notes.html").write_text("mine")
    (folder / "w-1-1-2.html.txt").write_text("mine too")
    (folder / "w-1-8-9.html").write_text("new")
    (folder / "w-1-3-4.html").symlink_to(folder / "notes.html")
    for name in ("notes.html", "w-1-1-2.html.txt"):
        os.utime(folder / name, (0, 0))
    new = (old.clock() - timedelta(days=1)).timestamp()
    os.utime(folder / "w-1-8-9.html", (new, new))
    wish(old, reports="90d")
    assert tidied(old).reports == 1
    assert {path.name for path in reports(old)} == {"notes.html", "w-1-1-2.html.txt", "w-1-8-9.html", "w-1-3-4.html"}


def test_a_round_is_counted_when_it_was_done(old: World):
    tidied(old, apply=False)
    tidied(old)
    with old.archive() as archive:
        assert [one.amount for one in tallies(archive) if one.labels.get("kind") == "tidy"] == [1]
