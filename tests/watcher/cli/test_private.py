"""Test that files of the commands are readable by their owner alone, whatever the umask."""

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


def test_whatever_the_commands_write_is_private(watcher: Watcher, world: WikiHarness):
    assert watcher("init", "--watchlist", "first.toml").code == 0
    assert modes(world.folder / "first.toml") == {"first.toml": "0o600"}
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
    _clear(world.folder / "a" / "demo")
    assert modes(world.folder / "a", world.folder / "a" / "demo") == {"a": "0o700", "demo": "0o700"}
