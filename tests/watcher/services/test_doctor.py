"""Test what the probes say of an installation, by `doctor`, readyz and Prefect's workers; they change nothing."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.command import run_watcher, unmeasured
from tests.flows.harness import TEXT, WikiHarness
from tests.hostile_servers import Behaviour, answering, http, serving
from watcher.errors import Unavailable
from watcher.services.check import due_watches, plan_dispatch
from watcher.services.delivery import deliver_due
from watcher.services.health import PrefectWorker, prefect_workers
from watcher.services.probes import Diagnosis, Installation, run_checks
from watcher.services.probes import reasons as reasons_of


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


def test_one_probe_is_asked_alone_with_the_database_on_which_it_rests(well: WikiHarness):
    well.wiki.close()
    asked = {diagnosis.subject for diagnosis in run_checks(well.path, {}, only="clock", now=well.clock)}
    assert asked == {"database", "database clock"}


def test_a_probe_that_there_is_not_is_answered_with_those_that_there_are(world: WikiHarness):
    (diagnosis,) = run_checks(world.path, {}, only="weather")
    assert diagnosis.level == "fail"
    assert "'weather'" in diagnosis.message
    assert "clock" in diagnosis.advice


def test_a_mistake_in_the_watchlist_is_the_only_finding(world: WikiHarness):
    world.path.write_text(world.path.read_text().replace("[[watch]]", "[[watsch]]"))
    [diagnosis] = results(world).values()
    assert diagnosis.level == "fail"
    assert "watsch" in diagnosis.message


def test_a_wiki_that_does_not_answer_is_wrong_and_the_clock_is_not_judged(world: WikiHarness):
    world.wiki.close()
    assert levels(world)["wiki w"] == "fail"
    assert "clock" not in levels(world)


def test_a_clock_that_is_wrong_is_reported(world: WikiHarness):
    world.store.now = lambda: world.clock() + timedelta(minutes=5)
    diagnosis = results(world)["clock"]
    assert diagnosis.level == "fail"
    assert "by 300 s" in diagnosis.message


def test_a_database_that_is_not_there_yet_is_no_failure_and_is_not_made(world: WikiHarness):
    world.database_file.unlink()
    assert levels(world)["database"] == "warn"
    assert "checks" not in levels(world)
    assert not world.database_file.exists()


def test_an_older_database_is_left_as_it_is(world: WikiHarness):
    with world.archive() as archive, archive.database.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    diagnosis = results(world)["database"]
    assert (diagnosis.level, "0000" in diagnosis.message) == ("warn", True)
    assert results(world)["database"] == diagnosis


@pytest.mark.parametrize(("free", "level"), [(2**31, "ok"), (2**29, "warn"), (2**20, "fail")])
def test_little_space_is_reported_before_there_is_none(world: WikiHarness, free: int, level: str):
    assert levels(world, free=free)["folder of the database"] == level
    assert levels(world, free=free)["folder of the reports"] == level


def test_no_destination_is_worth_a_look(world: WikiHarness):
    world.path.write_text(world.path.read_text().partition("[[destination]]")[0])
    assert levels(world)["destinations"] == "warn"


def test_no_operator_is_worth_a_look(world: WikiHarness):
    world.watch("Tide", extra_settings="operator = false\n")
    assert levels(world)["destinations"] == "warn"
    assert levels(world)["destination inbox"] == "ok"


def test_a_missing_secret_is_named_without_its_value(world: WikiHarness):
    world.receiver = "env:INBOX_URL"
    world.watch("Tide")
    assert "INBOX_URL" in results(world)["watchlist"].message
    reported = results(world, INBOX_URL="json://user:hunter2@127.0.0.1/")
    assert reported["destination inbox"].level == "ok"
    assert "hunter2" not in str(reported)


def test_a_file_that_cannot_be_written_is_wrong(well: WikiHarness):
    for path, level in ((well.folder / "alerts.jsonl", "ok"), (well.folder / "none/alerts.jsonl", "fail")):
        well.watch("Tide", extra_settings=f'[[destination]]\nname = "log"\nurl = "file://{path}"\n')
        assert levels(well)["destination log"] == level
        assert not path.exists()


def reasons(world: WikiHarness) -> str:
    with world.services() as services:
        return " / ".join(
            reasons_of(
                Installation(
                    watchlist=services.watchlist,
                    archive=services.archive,
                    now=services.now,
                    environ={},
                    prefect=lambda: "",
                )
            )
        )


def rounds(world: WikiHarness) -> None:
    world.check()
    world.deliver_due()


def test_a_fresh_installation_is_not_ready_before_its_first_rounds(either_world: WikiHarness):
    assert reasons(either_world) == "no round of checks has ended yet / no round of deliveries has ended yet"
    rounds(either_world)
    assert reasons(either_world) == ""


def test_a_dispatch_that_found_nothing_to_hand_out_is_a_round_of_checks(world: WikiHarness):
    rounds(world)
    world.clock.advance(minutes=50)
    with world.services() as services:
        assert plan_dispatch(services, due_watches, batch_size=25, reservation=timedelta(minutes=5)).batches == ()
        deliver_due(services)
    assert reasons(world) == ""


def test_a_failed_check_is_a_round_all_the_same_and_the_only_page_that_fails_is_named(either_world: WikiHarness):
    world = either_world
    rounds(world)
    world.wiki.close()
    world.clock.advance(hours=2)
    rounds(world)
    assert reasons(world).startswith("the last check of the only page failed: ")


def test_pages_that_all_fail_are_reported_and_one_that_succeeds_is_enough(world: WikiHarness):
    world.edit(TEXT, "Ebb")
    world.watch("Tide", "Ebb")
    rounds(world)
    with world.services() as services:
        articles = services.archive.articles.list_all()
        services.archive.articles.record_checks(articles, services.now(), "no such \x1b host")
    assert reasons(world) == "the last check of all 2 pages failed: no such \\u001b host"
    with world.services() as services:
        services.archive.articles.record_check(articles[0], services.now(), None)
    assert reasons(world) == ""


def test_pages_that_are_no_longer_watched_do_not_count(world: WikiHarness):
    world.edit(TEXT, "Ebb")
    world.watch("Ebb")
    rounds(world)
    world.watch("Tide")
    world.clock.advance(hours=2)
    world.wiki.close()
    rounds(world)
    assert "the last check of the only page failed" in reasons(world)


def test_nothing_watched_is_nothing_to_wait_for(world: WikiHarness):
    world.watch()
    assert reasons(world) == ""


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


def test_status_names_a_silent_worker_in_both_forms(world: WikiHarness):
    world.check()
    with serving(with_workers(DEAD, datetime.now(UTC))) as port:
        environ = unmeasured() | {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
        command = "status", "--watchlist", str(world.path)
        lines = run_watcher(world.folder, *command, environ=environ).stdout
        written = json.loads(run_watcher(world.folder, *command, "--format", "json", environ=environ).stdout)
    assert "! workers: the worker two has sent no heartbeat since " in lines
    assert [worker["name"] for worker in written["silent_workers"]] == ["two"]
