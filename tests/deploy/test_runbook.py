"""Test the commands of deploy/RUNBOOK.md, word for word, in an empty folder, and what they name."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.machine import ROOT, RUNBOOK, Machine, blocks
from watcher.config import default_watchlist, load

UNIT = (ROOT / "deploy/watcher.service").read_text(encoding="utf-8")


def test_the_service_finds_what_the_runbook_makes():
    folder = re.search(r"ExecStart=.*--watchlist (\S+)/watchlist\.toml", UNIT)
    user = re.search(r"^User=(\S+)", UNIT, re.MULTILINE)
    assert folder
    assert user
    assert f"useradd --system --home-dir {folder[1]}" in RUNBOOK
    command = (ROOT / "deploy/command.sh").read_text(encoding="utf-8")
    assert f"runuser -u {user[1]} -- " in command
    assert f"WATCHER_WATCHLIST={folder[1]}/watchlist.toml\n" in command
    assert f"StateDirectory={Path(folder[1]).name}" in UNIT


def test_the_health_that_is_asked_for_is_where_the_service_and_the_first_watchlist_say(tmp_path: Path):
    path = tmp_path / "watchlist.toml"
    path.write_text(default_watchlist())
    asked = re.search(r"curl --fail .*(http://\S+)/healthz", RUNBOOK)
    port = re.search(r"ExecStart=.* --port (\d+)", UNIT)
    assert asked
    assert port
    assert asked[1] == load(path, environ={}).base_url
    assert asked[1].endswith(f":{port[1]}")


def test_every_file_that_is_named_is_there():
    named = {*re.findall(r"deploy/[\w.@-]+\.\w+", RUNBOOK)} - {"deploy/compose.env"}
    assert {"deploy/prefect.yaml", "deploy/zombies.yaml"} <= named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def test_commands_read_the_settings_as_the_services_do(machine: Machine):
    machine.run(blocks("Install on one machine")[0])
    settings = machine.path("/etc/article-watcher/env")
    settings.write_text('A=json://h/?x=1&y=$HOME\nB="two words"\n# C=1\nD=\nWATCHER_WATCHLIST=/other')
    program = machine.path("/opt/article-watcher/.venv/bin/watcher")
    program.unlink()
    program.write_text('#!/bin/sh\nprintf "%s|" "$A" "$B" "${C-none}" "$D" "$WATCHER_WATCHLIST" "$@"')
    program.chmod(0o755)
    assert machine.run("watcher status 'a b'\n") == "json://h/?x=1&y=$HOME|two words|none||/other|status|a b|"


@pytest.mark.slow
def test_a_wheel_brings_the_files_that_everything_else_here_copies(machine: Machine):
    python = machine.tools / "python3"
    python.write_text(
        '#!/bin/sh\n[ "$2" = venv ] || exit 0\n'
        'mkdir -p "$3/bin" && ln -s "$0" "$3/bin/python" && ln -s "$MACHINE/bin/watcher" "$3/bin/watcher"\n'
    )
    python.chmod(0o755)
    by_pip, by_pipx = blocks("Install from a wheel")
    machine.run(by_pip)
    folder = machine.path("/opt/article-watcher/deploy")
    files = subprocess.run(["git", "ls-files", "deploy"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    expected = [ROOT / name for name in files.split() if "pictures/" not in name]
    assert [path for path in expected if not (folder / path.relative_to(ROOT / "deploy")).is_file()] == []
    assert (folder / "watcher.service").read_text() == (ROOT / "deploy/watcher.service").read_text()
    assert "ln -s pipx/venvs/article-watcher /opt/article-watcher/.venv" in by_pipx


def test_the_folders_of_the_container_path_are_made(machine: Machine):
    machine.path("/opt/article-watcher").mkdir()
    (machine.path("/opt/article-watcher") / "deploy").symlink_to(ROOT / "deploy")
    prepare, up = blocks("Install in containers")
    prepared = prepare.replace("deploy/compose.env\n", f"{machine.folder}/compose.env\n")
    machine.run(prepared)
    assert (machine.folder / "compose.env").stat().st_mode & 0o777 == 0o600
    assert machine.path("/var/backups/article-watcher").is_dir()
    assert [line.split()[:2] for line in up.splitlines()] == [["docker", "compose"]] * 3
