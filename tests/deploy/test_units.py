"""Test that systemd accepts the units of deploy, that they are restricted, and that their commands exist."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import readme
from tests.cases import for_each
from tests.command import run_program
from watcher.services.operations.probes import CARE, database_clock

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMMANDS = {
    "watcher.service": "watcher serve",
    "watcher-worker@.service": "prefect worker",
    "watcher-watchdog.service": "watcher watchdog",
    "watcher-prefect.service": "prefect server",
    "watcher-web.service": "watcher web",
    "watcher-stream.service": "watcher stream",
}
BACKUP = "watcher-backup.service"
SERVICES = (*COMMANDS, BACKUP)
TIMERS = ("watcher-watchdog.timer", "watcher-backup.timer")
INSTALLED = "/opt/article-watcher/.venv/bin"
WORKER = "watcher-worker@.service"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is missing: install systemd")


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    return run_program(ANALYZE, *arguments, stdin=subprocess.DEVNULL)


def text_of(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def setting(name: str, key: str) -> str:
    """The value of a key that a unit has once."""
    (value,) = re.findall(rf"^{key}=(.+)$", text_of(name), re.MULTILINE)
    return str(value)


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """All units in one folder, with a program that exists on this machine; that of workers is an instance."""
    result = [tmp_path / name.replace("@", "@1") for name in (*SERVICES, *TIMERS)]
    for path, name in zip(result, (*SERVICES, *TIMERS), strict=True):
        path.write_text(re.sub(rf"{INSTALLED}/\w+", sys.executable, text_of(name)))
    (tmp_path / WORKER).write_text((tmp_path / WORKER.replace("@", "@1")).read_text())
    return result


@needs_systemd
def test_systemd_has_nothing_to_say_about_the_units_and_would_name_a_key_that_does_not_exist(units: list[Path]):
    # Its exit code is 0 even for keys that do not exist: what it says counts.
    assert analyze("verify", *units).stderr == ""
    units[0].write_text(units[0].read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in analyze("verify", units[0]).stderr


@needs_systemd
def test_the_services_are_exposed_to_little(units: list[Path], tmp_path: Path):
    for unit in units[: len(SERVICES)]:
        plain = tmp_path / unit.name.replace("@1", "-1")
        plain.write_text(unit.read_text())
        done = analyze("security", "--offline=true", "--threshold=20", plain)
        assert done.returncode == 0, done.stdout[-2000:]


@needs_systemd
def test_a_night_is_found_in_the_calendar_of_backups():
    assert analyze("calendar", setting("watcher-backup.timer", "OnCalendar")).returncode == 0


@for_each("name", SERVICES)
def test_every_hardening_line_says_what_it_is_for(name: str):
    hardening = re.search(r"# No set-uid program.*?(?=\n\[Install\]|\Z)", text_of(name), re.DOTALL)
    assert hardening
    groups = re.split(r"\n(?=#)", hardening[0].strip())
    assert len(groups) > 10
    for group in groups:
        comment, *settings = [line for line in group.splitlines() if line]
        assert comment.startswith("# ")
        assert 1 <= len(settings) <= 3, f"{comment}: {settings}"


@for_each("name", COMMANDS)
def test_the_units_start_commands_that_there_are(name: str):
    program, command, *words = setting(name, "ExecStart").split()
    assert f"{program.removeprefix(f'{INSTALLED}/')} {command}" == COMMANDS[name]
    if program.endswith("watcher"):
        assert readme.unknown_options(command, words) == []
    if command in ("serve", "watchdog"):  # what operators were told of the database is known to the next process
        assert setting(name, "RuntimeDirectoryPreserve") == "yes"


def test_a_backup_is_of_what_the_service_writes_and_may_write_there():
    (watchlist,) = re.findall(r"--watchlist (\S+)", text_of("watcher.service"))
    assert f"WATCHER_WATCHLIST={watchlist}\n" in text_of(BACKUP)
    shell, script, folder = setting(BACKUP, "ExecStart").split()
    assert (shell, script) == ("/bin/sh", "/opt/article-watcher/deploy/backup.sh")
    assert setting(BACKUP, "ReadWritePaths").split() == [str(Path(watchlist).parent), folder]


def test_a_worker_asks_the_pool_of_the_deployments_is_started_again_and_not_where_the_clock_is_wrong():
    pool = re.search(r"work_pool: &pool\n\s+name: (\S+)", text_of("prefect.yaml"))
    assert pool
    assert f"--pool {pool[1]} " in text_of(WORKER)
    assert setting(WORKER, "Restart") == "always"
    assert setting(WORKER, "StartLimitIntervalSec") == "0"
    program, *words = setting(WORKER, "ExecStartPre").split()
    assert (program, *words) == (f"{INSTALLED}/watcher", "doctor", "--only", database_clock.name)
    assert database_clock in CARE
