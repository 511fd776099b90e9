"""Test that a backup file is complete or absent."""

import os
from pathlib import Path

import pytest

from snapshots import Archive
from tests.flows.harness import START, WikiHarness
from tests.snapshots.builders import NOW, PAGE, checked_up_to
from watcher.errors import InputError, StoreError
from watcher.services.operations.maintenance import create_backup, restore_backup


def test_nobody_else_may_read_it(world: WikiHarness, tmp_path: Path):
    with world.archive() as archive:
        create_backup(archive, tmp_path / "it.backup", START)
    assert (tmp_path / "it.backup").stat().st_mode & 0o777 == 0o600


def test_an_older_backup_is_replaced_but_not_where_the_database_is_gone(world: WikiHarness, tmp_path: Path):
    file = tmp_path / "it.backup"
    with world.archive() as archive:
        first, second = (create_backup(archive, file, at) for at in (START, world.clock()))
    with Archive(f"sqlite:///{tmp_path / 'gone.db'}") as gone, pytest.raises(StoreError, match="gone or empty"):
        create_backup(gone, file, NOW)
    assert first.at != second.at
    with world.archive() as archive:
        assert restore_backup(archive, file, NOW, force=True) == second


@pytest.mark.parametrize("name", ["watcher.db", "watchlist.toml", ".", "/dev/zero", "fifo"])
def test_another_file_is_never_overwritten(world: WikiHarness, name: str):
    world.check()
    os.mkfifo(world.folder / "fifo")
    path = world.folder / name
    before = path.read_bytes() if path.is_file() else None
    with world.archive() as archive:
        with pytest.raises(InputError, match="choose another name"):
            create_backup(archive, path, START)
        with pytest.raises(InputError, match="backup"):
            restore_backup(archive, path, START, force=True)
    assert before is None or path.read_bytes()[:16] == before[:16]


def test_a_folder_that_is_not_there_is_reported_and_nothing_is_left(world: WikiHarness, tmp_path: Path):
    with world.archive() as archive, pytest.raises(InputError, match="choose another folder"):
        create_backup(archive, tmp_path / "nowhere" / "it.backup", START)
    assert list(tmp_path.glob("**/*.part")) == []


def test_a_file_that_is_not_there_cannot_be_put_back(world: WikiHarness, tmp_path: Path):
    with world.archive() as archive, pytest.raises(InputError, match="name a backup file"):
        restore_backup(archive, tmp_path / "it.backup", NOW, force=False)


def test_a_damaged_file_is_moved_aside_by_force_and_nothing_else_is(tmp_path: Path):
    file, path = tmp_path / "it.backup", tmp_path / "archive.db"
    with Archive(f"sqlite:///{path}") as archive:
        archive.upgrade()
        checked_up_to(archive, 3)
        create_backup(archive, file, NOW)
    damaged = b"no database" * 1000
    path.write_bytes(damaged)
    with Archive(f"sqlite:///{path}") as archive:
        with pytest.raises(StoreError, match="is damaged"):
            restore_backup(archive, file, NOW, force=False)
        manifest = restore_backup(archive, file, NOW, force=True)
        assert Path(manifest.moved).read_bytes() == damaged
        assert archive.revisions.find_corrupt_texts() == ()
        assert len(archive.revisions.of_article(PAGE)) == 3
