"""Test the demo as a newcomer runs it: offline, in an empty folder, with no process left running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import run_watcher
from tests.prefect_server import PrefectServer

pytestmark = pytest.mark.prefect

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_shows_the_alert_on_the_changed_figure_and_leaves_nothing_running(
    tmp_path: Path, prefect_server: PrefectServer
):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {"PYTHONPATH": str(ROOT), "WATCHER_TEST_MARK": str(tmp_path)}
    environment |= prefect_server.copy_of_database(tmp_path)
    command = [sys.executable, "-m", "watcher", "demo"]
    with (tmp_path / "said.txt").open("w") as text:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, stdout=text, stderr=text, timeout=180, check=False
        )
    reported = (tmp_path / "said.txt").read_text()
    assert done.returncode == 0, reported
    assert "high · lead: 21 million → 25 million victims (+19 %), same source" in reported
    (report,) = [line.removeprefix("Its report: ") for line in reported.splitlines() if line.startswith("Its report: ")]
    assert "25 million" in (tmp_path / report).read_text()
    assert "2 edits that cancel out" in reported
    assert "Traceback" not in reported, reported
    assert running(tmp_path) == []


def test_a_folder_that_the_demo_did_not_make_is_not_emptied(tmp_path: Path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work")
    done = run_watcher(tmp_path, "demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "watcher: demo: is not empty and no demo made it; name another with --folder\n"
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "years of work"


def running(folder: Path) -> list[str]:
    """The command lines of processes that the demo started; none where /proc cannot tell."""
    mark = f"WATCHER_TEST_MARK={folder}\0".encode()
    result = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes():
                result.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it ended while we looked
    return result
