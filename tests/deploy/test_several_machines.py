"""Test the path of deploy/RUNBOOK.md for several machines: PostgreSQL, Prefect, a worker, an alert."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.deploy.machine import ROOT, Machine, blocks
from tests.flows.harness import CHANGED, TEXT, Clock, WikiHarness
from tests.ports import free_port
from tests.postgres import Cluster
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from watcher.services.context import clock as clock_of_this_machine

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.postgres,
    pytest.mark.slow,
]
# What systemd does before it starts a unit.
LOAD, LOAD_OF_PREFECT = (f"set -a; . /etc/article-watcher/{name}; set +a\n" for name in ("env", "prefect.env"))
ANSWERS = 'until curl --silent --fail --output /dev/null "$PREFECT_API_URL/health"; do sleep 1; done\n'


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with the product, whose files name the folder that stands for its root."""
    made = Machine(tmp_path / "machine")
    made.tools.joinpath("curl").unlink()
    made.run(blocks("Install on one machine")[0])
    deploy = made.path("/opt/article-watcher/deploy")
    shutil.rmtree(deploy)
    shutil.copytree(ROOT / "deploy", deploy, ignore=shutil.ignore_patterns("pictures"))
    for file in ("prefect.yaml", "env.several.example", "prefect.env.example"):
        (deploy / file).write_text(made.relocated((deploy / file).read_text()))
    return made


def settle(machine: Machine, ours: str, prefects: str, receiver: str) -> None:
    """Fill in the files of /etc/article-watcher, line by line."""
    port = free_port()
    login = f"watcher:{secrets.token_hex(8)}"
    values = {
        "WATCHER_DATABASE": ours,
        "TEAM_URL": receiver,
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_UI_URL": f"http://127.0.0.1:{port}",
        "PREFECT_API_AUTH_STRING": login,
        "PREFECT_SERVER_API_AUTH_STRING": login,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefects,
    }
    filled = set()
    for example, name in (("env.several.example", "env"), ("prefect.env.example", "prefect.env")):
        text = (machine.path("/opt/article-watcher/deploy") / example).read_text()
        for key, value in values.items():
            text, count = re.subn(rf"^{key}=.*$", f"{key}={value}", text, flags=re.MULTILINE)
            filled |= {key} if count == 1 else set()
        machine.path(f"/etc/article-watcher/{name}").write_text(f"{text}PREFECT_SERVER_API_PORT={port}\n")
    assert filled == set(values)


@contextmanager
def running(machine: Machine, block: str, log: Path) -> Iterator[None]:
    """Commands that go on until the `with` ends."""
    process = machine.start(block, log)
    try:
        yield
    except BaseException:
        print(log.read_text(errors="replace")[-3000:])
        raise
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=180)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=180)


def command_of(unit: str) -> str:
    """What a systemd unit starts, as a shell would."""
    match = re.search(r"^ExecStart=(.*)$", (ROOT / "deploy" / unit).read_text(), re.MULTILINE)
    assert match, unit
    return match[1].replace("%H", "machine").replace("%i", "1")


def test_a_change_is_reported_by_workers_that_were_set_up_as_the_runbook_says(
    machine: Machine, postgres: Cluster, tmp_path: Path
):
    clock = Clock()
    with ExitStack() as stack:
        wiki, box = stack.enter_context(FakeWikiServer(WikiStore(now=clock))), stack.enter_context(WebhookReceiver())
        ours, prefects = (stack.enter_context(postgres.database()) for _ in range(2))
        Cluster(url=prefects).run("CREATE EXTENSION pg_trgm")
        settle(machine, ours, prefects.replace("+psycopg", "+asyncpg"), box.url)
        (tmp_path / "elsewhere").mkdir()
        world = WikiHarness(tmp_path / "elsewhere", wiki, clock)
        world.edit(TEXT)
        world.store.now = clock_of_this_machine
        world.database, world.receiver = "env:WATCHER_DATABASE", "env:TEAM_URL"
        world.watch("Tide", every="1m")
        shutil.copy(world.path, machine.path("/etc/article-watcher"))

        *_, register, _ = blocks("Install on several machines")
        server = f"{LOAD_OF_PREFECT}exec {command_of('watcher-prefect.service')}"
        stack.enter_context(running(machine, server, tmp_path / "server.log"))
        machine.run(LOAD + ANSWERS + register)
        stack.enter_context(running(machine, f"{LOAD}exec {command_of('watcher-worker@.service')}", tmp_path / "w.log"))
        machine.run("prefect deployment run dispatch-checks/check --watch\n")
        world.edit(CHANGED)
        box.wait_for(1, 240)  # by their schedules, `check` and then `deliver` run each minute
        (letter,) = box.accepted
        assert "21 million → 25 million boats" in str(letter.json["title"])
        assert machine.run(f"{LOAD}{command_of('watcher-watchdog.service')}\n") == "nothing to reap\n"
