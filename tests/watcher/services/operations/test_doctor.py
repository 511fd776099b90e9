"""Test what the probes say of an installation, by `doctor`, readyz and Prefect's workers; they change nothing."""

import json
import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.flows.harness import WikiHarness
from tests.hostile_servers import Behaviour, answering, http, serving
from tests.watcher.services.stories import Player, story_test
from watcher.errors import Unavailable
from watcher.services.alerting.delivery import deliver_due
from watcher.services.checks.check import plan_dispatch
from watcher.services.operations.health import PrefectWorker, prefect_workers
from watcher.services.operations.probes import Diagnosis, Installation, run_checks
from watcher.services.operations.probes import reasons as reasons_of


def results(world: WikiHarness, *, free: int = 2**40, **environ: str) -> dict[str, Diagnosis]:
    return {
        diagnosis.subject: diagnosis
        for diagnosis in run_checks(world.path, environ, now=world.clock, free=lambda _: free)
    }


def levels(world: WikiHarness, **more: int) -> dict[str, str]:
    return {subject: diagnosis.level.value for subject, diagnosis in results(world, **more).items()}


@pytest.fixture
def well(either_world: WikiHarness) -> WikiHarness:
    """A world in which all is as it should be."""
    either_world.path.write_text(either_world.path.read_text().replace("tests@example.org", "ops@wiki.test"))
    either_world.check()
    either_world.deliver_due()
    return either_world


def test_all_is_well(well: WikiHarness):
    seen = levels(well)
    # The simulated clock agrees with that of SQLite, which has none, and not with that of PostgreSQL's server.
    assert seen.pop("database clock") == ("fail" if well.database.startswith("postgresql") else "ok")
    assert set(seen.values()) == {"ok"}
    assert {
        "watchlist",
        "database",
        "wiki w",
        "clock",
        "destination inbox",
        "folder of the reports",
        "checks",
        "deliveries",
    } <= set(results(well))


def test_a_file_that_cannot_be_written_is_wrong(well: WikiHarness):
    for path, level in ((well.folder / "alerts.jsonl", "ok"), (well.folder / "none/alerts.jsonl", "fail")):
        well.watch("Tide", extra_settings=f'[[destination]]\nname = "log"\nurl = "file://{path}"\n')
        assert levels(well)["destination log"] == level
        assert not path.exists()


class DoctorPlayer(Player):
    """Plays stories of an installation that is not well."""

    def rounds(self) -> None:
        """One of checks and one of deliveries."""
        self.world.check()
        self.world.deliver_due()

    def dispatch_round(self) -> None:
        with self.world.services() as services:
            plan = plan_dispatch(services, batch_size=25, reservation=timedelta(minutes=5))
            assert plan.batches == ()
            deliver_due(services)

    def file(self, old: str, new: str) -> None:
        """Change the watchlist as its text."""
        text = self.world.path.read_text()
        assert old in text
        self.world.path.write_text(text.replace(old, new))

    def no_destination(self) -> None:
        self.world.path.write_text(self.world.path.read_text().partition("[[destination]]")[0])

    def receiver(self, url: str) -> None:
        self.world.receiver = url
        self.watch("Tide")

    def nothing_watched(self) -> None:
        self.world.watch()

    def wiki_clock(self, minutes: float) -> None:
        """The clock of the wiki is so far ahead."""
        self.world.store.now = lambda: self.world.clock() + timedelta(minutes=minutes)

    def on_sqlite(self) -> None:
        if not self.world.database.startswith("sqlite"):
            pytest.skip("it is about the file of the database")

    def database_is_made(self, *, made: bool) -> None:
        assert self.world.database_file.exists() is made

    def fails(self, *titles: str, error: str | None = None) -> None:
        """The last check of pages ended so."""
        with self.world.archive() as archive:
            articles = [self.world.article(title) for title in titles]
            archive.articles.record_checks(articles, self.world.clock(), error)

    def diagnoses(self, only: str | None = None, free: int = 2**40, **environ: str) -> None:
        """Ask the doctor."""
        answers = run_checks(self.world.path, environ, only=only, now=self.world.clock, free=lambda _: free)
        self.answers = {diagnosis.subject: diagnosis for diagnosis in answers}

    def level(self, subject: str, level: str, *words: str) -> None:
        answer = self.answers[subject]
        assert answer.level == level
        for each in words:
            assert each in f"{answer.message} {answer.advice}"

    def subjects(self, *subjects: str) -> None:
        """What was looked at; nothing of what begins with "not "."""
        assert not {name.removeprefix("not ") for name in subjects if name.startswith("not ")} & {*self.answers}
        assert {name for name in subjects if not name.startswith("not ")} in (set(), {*self.answers})

    def hides(self, secret: str) -> None:
        assert secret not in str(self.answers)

    def not_ready(self, *reasons: str) -> None:
        """Why the installation is not ready, by how it begins."""
        with self.world.services() as services:
            installed = Installation(
                watchlist=services.watchlist, archive=services.archive, now=services.now, environ={}, prefect=lambda: ""
            )
            seen = [*reasons_of(installed)]
        assert [text[: len(begin)] for text, begin in zip(seen, reasons, strict=True)] == [*reasons]


