"""deploy/watcher.service is a unit that systemd takes without a word, and that gives away little."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT = (ROOT / "deploy/watcher.service").read_text(encoding="utf-8")
INSTALLED = "/opt/article-watcher/.venv/bin/watcher"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is missing: install systemd")


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    assert ANALYZE
    return subprocess.run(
        [ANALYZE, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that exists on this machine."""
    path = tmp_path / "watcher.service"
    path.write_text(UNIT.replace(INSTALLED, sys.executable))
    return path


@needs_systemd
def test_systemd_has_nothing_to_say_about_the_unit(unit: Path):
    # Its exit code is 0 even for keys that do not exist: what it says counts.
    assert analyze("verify", unit).stderr == ""


@needs_systemd
def test_systemd_would_name_a_key_that_does_not_exist(unit: Path):
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in analyze("verify", unit).stderr


@needs_systemd
def test_the_service_is_exposed_to_little(unit: Path):
    done = analyze("security", "--offline=true", "--threshold=20", unit)
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_unit_starts_a_command_that_there_is():
    [line] = [line for line in UNIT.splitlines() if line.startswith("ExecStart=")]
    words = line.removeprefix("ExecStart=").split()
    assert words[:2] == [INSTALLED, "serve"]
    asked = subprocess.run(
        [sys.executable, "-m", "watcher", "serve", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [word for word in words if word.startswith("--") and word not in asked.stdout] == []


def test_every_hardening_line_says_what_it_is_for():
    hardening = re.search(r"# No set-uid program.*?(?=\n\[Install\])", UNIT, re.DOTALL)
    assert hardening
    groups = re.split(r"\n(?=#)", hardening[0].strip())
    assert len(groups) > 15
    for group in groups:
        comment, *settings = group.splitlines()
        assert comment.startswith("# ")
        assert settings, f"{comment} stands alone"
        assert len(settings) <= 3, f"{settings} need comments of their own"
