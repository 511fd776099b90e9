"""Test that `doctor` tells good, warning and error apart, and changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.flows.harness import WikiHarness
from watcher.services.probes import Diagnosis, run_checks


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
