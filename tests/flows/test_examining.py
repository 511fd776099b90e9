"""An examination tells well, worth a look and wrong apart, and changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.examining import Diagnosis, examine
from flows.posting import post
from tests.flows.world import World


def found(world: World, *, free: int = 2**40, **environ: str) -> dict[str, Diagnosis]:
    return {one.subject: one for one in examine(world.path, environ, now=world.clock, free=lambda _: free)}


def levels(world: World, **more: int) -> dict[str, str]:
    return {subject: one.level.value for subject, one in found(world, **more).items()}


@pytest.fixture
def well(either_world: World) -> World:
    """A world in which all is as it should be."""
    either_world.path.write_text(either_world.path.read_text().replace("tests@example.org", "ops@wiki.test"))
    either_world.check()
    with either_world.services() as services:
        post(services)
    return either_world


def test_all_is_well(well: World):
    assert set(levels(well).values()) == {"ok"}
    assert {
        "watchlist",
        "database",
        "wiki w",
        "clock",
        "destination inbox",
        "folder of the reports",
        "schedule",
    } <= set(found(well))


def test_a_mistake_in_the_watchlist_is_the_only_finding(world: World):
    world.path.write_text(world.path.read_text().replace("[[watch]]", "[[watsch]]"))
    [one] = found(world).values()
    assert one.level == "fail"
    assert "watsch" in one.says


def test_a_wiki_that_does_not_answer_is_wrong_and_the_clock_is_not_judged(world: World):
    world.wiki.close()
    assert levels(world)["wiki w"] == "fail"
    assert "clock" not in levels(world)


def test_a_clock_that_is_wrong_is_told(world: World):
    world.shelf.now = lambda: world.clock() + timedelta(minutes=5)
    told = found(world)["clock"]
    assert told.level == "fail"
    assert "by 300 s" in told.says


def test_a_database_that_is_not_there_yet_is_no_failure_and_is_not_made(world: World):
    assert levels(world)["database"] == "warn"
    assert "schedule" not in levels(world)


def test_an_older_database_is_left_as_it_is(world: World):
    with world.archive() as archive:
        archive.upgrade("0002")
    told = found(world)["database"]
    assert (told.level, "0002" in told.says) == ("warn", True)
    with world.archive() as archive:
        archive.upgrade("0002")


def test_a_newer_database_is_wrong(world: World):
    with world.archive() as archive, archive._store.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert levels(world)["database"] == "fail"


@pytest.mark.parametrize(("free", "level"), [(2**31, "ok"), (2**29, "warn"), (2**20, "fail")])
def test_little_space_is_told_before_there_is_none(world: World, free: int, level: str):
    assert levels(world, free=free)["folder of the database"] == level
    assert levels(world, free=free)["folder of the reports"] == level


def test_a_schedule_that_stands_still_is_worth_a_look(world: World):
    world.check()
    world.clock.pass_by(days=1)
    assert levels(world)["schedule"] == "warn"


def test_nobody_to_tell_is_worth_a_look(world: World):
    world.path.write_text(world.path.read_text().partition("[[destination]]")[0])
    assert levels(world)["destinations"] == "warn"


def test_no_operator_is_worth_a_look(world: World):
    world.wishes = "operator = false\n"
    world.watch("Tide")
    assert levels(world)["destinations"] == "warn"
    assert levels(world)["destination inbox"] == "ok"


def test_a_missing_secret_is_named_without_its_value(world: World):
    world.inbox = "env:INBOX_URL"
    world.watch("Tide")
    assert "INBOX_URL" in found(world)["watchlist"].says
    told = found(world, INBOX_URL="json://user:hunter2@127.0.0.1/")
    assert told["destination inbox"].level == "ok"
    assert "hunter2" not in str(told)
