"""Test the commands of deploy/RUNBOOK.md, word for word, in an empty folder."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machine import ROOT, RUNBOOK, Machine, blocks
from tests.flows.harness import WikiHarness, small_wiki
from watcher.services.context import clock as clock_of_this_machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WikiHarness]:
    (tmp_path / "elsewhere").mkdir()
    with small_wiki(tmp_path / "elsewhere") as made:
        made.store.now = clock_of_this_machine
        yield made


@pytest.mark.slow
def test_one_machine_is_installed_backed_up_and_restored_as_the_runbook_says(machine: Machine, world: WikiHarness):
    install, start, first_user, nightly = blocks("Install on one machine")
    machine.run(install)
    home = machine.path("/var/lib/article-watcher")
    assert (home / "watchlist.toml").exists()
    (home / "watchlist.toml").write_text(world.path.read_text())  # "Edit watchlist.toml"
    text = machine.run(start)
    assert "database: is empty" in text
    assert "+ Tide: watching from revision 1 on" in text
    assert (machine.folder / "systemctl").read_text().splitlines() == ["daemon-reload", "enable --now watcher"]
    machine.run(f"cd {home}\necho correct-horse-battery | {first_user.strip()} --password -\n")
    assert machine.run(f"cd {home}\nwatcher user list\n").startswith("NAME: admin")
    machine.run(nightly)
    units = {path.name for path in machine.path("/etc/systemd/system").iterdir()}
    assert units == {"watcher.service", "watcher-backup.service", "watcher-backup.timer"}

    backup, restore = blocks("Back up and restore")
    assert "every stored text is intact" in machine.run(backup)
    for path in home.glob("watcher.db*"):
        path.unlink()
    assert "restored" in machine.run(restore)
    assert "= Tide: nothing since revision 1" in machine.run(f"cd {home}\nwatcher check\n")

    night = machine.path("/etc/systemd/system/watcher-backup.service").read_text()
    command = re.search(r"^ExecStart=/bin/sh (.*)$", night, re.MULTILINE)
    assert command
    machine.run(f"cd {home}\nsh {command[1]}\n")
    assert list(machine.path("/var/backups/article-watcher").glob("watcher-*.backup"))


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


def test_the_files_that_the_other_paths_copy_are_there():
    for heading in ("Install on several machines", "Install in containers", "Workers"):
        for block in re.findall(
            r"```sh\n(.*?)```", RUNBOOK.partition(f"## {heading}\n")[2].partition("\n## ")[0], re.DOTALL
        ):
            named = re.findall(r"(?:/opt/article-watcher/)?(deploy/[\w.@-]+\.\w+)", block)
            assert [name for name in named if not (ROOT / name).exists() and name != "deploy/compose.env"] == []


def test_the_folders_of_the_container_path_are_made(machine: Machine):
    machine.path("/opt/article-watcher").mkdir()
    (machine.path("/opt/article-watcher") / "deploy").symlink_to(ROOT / "deploy")
    prepare, up = blocks("Install in containers")
    prepared = prepare.replace("deploy/compose.env\n", f"{machine.folder}/compose.env\n")
    machine.run(prepared)
    assert (machine.folder / "compose.env").stat().st_mode & 0o777 == 0o600
    assert machine.path("/var/backups/article-watcher").is_dir()
    assert [line.split()[:2] for line in up.splitlines()] == [["docker", "compose"]] * 3
