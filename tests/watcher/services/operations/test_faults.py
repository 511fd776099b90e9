"""Test that whoever asks whether an installation is well hears of each fault: no answer says that all is well."""

import os
import shutil
import socket
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from snapshots import Archive
from tests.flows.harness import CHANGED, WikiHarness
from tests.hostile_servers import serving
from tests.review_fixtures import a_site
from tests.simulators import WebhookReceiver
from tests.watcher.services.operations.test_doctor import with_workers
from tests.web_client import WebClient
from watcher.cli.app import app
from watcher.errors import StoreError
from watcher.services.alerting.delivery import deliver_due, watch_once
from watcher.services.operations.health import prefect_problem
from watcher.services.operations.startup import load_watchlist, open_context

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  as shutil's own
ALL = ("readyz", "doctor", "status", "metrics", "operators")


@dataclass
class Scene:
    """A world at the time that it is, its receiver, and what makes and unmakes its fault."""

    world: WikiHarness
    box: WebhookReceiver
    stack: ExitStack
    patch: pytest.MonkeyPatch

    def rounds(self, ago: timedelta = timedelta(seconds=30)) -> None:
        """A round of checks and one of deliveries that ended so long ago."""
        self.world.clock.time = datetime.now(UTC) - ago - timedelta(minutes=1)
        self.world.check()
        with self.world.services() as services:
            deliver_due(services)

    def sql(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.world.database_file)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        with closing(sqlite3.connect(self.world.database_file)) as connection, connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def workers_stopped(scene: Scene) -> None:
    """All workers stopped 7.5 minutes ago, and every page is overdue."""
    scene.rounds(timedelta(minutes=7.5))
    port = scene.stack.enter_context(serving(with_workers({"one": timedelta(minutes=7.5)}, datetime.now(UTC))))
    scene.patch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")


def checks_stopped(scene: Scene) -> None:
    scene.rounds(timedelta(minutes=7.5))


def pages_overdue(scene: Scene) -> None:
    """Rounds go on, and reach no page."""
    scene.rounds(timedelta(minutes=7.5))
    scene.world.clock.time = datetime.now(UTC)
    scene.world.make_empty_round()
    with scene.world.services() as services:
        deliver_due(services)


def deliveries_stopped(scene: Scene) -> None:
    scene.rounds(timedelta(minutes=20))
    scene.world.clock.time = datetime.now(UTC) - timedelta(minutes=1)
    scene.world.check()


def wiki_away(scene: Scene) -> None:
    scene.rounds(timedelta(minutes=2))
    scene.world.wiki.close()
    for _ in range(3):
        scene.rounds()


def disk_full(scene: Scene) -> None:
    scene.rounds()
    scene.patch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 2**40, 0))


def nothing_can_be_written(scene: Scene) -> None:
    """As on a disk that filled up meanwhile: what is there can be read."""
    scene.rounds()
    full = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    scene.sql(f"CREATE TRIGGER full BEFORE INSERT ON counter {full}")


def page_corrupt(scene: Scene) -> None:
    """A page that the front page of the review pages reads and no round of checks."""
    scene.rounds()
    scene.sql("PRAGMA user_version = 1")
    with closing(sqlite3.connect(scene.world.database_file)) as connection, connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'review'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with scene.world.database_file.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)


def database_away(scene: Scene) -> None:
    scene.rounds()
    scene.world.database_file.unlink()
    scene.world.database_file.mkdir()


def database_newer(scene: Scene) -> None:
    scene.rounds()
    scene.sql("UPDATE alembic_version SET version_num = '9999'")


def prefect_away(scene: Scene) -> None:
    scene.rounds()
    scene.patch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")


def prefect_hangs(scene: Scene) -> None:
    """It takes connections, and says nothing."""
    scene.rounds()

    def hang(guest: socket.socket) -> None:
        with suppress(OSError):
            while guest.recv(65536):
                pass

    port = scene.stack.enter_context(serving(hang))
    scene.patch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
    scene.patch.setattr("watcher.services.operations.health._TIMEOUT", 0.2)


