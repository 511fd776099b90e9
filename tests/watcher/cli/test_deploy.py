"""Test that `watcher deploy` lists and prints the files of an installation."""

from __future__ import annotations

import py_compile
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


def test_files_are_listed_and_printed_and_nothing_else(watcher):
    py_compile.compile(str(DEPLOY / "healthcheck.py"))
    names = watcher("deploy").out.split()
    assert {"prefect.yaml", "kubernetes/kustomization.yaml", "RUNBOOK.md"} <= set(names)
    assert not [name for name in names if name.endswith((".png", ".pyc"))]
    assert watcher("deploy", "--show", "zombies.yaml").out == (DEPLOY / "zombies.yaml").read_text(encoding="utf-8")
    assert watcher("deploy", "--show", "../README.md").refuses(
        "watcher: --show ../README.md: there is no such file; `watcher deploy` lists them\n"
    )
