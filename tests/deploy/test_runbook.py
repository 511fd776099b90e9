"""Test that the commands of deploy/RUNBOOK.md work."""

import re
from pathlib import Path

from watcher.config import default_watchlist, load

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "deploy/RUNBOOK.md").read_text(encoding="utf-8")
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
