"""Test that files of the commands are readable by their owner alone, whatever the umask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.demo import _clear
from tests.flows.harness import CHANGED, WikiHarness
from tests.watcher.cli.conftest import Watcher


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(*paths: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode & 0o777) for path in paths}


def test_the_first_watchlist_is_private(watcher: Watcher, tmp_path: Path):
    assert watcher("init").code == 0
    assert modes(tmp_path / "watchlist.toml") == {"watchlist.toml": "0o600"}


def test_the_database_its_log_the_reports_and_a_backup_are_private(watcher: Watcher, world: WikiHarness):
    world.database_file.unlink()
    assert watcher("check").code == 0
    world.edit(CHANGED)
    with world.services() as services:  # while it is open its log is there
        assert watcher("check").code == 0
        services.archive.mutes.list_open()
        database = [world.folder / f"watcher.db{suffix}" for suffix in ("", "-wal", "-shm")]
        assert set(modes(*database).values()) == {"0o600"}
    reports = world.folder / "reports"
    assert modes(reports) == {"reports": "0o700"}
    assert set(modes(*reports.iterdir()).values()) == {"0o600"}
    assert watcher("backup", "a.backup").code == 0
    assert modes(world.folder / "a.backup") == {"a.backup": "0o600"}


def test_the_folder_of_the_demo_is_private(tmp_path: Path):
    _clear(tmp_path / "a" / "demo")
    assert modes(tmp_path / "a", tmp_path / "a" / "demo") == {"a": "0o700", "demo": "0o700"}
