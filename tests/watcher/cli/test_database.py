"""Test `watcher backup`, `restore` and `verify`."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from snapshots import ApiToken, Scope, User
from tests.flows.harness import CHANGED, WikiHarness
from tests.watcher.cli.conftest import Watcher


@pytest.fixture
def used(watcher: Watcher, world: WikiHarness) -> WikiHarness:
    """A world that was checked twice."""
    watcher("check")
    world.edit(CHANGED)
    watcher("check")
    return world


def test_a_lost_database_comes_back_from_its_backup(watcher: Watcher, used: WikiHarness):
    with used.services() as services:
        services.archive.accounts.add_user(User(name="ada", scope=Scope.READ, at=used.clock(), password="hash"))
        services.archive.accounts.add_token(ApiToken(name="bot", scope=Scope.READ, at=used.clock()), "secret")
    made = watcher("backup", "it.backup")
    assert made.code == 0
    assert "it.backup: " in made.out
    assert "1 articles, 2 revisions" in made.out
    assert watcher("restore", "it.backup").refuses("is not empty")
    for file in used.folder.glob("watcher.db*"):
        file.unlink()
    restored = watcher("restore", "it.backup")
    assert restored.code == 0, restored.err
    assert "may sign in: ada (read); remove others" in restored.out
    assert "left out, because they were or may have been revoked since" in restored.out
    verified = watcher("verify")
    assert (verified.code, verified.out) == (0, "every stored text is intact\n")
    assert "= Tide: nothing since revision 2" in watcher("check").out


def test_a_damaged_text_is_named(watcher: Watcher, used: WikiHarness, tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "watcher.db")) as database:
        database.execute("UPDATE text SET body = zeroblob(20) WHERE id = 1")
        database.commit()
    answer = watcher("verify")
    assert answer.code == 3
    assert "revision 1 of w" in answer.out
    assert used.path.exists()


def test_tidy_shows_first_and_removes_when_asked(watcher: Watcher, used: WikiHarness):
    for report in (used.folder / "reports").iterdir():
        os.utime(report, (0, 0))
    used.path.write_text(f'[keep]\nreports = "90 days"\n{used.path.read_text()}')
    shown = watcher("tidy")
    assert (shown.code, shown.out.splitlines()[0]) == (0, "report files: 1")
    assert "--apply" in shown.out
    assert "removed" in watcher("tidy", "--apply").out
    assert list((used.folder / "reports").iterdir()) == []
