"""Provide an empty folder that represents a new machine, and the commands of deploy/RUNBOOK.md.

Only what would change this machine is a stand-in: packages, users, git, make and systemd.
"""

import os
import re
import sys
import textwrap
import tomllib
from pathlib import Path

from tests.command import run_program

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "deploy/RUNBOOK.md").read_text(encoding="utf-8")
FOLDERS = (
    "/opt/article-watcher",
    "/usr/local/bin",
    "/var/lib/article-watcher",
    "/etc/article-watcher",
    "/var/backups",
    "/etc/systemd/system",
)
REPLACEMENTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def blocks(heading: str) -> list[str]:
    """The shell blocks of a section."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", RUNBOOK, re.DOTALL | re.MULTILINE)
    assert section, heading
    return [
        textwrap.dedent(match[1])
        for match in re.finditer(r"^ *```sh\n(.*?)^ *```", section[1], re.DOTALL | re.MULTILINE)
    ]


class Machine:
    """An empty folder that represents the root of a machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = folder / "bin"
        for location in ("bin", "opt", "usr/local/bin", "var/lib", "var/backups", "etc/systemd/system"):
            (folder / location).mkdir(parents=True)
        (folder / "command.sh").write_text(self.relocated((ROOT / "deploy/command.sh").read_text()))
        for name, body in REPLACEMENTS.items():
            self._tool(name, body)
        for name in ("watcher", "prefect"):
            self._tool(name, f'PYTHONPATH="$SOURCES" exec {sys.executable} -m {name} "$@"')

    def _tool(self, name: str, body: str) -> None:
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def path(self, location: str) -> Path:
        return self.folder / location.lstrip("/")

    def relocated(self, text: str) -> str:
        """Return a text with the machine's paths replaced by those of its folder."""
        for location in FOLDERS:
            text = re.sub(rf"(?<![\w/]){re.escape(location)}", str(self.path(location)), text)
        return text

    def environ(self) -> dict[str, str]:
        """Return the environment of a shell on the machine."""
        return {
            "PATH": f"{self.path('/usr/local/bin')}:{self.tools}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "MACHINE": str(self.folder),
            "SOURCES": str(ROOT),
        }

    def run(self, block: str) -> str:
        """Run the commands of a block until one fails; return their output."""
        block = self.relocated(block)
        done = run_program("sh", "-eu", "-c", block, cwd=self.folder, env=self.environ())
        assert done.returncode == 0, textwrap.indent(block + done.stdout + done.stderr, "    ")
        return done.stdout
