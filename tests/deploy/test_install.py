"""Test that deploy/install.sh builds beside the program that runs: what fails or is cut off changes nothing of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases import for_each

ROOT = Path(__file__).resolve().parents[2]
# Stands for Python with venv and pip: what it installs is a program that says which release it is of.
PYTHON = """#!/bin/sh
case "$*" in
  "-c import sys"*) echo "(3, 11)" ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  *"pip --quiet"*" install "*" -r "*) echo asked >>"$ASKED"; eval "$INDEX" ;;
  *"pip --quiet"*" install "*) echo "echo $(cat watcher/release)" >"${0%/*}/watcher" ;;
esac
"""


class Installation:
    """A checkout with a program of some release, and whoever installs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        for name in ("watcher", "flows", "snapshots", "deploy"):
            (self.folder / name).mkdir(parents=True)
        for name in ("pyproject.toml", "README.md", "LICENSE", "deploy/requirements.lock"):
            (self.folder / name).touch()
        shutil.copy(ROOT / "deploy/install.sh", self.folder / "deploy")
        self._python, self._asked = folder / "python", folder / "asked"
        self._python.write_text(PYTHON)
        self._python.chmod(0o755)
        self.link = self.folder / ".venv"

    def fetch(self, release: str) -> None:
        """As `git pull` and `git reset` do."""
        (self.folder / "watcher/release").write_text(release)

    def install(self, *words: str, index: str = "exit 0") -> int:
        environ = {"PATH": os.environ["PATH"], "INDEX": index, "ASKED": str(self._asked)}
        command = ["sh", "deploy/install.sh", str(self._python), *words]
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, timeout=180, check=False)
        return done.returncode

    def program(self) -> str:
        """What the program of the services says."""
        return subprocess.run(["sh", self.link / "bin/watcher"], capture_output=True, text=True, check=True).stdout

    def releases(self) -> set[str]:
        return {path.name for path in (self.folder / ".venvs").iterdir()}

    def times_asked(self) -> int:
        return self._asked.read_text().count("asked")


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    made = Installation(tmp_path)
    made.fetch("one")
    assert made.install() == 0
    return made


@for_each("index", ["exit 1", 'kill -9 "$PPID"'])
def test_a_service_keeps_its_program_when_the_index_is_away_or_all_is_cut_off(tmp_path: Path, index: str):
    made = Installation(tmp_path / index.replace("/", "_"))
    made.fetch("one")
    assert made.install() == 0
    made.fetch("two")
    assert made.install(index=index) != 0
    assert made.program() == "one\n"
    assert made.install() == 0
    assert made.program() == "two\n"


def test_what_is_prepared_is_switched_to_without_the_index(installation: Installation):
    installation.fetch("two")
    assert installation.install("prepare") == 0
    assert installation.program() == "one\n"
    assert installation.install(index="exit 1") == 0
    assert installation.program() == "two\n"


def test_nothing_is_done_again_and_the_way_back_asks_no_index(installation: Installation):
    before = installation.link.readlink(), installation.releases()
    assert installation.install(index="exit 1") == 0
    assert (installation.link.readlink(), installation.releases()) == before
    installation.fetch("two")
    assert installation.install() == 0
    installation.fetch("one")
    assert installation.install(index="exit 1") == 0
    assert installation.program() == "one\n"
    assert installation.times_asked() == 2


def test_the_release_before_stays_and_what_a_process_runs(installation: Installation):
    first = installation.link.readlink().name
    module = installation.link.resolve() / "module.so"
    module.write_bytes(b"x" * 4096)
    code = "import mmap, sys; f = open(sys.argv[1]); m = mmap.mmap(f.fileno(), 0, prot=1); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, module], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout
        running.stdout.readline()
        for release in ("two", "three"):
            installation.fetch(release)
            assert installation.install() == 0
        assert first in installation.releases()
        running.communicate(b"\n", timeout=180)
    third = installation.link.readlink().name
    installation.fetch("four")
    assert installation.install() == 0
    assert installation.releases() == {third, installation.link.readlink().name}


def test_a_folder_in_the_place_of_the_link_is_replaced(tmp_path: Path):
    made = Installation(tmp_path)
    (made.link / "bin").mkdir(parents=True)
    made.fetch("one")
    assert made.install() == 0
    assert made.program() == "one\n"
    before = made.releases() - {made.link.readlink().name}
    assert [name.startswith("replaced-") for name in before] == [True]  # the way back
    made.fetch("two")
    assert made.install() == 0
    assert made.releases().isdisjoint(before)
