"""The demo runs offline from nothing to reports, and touches no folder that is not its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.demonstration import demonstrate
from watcher.config import load
from watcher.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the demo prints, and its folder; it runs once, in a process of its own as it chooses Prefect's home."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-m", "watcher", "demo", "--folder", str(folder)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


@pytest.mark.prefect
def test_the_changed_figure_is_alerted_and_shown_as_delivered(shown: tuple[str, Path]):
    said, _ = shown
    assert "21 million → 25 million victims" in said
    size = re.search(r"\((\d+) bytes", said)
    assert size
    assert int(size[1]) <= 500


@pytest.mark.prefect
def test_what_is_honest_and_what_is_undone_stays_quiet(shown: tuple[str, Path]):
    edits = re.split(r"\nEdit \d+: ", shown[0].partition("alerts reached the inbox")[0])
    for quiet in ("copy-edit", "honest update", "revert of the vandalism", "section renamed", "citation bot"):
        [told] = [edit for edit in edits if edit.startswith(quiet)]
        assert "delivered" not in told


@pytest.mark.prefect
def test_every_report_that_is_named_is_there(shown: tuple[str, Path]):
    said, folder = shown
    named = re.findall(r"\S+\.html", said)
    assert named
    assert [name for name in named if not Path(name).exists()] == []
    assert {Path(name).parent for name in named} == {folder / "reports"}


@pytest.mark.prefect
def test_its_watchlist_can_be_read_again(shown: tuple[str, Path]):
    assert load(shown[1] / "watchlist.toml", environ={}).watches


def test_a_folder_that_is_not_its_own_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="no demo made it"):
        demonstrate(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
