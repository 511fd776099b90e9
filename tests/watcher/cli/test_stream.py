"""Test `watcher stream`: a line for each event, an alert within seconds, a clean end."""

import io
import os
import signal
import threading
from contextlib import redirect_stdout

import pytest

from tests.flows.harness import CHANGED, WikiHarness
from tests.simulators import WebhookReceiver
from tests.waiting import wait_until
from tests.watcher.cli.conftest import Watcher
from watcher.cli import main
from watcher.services.context import clock

pytestmark = pytest.mark.waits


def test_an_edit_is_reported_and_the_end_is_tidy(world: WikiHarness, inbox: WebhookReceiver):
    world.store.now = clock
    written, ended = io.StringIO(), threading.Event()

    def edit_and_stop() -> None:
        wait_until(lambda: ended.is_set() or "+ Tide: watching from revision 1 on\n" in written.getvalue(), 120)
        world.store.edit("Tide", CHANGED)
        wait_until(lambda: ended.is_set() or (inbox.accepted and "25 million" in written.getvalue()), 120)
        if not ended.is_set():
            os.kill(os.getpid(), signal.SIGTERM)

    editor = threading.Thread(target=edit_and_stop)
    editor.start()
    with redirect_stdout(written), pytest.raises(SystemExit) as end:
        main(["stream", "--watchlist", str(world.path)])
    ended.set()
    editor.join()
    first, second, third, fourth = written.getvalue().splitlines()
    assert "following the edits of" in first
    assert second == "+ Tide: watching from revision 1 on"
    assert third.startswith("! Tide: revisions 1 → 2: 1 finding")
    assert "21 million → 25 million boats" in fourth
    assert (end.value.code, len(inbox.accepted)) == (0, 1)


def test_a_watchlist_that_is_not_there_is_one_line(watcher: Watcher):
    answer = watcher("stream", "--watchlist", "none.toml")
    assert (answer.code, answer.err.count("\n"), "none.toml" in answer.err) == (2, 1, True)
