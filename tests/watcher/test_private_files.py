"""Test that files and folders of the product are readable by their owner alone, under any umask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from watcher.private_files import create_file, create_if_missing, make_folder, write_text


@pytest.fixture(params=[0o000, 0o022, 0o377], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_every_folder_that_is_created_is_private_and_the_others_keep_their_mode(tmp_path: Path):
    tmp_path.chmod(0o755)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert [mode(path) for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == [0o755, 0o700, 0o700]


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path: Path):
    (tmp_path / "a").touch()
    with pytest.raises(OSError, match="a"):
        make_folder(tmp_path / "a")


def test_a_file_is_created_once_and_private(tmp_path: Path):
    path = tmp_path / "file"
    os.close(create_file(path))
    assert mode(path) == 0o600
    path.chmod(0o640)
    create_if_missing(path)
    assert mode(path) == 0o640
    with pytest.raises(FileExistsError):
        create_file(path)


def test_a_new_file_is_not_created_through_a_link(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "link")
    assert not (tmp_path / "target").exists()


def test_a_text_is_replaced_whole_and_keeps_the_mode_that_its_owner_gave_it(tmp_path: Path):
    path = tmp_path / "report.html"
    write_text(path, "first \ud800")
    assert (path.read_text(), mode(path)) == ("first ?", 0o600)
    path.chmod(0o640)
    write_text(path, "second")
    assert (path.read_text(), mode(path)) == ("second", 0o640)
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to another user")
def test_a_file_that_root_rewrites_stays_its_owners(tmp_path: Path):
    path = tmp_path / "watchlist.toml"
    write_text(path, "first")
    os.chown(path, 12345, 12346)
    write_text(path, "second")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)
