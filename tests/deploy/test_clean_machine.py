"""Test the commands of deploy/RUNBOOK.md, word for word, in an empty folder."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.machine import ROOT, Machine, blocks


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
