"""The backup's service and timer are units that systemd takes without a word, and that give away little."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE = (ROOT / "deploy/watcher-backup.service").read_text(encoding="utf-8")
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is missing: install systemd")


def analyze(*words: object) -> subprocess.CompletedProcess[str]:
    assert ANALYZE
    return subprocess.run(
        [ANALYZE, *map(str, words)], capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )


@needs_systemd
def test_systemd_has_nothing_to_say_about_them():
    files = [ROOT / "deploy" / f"watcher-backup.{kind}" for kind in ("service", "timer")]
    assert analyze("verify", *files).stderr == ""


@needs_systemd
def test_a_night_is_found_in_its_calendar():
    timer = (ROOT / "deploy/watcher-backup.timer").read_text(encoding="utf-8")
    when = re.search(r"^OnCalendar=(.*)$", timer, re.MULTILINE)
    assert when
    assert analyze("calendar", when[1]).returncode == 0


@needs_systemd
def test_the_service_is_exposed_to_little():
    done = analyze("security", "--offline=true", "--threshold=20", ROOT / "deploy/watcher-backup.service")
    assert done.returncode == 0, done.stdout[-2000:]


def test_it_backs_up_what_the_service_writes_and_may_write_there():
    main = (ROOT / "deploy/watcher.service").read_text(encoding="utf-8")
    [watchlist] = re.findall(r"--watchlist (\S+)", main)
    assert f"WATCHER_WATCHLIST={watchlist}\n" in SERVICE
    start = re.search(r"^ExecStart=/bin/sh (\S+) (\S+)$", SERVICE, re.MULTILINE)
    writable = re.search(r"^ReadWritePaths=(.*)$", SERVICE, re.MULTILINE)
    assert start
    assert writable
    assert start[1] == "/opt/article-watcher/deploy/backup.sh"
    assert writable[1].split() == [str(Path(watchlist).parent), start[2]]


def test_every_hardening_line_says_what_it_is_for():
    hardening = SERVICE.partition("# No set-uid program")[2]
    groups = re.split(r"\n(?=#)", hardening.strip())
    assert len(groups) > 10
    assert [group for group in groups[1:] if not group.startswith("# ") or len(group.splitlines()) > 4] == []