test_an_installation = story_test(__file__, player=DoctorPlayer)


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def silent_workers(environ: dict[str, str]) -> list[PrefectWorker]:
    return [worker for worker in prefect_workers(environ) if worker.is_missed(NOW)]


def with_workers(ago: dict[str, timedelta], now: datetime = NOW) -> Behaviour:
    """Answer as Prefect's server does, which calls a worker offline that missed three heartbeats."""
    known = [
        {
            "name": name,
            "status": "OFFLINE" if silence > timedelta(seconds=90) else "ONLINE",
            "last_heartbeat_time": (now - silence).isoformat(),
        }
        for name, silence in ago.items()
    ]

    def behave(guest: socket.socket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n" if request.startswith(b"GET") else b"{}"):
            request += guest.recv(65536)
        listed = known if b"POST /api/work_pools/our%20pool/workers/filter " in request else [{"name": "our pool"}]
        guest.sendall(http("200 OK", json.dumps(listed).encode(), Connection="close"))

    return behave


DEAD = {"one": timedelta(seconds=5), "two": timedelta(hours=2), "gone": timedelta(days=8)}


def test_a_worker_that_is_silent_is_named_and_those_that_work_or_were_given_up_are_not():
    with serving(with_workers(DEAD)) as port:
        (silent,) = silent_workers({"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"})
    assert silent.message == "the worker two has sent no heartbeat since 2026-03-01 10:00 UTC"


def test_a_worker_with_a_name_made_by_prefect_is_listed_for_an_hour():
    name = f"ProcessWorker {UUID(int=1)}"
    for silence, listed in ((timedelta(minutes=50), [name]), (timedelta(minutes=70), [])):
        with serving(with_workers({name: silence})) as port:
            silent = silent_workers({"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"})
        assert [worker.name for worker in silent] == listed


def test_without_a_server_no_worker_is_asked_for():
    assert silent_workers({}) == []


@pytest.mark.parametrize(("status", "body"), [("401 Unauthorized", b"{}"), ("200 OK", b"<p>"), ("200 OK", b"[1]")])
def test_a_server_that_does_not_list_its_workers_is_named_without_its_password(status: str, body: bytes):
    with serving(answering(http(status, body))) as port, pytest.raises(Unavailable) as raised:
        silent_workers({"PREFECT_API_URL": f"http://127.0.0.1:{port}/secret"})
    assert "secret" not in str(raised.value)


def test_the_password_is_not_sent_on_to_where_a_server_redirects():
    with serving(answering(http("200 OK", b"[]"))) as other, ExitStack() as stack:
        port = stack.enter_context(serving(answering(http("302 Found", Location=f"http://127.0.0.1:{other}/"))))
        environ = {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_API_AUTH_STRING": "me:word"}
        with pytest.raises(Unavailable, match=r"\(status 302\)"):
            silent_workers(environ)


def test_that_no_worker_is_alive_is_no_matter_of_others_that_do_the_work(world: WikiHarness):
    world.check()
    silent = {"one": timedelta(minutes=7), "two": timedelta(hours=2)}
    with serving(with_workers(silent, world.clock())) as port:
        diagnosis = results(world, PREFECT_API_URL=f"http://127.0.0.1:{port}/api")["workers"]
        diagnoses = [*run_checks(world.path, {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}, now=world.clock)]
    workers_found = [each for each in diagnoses if each.subject == "workers"]
    assert diagnosis == workers_found[-1]
    assert [each.level.value for each in workers_found] == ["fail", "warn"]
    assert workers_found[0].message.startswith("none is alive: the worker one has sent no heartbeat since ")
    assert not any("others do its work" in each.advice for each in workers_found)


def test_the_doctor_reports_that_the_workers_are_not_listed(world: WikiHarness):
    world.check()
    with serving(answering(http("401 Unauthorized", b"{}"))) as port:
        diagnoses = results(world, PREFECT_API_URL=f"http://127.0.0.1:{port}/api")
    assert diagnoses["workers"].level == "warn"
    assert "PREFECT_API_AUTH_STRING" in diagnoses["workers"].advice
