"""The units of workers and of the watchdog are taken by systemd without a word, and give away little."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is missing: install systemd")
SERVICES = (
    "watcher-worker@.service",
    "watcher-watchdog.service",
    "watcher-prefect.service",
    "watcher-web.service",
    "watcher-stream.service",
)
each = pytest.mark.parametrize("name", SERVICES)


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
def units(tmp_path: Path) -> Path:
    """All units in one folder, with a program that exists on this machine."""
    for name in (*SERVICES, "watcher-watchdog.timer"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r"/opt/article-watcher/\.venv/bin/\w+", sys.executable, text))
    return tmp_path


@needs_systemd
def test_systemd_has_nothing_to_say_about_the_units(units: Path):
    # Its exit code is 0 even for keys that do not exist: what it says counts.
    locations = [units / name.replace("@", "@1") for name in (*SERVICES, "watcher-watchdog.timer")]
    (units / "watcher-worker@1.service").write_text((units / SERVICES[0]).read_text())
    assert analyze("verify", *locations).stderr == ""


@needs_systemd
@each
def test_the_services_are_exposed_to_little(units: Path, name: str):
    plain = units / name.replace("@", "-1")
    plain.write_text((units / name).read_text())
    done = analyze("security", "--offline=true", "--threshold=20", plain)
    assert done.returncode == 0, done.stdout[-2000:]


@each
def test_every_hardening_line_says_what_it_is_for(name: str):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    hardening = re.search(r"# No set-uid program.*?(?=\n\[Install\]|\Z)", text, re.DOTALL)
    assert hardening
    for group in re.split(r"\n(?=#)", hardening[0].strip()):
        comment, *settings = [line for line in group.splitlines() if line]
        assert comment.startswith("# ")
        assert 1 <= len(settings) <= 3, f"{comment}: {settings}"


def test_the_units_start_commands_that_there_are():
    commands = {name: re.search(r"^ExecStart=(.+)$", (DEPLOY / name).read_text(), re.MULTILINE) for name in SERVICES}
    assert [match[1].split()[:2] for match in commands.values() if match] == [
        ["/opt/article-watcher/.venv/bin/prefect", "worker"],
        ["/opt/article-watcher/.venv/bin/watcher", "watchdog"],
        ["/opt/article-watcher/.venv/bin/prefect", "server"],
        ["/opt/article-watcher/.venv/bin/watcher", "web"],
        ["/opt/article-watcher/.venv/bin/watcher", "stream"],
    ]


def test_a_worker_asks_the_pool_that_the_deployments_are_for():
    pool = re.search(r"work_pool: &pool\n\s+name: (\S+)", (DEPLOY / "prefect.yaml").read_text(encoding="utf-8"))
    assert pool
    assert f"--pool {pool[1]} " in (DEPLOY / SERVICES[0]).read_text(encoding="utf-8")


def test_a_worker_that_ended_is_started_again_however_often():
    text = (DEPLOY / SERVICES[0]).read_text(encoding="utf-8")
    assert "Restart=always" in text
    assert "StartLimitIntervalSec=0" in text
