"""Test that the demo writes only into its folder, and replaces the folder of an earlier demo."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.demo import _clear
from watcher.errors import ConfigError


def test_the_folder_of_an_earlier_demo_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    _clear(folder)
    (folder / "watcher.db").write_bytes(b"old")
    _clear(folder)
    assert not (folder / "watcher.db").exists()


def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigError, match=r"cannot be used .*name another with --folder"):
        _clear(tmp_path / "file" / "demo")
