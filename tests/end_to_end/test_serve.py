"""Test a real `watcher serve`: pages answer, a scheduled check runs, and no process is left after the end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import marked_processes, run_watcher
from tests.flows.harness import TEXT, Clock, WikiHarness
from tests.ports import free_port
from tests.prefect_server import PrefectServer
from tests.simulators import SignallingWikiServer, WikiStore
from tests.waiting import wait_until
from watcher.cli import serve

pytestmark = pytest.mark.prefect

ROOT = Path(__file__).resolve().parents[2]
# A fresh Prefect database, its server and a flow run's process on a busy machine of two cores.
START_SECONDS = 180
START = subprocess.Popen


@pytest.fixture
def wiki() -> Iterator[SignallingWikiServer]:
    with SignallingWikiServer(WikiStore(now=Clock())) as served:
        yield served


@pytest.fixture
def world(wiki: SignallingWikiServer, tmp_path: Path) -> WikiHarness:
    made = WikiHarness(tmp_path, wiki, Clock())
    made.watch("Tide", every="1m")
    made.edit(TEXT)
    return made


@pytest.fixture
def port() -> int:
    return free_port()


def begun(world: WikiHarness, port: int, **more: str) -> subprocess.Popen[str]:
    """The command, in a session of its own, with its words in a file: a pipe would wait for children left behind."""
    command = [sys.executable, "-m", "watcher", "serve", "--port", str(port), "--watchlist", str(world.path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {"PYTHONPATH": str(ROOT), "WATCHER_TEST_MARK": str(world.folder), **more}
    with (world.folder / "said.txt").open("w") as text:
        return subprocess.Popen(command, env=environment, stdout=text, stderr=text, start_new_session=True)


def answers(url: str) -> bool:
    """Whether a page is served at an address."""
    try:
        with urllib.request.urlopen(url, timeout=180) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find what is left behind")
def test_it_checks_and_shows_pages_at_once_and_leaves_nothing_behind(
    world: WikiHarness, wiki: SignallingWikiServer, port: int, prefect_server: PrefectServer
):
    written = world.folder / "said.txt"
    with begun(world, port, **prefect_server.copy_of_database(world.folder)) as process:
        try:
            asked = wiki.asked.wait(timeout=START_SECONDS)
            assert asked, written.read_text()[-2000:]
            # the pages do not wait for the schedule, nor it for them
            assert wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz")), written.read_text()[-2000:]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=180) as answer:
                assert b"Article Watcher" in answer.read()
            # itself, with the schedule and what it runs, and its server
            assert wait_until(lambda: len(marked_processes(world.folder)) == 2), marked_processes(world.folder)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=180) == 0
        except BaseException:
            for number in marked_processes(world.folder):
                os.kill(number, signal.SIGKILL)
            raise
    assert marked_processes(world.folder) == {}


def test_a_signal_that_comes_while_prefects_server_is_being_started_leaves_no_server(
    monkeypatch: pytest.MonkeyPatch, port: int
):
    children: list[subprocess.Popen[bytes]] = []

    def interrupted(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        children.append(START([*command[:1], "-c", "import signal; signal.pause()"], **options))
        os.kill(os.getpid(), signal.SIGINT)
        return children[-1]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    reached: list[object] = []
    with serve.until_signal(), serve._prefect_server({"PREFECT_SERVER_API_PORT": str(port)}) as child:
        reached.append(child)
    assert not reached
    assert [started.wait(timeout=180) for started in children] == [-signal.SIGTERM]


def test_a_signal_that_comes_while_a_part_is_being_started_ends_all_tidily(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(threading.Thread, "start", lambda _: os.kill(os.getpid(), signal.SIGINT))
    parts, reached = serve._Parts(), list[str]()
    with serve.until_signal(parts.expect_end), parts:
        parts.start("the part", lambda: reached.append("its work"))
        reached.append("the next line")
    assert not reached


def test_others_are_let_in_only_where_a_user_has_a_password(tmp_path: Path):
    assert run_watcher(tmp_path, "init").returncode == 0
    refused = run_watcher(tmp_path, "web", "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 2
    assert "watcher user add NAME" in refused.stderr


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_taken_port_is_reported_in_one_line_before_anything_is_started(world: WikiHarness, command: str):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_watcher(world.folder, command, "--port", port, "--watchlist", str(world.path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "choose another with --port" in done.stderr
    assert marked_processes(world.folder) == {}
