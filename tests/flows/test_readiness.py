"""An installation is ready when its work is being done, and says why when it is not."""

from __future__ import annotations

from flows.posting import post
from flows.readiness import unready
from tests.flows.world import World


def reasons(world: World, *, alive: bool = True) -> str:
    with world.services() as services:
        return " / ".join(unready(services.archive, services.watchlist, services.now(), alive=lambda: alive))


def rounds(world: World) -> None:
    world.check()
    with world.services() as services:
        post(services)


def test_a_fresh_installation_is_not_ready_before_its_first_rounds(either_world: World):
    assert reasons(either_world) == "no round of checks has ended yet / no round of deliveries has ended yet"
    rounds(either_world)
    assert reasons(either_world) == ""


def test_rounds_that_stopped_long_ago_are_told(world: World):
    rounds(world)
    world.clock.pass_by(minutes=14)
    assert reasons(world) == ""
    world.clock.pass_by(minutes=32)
    told = reasons(world)
    assert "the last round of checks ended 2026-03-04" in told
    assert "the last round of deliveries ended" in told


def test_a_failed_check_is_a_round_all_the_same(world: World):
    world.check()
    world.wiki.close()
    world.clock.pass_by(hours=2)
    rounds(world)
    assert reasons(world) == ""


def test_a_scheduler_that_ended_is_told(world: World):
    rounds(world)
    assert reasons(world, alive=False) == "the scheduler has ended: restart the service"


def test_a_database_of_another_release_is_told(world: World):
    rounds(world)
    with world.services() as services:
        with services.archive._store.connection() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
        [reason] = unready(services.archive, services.watchlist, services.now())
    assert "has schema 0002" in reason


def test_nothing_watched_is_nothing_to_wait_for(world: World):
    world.watch()
    assert reasons(world) == ""