def message_dead(scene: Scene) -> None:
    """The work goes on: it is not for a restart, and for everybody else to know."""
    scene.box.status = 200
    scene.world.extra_settings = 'operator = true\n[[destination]]\nname = "gone"\nurl = "json://127.0.0.1:9/"\n'
    scene.world.watch("Tide", every="1m")
    scene.rounds(timedelta(minutes=2))
    scene.world.edit(CHANGED)
    scene.rounds()
    scene.sql("UPDATE delivery SET state = 'dead', done_at = queued_at WHERE destination = 'gone'")


# What is asked for each fault; readyz and metrics are about the work, which a dead message does not stop, and a
# watchdog that sends what is due ends an outage of deliveries itself.
FAULTS: dict[Callable[[Scene], None], tuple[str, ...]] = {
    workers_stopped: ALL,
    checks_stopped: ALL,
    pages_overdue: ALL,
    deliveries_stopped: ("readyz", "doctor", "status", "metrics"),
    wiki_away: ALL,
    disk_full: ALL,
    nothing_can_be_written: ALL,
    page_corrupt: ALL,
    database_away: ALL,
    database_newer: ALL,
    prefect_away: ALL,
    prefect_hangs: ALL,
    message_dead: ("doctor", "status", "operators"),
}


@pytest.fixture
def scene(world: WikiHarness, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(world.folder))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr("watcher.services.alerting.operator_alerts._PAUSE", 0)
    with WebhookReceiver() as box, ExitStack() as stack:
        world.receiver, world.extra_settings = box.url, "operator = true\n"
        world.watch("Tide", every="1m")
        yield Scene(world=world, box=box, stack=stack, patch=monkeypatch)


def asked(scene: Scene) -> dict[str, bool]:
    """Whether each of those that can be asked says that something is wrong."""
    path = scene.world.path
    answers: dict[str, bool] = {}
    for command in ("doctor", "status"):
        done = CliRunner().invoke(app, [command, "--watchlist", str(path), "--format", "json"])
        refused = isinstance(done.exception, StoreError)  # of which `main` makes a line and the exit code 3
        assert refused or done.exit_code in (0, 3), done.output
        answers[command] = refused or done.exit_code == 3
    watchlist = load_watchlist(path)
    with Archive(watchlist.database.get_secret_value()) as archive:
        client = WebClient(
            a_site(archive, watchlist, scheduler=lambda: prefect_problem(os.environ)), base_url="http://localhost"
        )
        answers["readyz"] = client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200
        scraped = client.get("/metrics")
        problems = [line for line in scraped.text.splitlines() if line.startswith("watcher_problem{")]
        answers["metrics"] = scraped.status_code != 200 or any(line.endswith(" 1.0") for line in problems)
    watch_once(path)
    # Earlier rounds may have told them; the others are about edits.
    answers["operators"] = any("million" not in str(letter.json["title"]) for letter in scene.box.accepted)
    return answers


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_everybody_who_is_asked_tells_a_fault(scene: Scene, fault: Callable[[Scene], None]):
    fault(scene)
    answers = asked(scene)
    assert {name for name in FAULTS[fault] if not answers[name]} == set()


def test_nobody_tells_a_fault_where_there_is_none(scene: Scene):
    scene.world.path.write_text(scene.world.path.read_text().replace("tests@example.org", "ops@wiki.test"))
    scene.rounds()
    assert asked(scene) == dict.fromkeys(ALL, False)


def test_operators_are_told_once_of_a_database_that_cannot_be_used_and_once_that_it_can(scene: Scene):
    scene.rounds()
    content = scene.world.database_file.read_bytes()
    database_away(scene)
    scene.box.respond_with(["503"])  # the first attempt of either message
    for _ in range(3):
        watch_once(scene.world.path)
    scene.world.database_file.rmdir()
    scene.world.database_file.write_bytes(content)
    scene.box.respond_with(["503"])
    for _ in range(3):
        watch_once(scene.world.path)
    titles = [str(letter.json["title"]) for letter in scene.box.accepted]
    assert ["Database" in title for title in titles] == [True, True]
    with open_context(scene.world.path) as services:
        assert services.archive.articles.list_all()
