"""Test `watcher stream`: a line for each event, an alert within seconds, a clean end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.command import run_watcher
from tests.flows.harness import CHANGED, TEXT
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore

pytestmark = pytest.mark.waits


def test_an_edit_is_reported_and_the_end_is_tidy(tmp_path: Path):
    store = WikiStore(now=lambda: datetime.now(UTC))
    store.edit("Tide", TEXT)
    with FakeWikiServer(store) as wiki, WebhookReceiver() as receiver:
        path = tmp_path / "watchlist.toml"
        path.write_text(
            f'[watcher]\ncontact = "mailto:tests@example.org"\nallowed_hosts = ["127.0.0.1"]\ngroup_by = []\n'
            f'[[wiki]]\nname = "w"\napi = "{wiki.api_url}"\n[[watch]]\ntitle = "Tide"\nsettle = "0"\n'
            f'[[destination]]\nname = "inbox"\nurl = "{receiver.url}"\n',
            encoding="utf-8",
        )
        with subprocess.Popen(
            [sys.executable, "-m", "watcher", "stream", "--watchlist", str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stdout
            hung = threading.Timer(120, running.kill)  # a line that never comes must not stop the whole suite
            hung.start()
            assert "following the edits of" in running.stdout.readline()
            assert running.stdout.readline() == "+ Tide: watching from revision 1 on\n"
            store.edit("Tide", CHANGED)
            assert running.stdout.readline().startswith("! Tide: revisions 1 → 2: 1 finding")
            assert "21 million → 25 million boats" in running.stdout.readline()
            assert receiver.wait_for(1, 120)
            running.send_signal(signal.SIGTERM)
            rest, errors = running.communicate(timeout=180)
            hung.cancel()
        assert (running.returncode, rest, errors) == (0, "", "")


def test_a_watchlist_that_is_not_there_is_one_line(tmp_path: Path):
    done = run_watcher(tmp_path, "stream", "--watchlist", "none.toml")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "none.toml" in line
