"""Test that the watchlist is written only when valid, and never over somebody else's change."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from watcher.config import add_watch, default_watchlist, edit_watch, load
from watcher.errors import ConfigError, Conflict
from watcher.services.watchlist import file_version, update_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "watchlist.toml"
    made.write_text(default_watchlist(), encoding="utf-8")
    return made


def paused(text: str) -> str:
    return edit_watch(text, "enwiki", "Human trafficking", {"paused": True})


def test_a_setting_is_written_and_the_version_moves_on(path: Path):
    path.chmod(0o640)
    version = file_version(path)
    assert update_file(path, paused, version=version, environ={}) is True
    assert load(path, environ={}).watches[0].paused is True
    assert file_version(path) != version
    assert path.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in path.parent.iterdir()] == ["watchlist.toml"]
    assert update_file(path, paused, environ={}) is False


def test_a_file_that_was_changed_meanwhile_is_left_alone(path: Path):
    version = file_version(path)
    path.write_text(default_watchlist() + "# mine\n")
    with pytest.raises(Conflict, match="changed meanwhile"):
        update_file(path, paused, version=version, environ={})
    assert path.read_text() == default_watchlist() + "# mine\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: edit_watch(text, "enwiki", "Human trafficking", {"every": "1s"}), "shorter than 10 seconds"),
        (lambda text: edit_watch(text, "enwiki", "Human trafficking", {"destinations": ["team"]}), "no .* has"),
        (lambda text: text + "[[watch]", "not valid TOML"),
    ],
)
def test_what_would_be_no_watchlist_is_not_written(path: Path, change, expected: str):
    with pytest.raises(ConfigError, match=expected):
        update_file(path, change, environ={})
    assert path.read_text() == default_watchlist()


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path):
    link = tmp_path / "folder" / "list.toml"
    link.parent.mkdir()
    link.symlink_to(path)
    update_file(link, paused, environ={})
    assert link.is_symlink()
    assert load(path, environ={}).watches[0].paused is True


def test_a_file_that_cannot_be_written_is_named_and_left_alone(path: Path):
    path = path.rename(path.with_name(f"{'long' * 60}.toml"))  # so that the new one can have no name beside it
    with pytest.raises(ConfigError, match="cannot be written"):
        update_file(path, paused, environ={})
    assert path.read_text() == default_watchlist()


def test_a_file_that_is_gone_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read"):
        update_file(tmp_path / "nowhere.toml", paused, environ={})
    with pytest.raises(ConfigError, match="cannot be opened"):
        update_file(tmp_path / "no" / "nowhere.toml", paused, environ={})


def test_a_file_that_is_no_text_is_named(path: Path):
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        update_file(path, paused, environ={})


def test_two_writers_at_once_lose_nothing(path: Path):
    titles = [f"Page {number}" for number in range(6)]
    writers = [
        threading.Thread(target=update_file, args=(path, lambda text, item=title: add_watch(text, "enwiki", item)))
        for title in titles
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=180)
    assert {watch.title for watch in load(path, environ={}).watches} == {"Human trafficking", *titles}
