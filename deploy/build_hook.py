"""Write the commit of a wheel or source archive into it, where `watcher.version` reads it."""

from __future__ import annotations

import runpy
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CommitHook(BuildHookInterface[Any]):
    """Adds `watcher/commit.txt` if the sources are a git checkout; an existing file is packed unchanged."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file, unless the installation is editable: then git has the current commit."""
        if version == "editable" or (Path(self.root) / "watcher" / "commit.txt").exists():
            return
        words = runpy.run_path(str(Path(self.root) / "watcher" / "version.py"))["commit_of"](Path(self.root))
        if words:
            self._folder = tempfile.TemporaryDirectory()
            path = Path(self._folder.name) / "commit.txt"
            path.write_text(" ".join(words), encoding="ascii")
            build_data["force_include"][str(path)] = "watcher/commit.txt"
