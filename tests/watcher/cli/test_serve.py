"""Test the parts of `watcher serve` one by one; tests/end_to_end runs all of them as processes."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cases import for_each
from tests.flows.harness import CHANGED, WikiHarness
from tests.simulators import WebhookReceiver
from watcher.cli import serve
from watcher.errors import Unavailable

API = "http://127.0.0.1:4200/api"


@for_each(("environ", "expected"))
def test_the_pages_of_prefect_are_linked_where_somebody_knows_the_password(environ: dict[str, str], expected: str):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PREFECT_API_URL", API)
        assert serve._prefect_ui_url(environ) == (expected or None)


def a_process(code: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


def test_a_server_that_ended_is_named_unless_all_is_to_stop(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9")
    stop = threading.Event()
    with a_process() as server:
        server.wait()
        with pytest.raises(Unavailable, match="did not start"):
            serve._wait_for(server, stop)
        stop.set()
        serve._wait_for(server, stop)


def test_a_server_that_ends_early_ends_the_process(monkeypatch: pytest.MonkeyPatch):
    signals = list[int]()
    monkeypatch.setattr("os.kill", lambda _pid, number: signals.append(number))
    parts = serve._Parts()
    with a_process() as server:
        serve._await_end(server, parts)
    assert (parts.ended, signals) == (["Prefect's server"], [signal.SIGTERM])


def test_a_part_that_ends_while_all_does_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    signals = list[int]()
    monkeypatch.setattr("os.kill", lambda _pid, number: signals.append(number))
    monkeypatch.setattr("threading.enumerate", lambda: [threading.main_thread()])  # threads of other tests may be alive
    parts = serve._Parts()
    with parts:
        parts.start("a part", parts.stop.wait)
        parts.expect_end()
        parts.start("one that comes too late", lambda: signals.append(0))
    parts.exit_without_waiting()
    assert (parts.ended, signals) == ([], [])


def test_operators_are_told_from_when_prefect_has_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    parts = serve._Parts()
    waits = iter((parts.prefect_started.is_set, parts.prefect_started.set, parts.stop.set))

    def wait(_seconds: float) -> bool:
        next(waits)()
        return parts.stop.is_set()

    monkeypatch.setattr(parts.stop, "wait", wait)
    monkeypatch.setattr(
        "watcher.services.alerting.delivery.watch_once", lambda _watchlist: ("no check for four minutes",)
    )
    serve._run_watchdog(Path("watchlist.toml"), parts)
    shown = capsys.readouterr()
    assert (shown.out + shown.err).count("no check for four minutes") == 1


def test_what_was_edited_while_nothing_ran_is_checked_and_told_at_the_start(world: WikiHarness, inbox: WebhookReceiver):
    world.check()
    newest, stop = world.edit(CHANGED), threading.Event()
    stop.set()
    serve._check_once(world.path, stop)
    assert inbox.accepted == ()  # what is to stop delivers nothing any more
    serve._check_once(world.path, threading.Event())
    assert len(inbox.accepted) == 1
    with world.services() as services:
        cursor = services.archive.revisions.cursor(world.article())
    assert cursor is not None
    assert cursor.id == newest


def test_the_first_address_signs_in(capsys: pytest.CaptureFixture[str]):
    serve._print_url("::1", 8765, "http://[::1]:8765/sign-in?token=x")
    shown = capsys.readouterr()
    assert "http://[::1]:8765/ " in shown.out + shown.err
    assert "watcher user add" in shown.out + shown.err
