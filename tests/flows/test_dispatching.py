"""Only what moved is handed out, to one run at a time, and what a lost run had is handed out again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.dispatching import Plan, due, is_due, plan
from snapshots import Known
from tests.flows.world import CHANGED, START, TEXT, World
from watcher.config import Watch
from watcher.model import Article

PATIENCE = timedelta(minutes=5)
TITLES = [f"Sample {number}" for number in range(1, 8)]


@pytest.fixture
def sown(either_world: World) -> World:
    """Seven pages, judged an hour ago."""
    either_world.shelf.sow(7, lambda _: TEXT)
    either_world.watch(*TITLES)
    either_world.check()
    either_world.clock.pass_by(hours=1)
    return either_world


def dispatched(world: World, size: int = 3, most: int | None = None) -> Plan:
    with world.services() as services:
        return plan(services, due(services), size=size, patience=PATIENCE, most=most, shuffle=list.reverse)


def titles(found: Plan) -> list[list[str]]:
    return [[title.removeprefix("Sample ") for title in chunk.titles] for chunk in found.chunks]


def test_pages_that_did_not_move_are_done_with(sown: World):
    found = dispatched(sown)
    assert (found.chunks, len(found.outcomes)) == ((), 7)
    assert dispatched(sown) == Plan(chunks=(), outcomes=())


def test_pages_that_moved_are_handed_out_in_chunks_once(sown: World):
    for title in TITLES[:5]:
        sown.edit(CHANGED, title)
    assert titles(dispatched(sown)) == [["1", "2", "3"], ["4", "5"]]
    assert dispatched(sown).chunks == ()


def test_what_a_lost_run_had_is_handed_out_again_in_another_order(sown: World):
    for title in TITLES[:4]:
        sown.edit(CHANGED, title)
    dispatched(sown)
    sown.clock.pass_by(minutes=6)
    assert titles(dispatched(sown)) == [["4", "3", "2"], ["1"]]


def test_what_was_checked_is_due_again_in_its_time(sown: World):
    sown.edit(CHANGED, TITLES[0])
    dispatched(sown)
    sown.check()
    sown.edit(TEXT, TITLES[0])
    sown.clock.pass_by(minutes=10)
    assert dispatched(sown).chunks == ()
    sown.clock.pass_by(minutes=5)
    assert titles(dispatched(sown)) == [["1"]]


def test_where_workers_are_behind_the_pages_that_wait_longest_are_handed_out_and_the_others_stay_due(sown: World):
    with sown.archive() as archive:
        archive.checked(sown.article(TITLES[5]), START, None)
    for title in TITLES:
        sown.edit(CHANGED, title)
    assert titles(dispatched(sown, size=2, most=1)) == [["6", "1"]]
    assert titles(dispatched(sown, size=2, most=0)) == []
    assert titles(dispatched(sown, size=2, most=9)) == [["2", "3"], ["4", "5"], ["7"]]


def test_new_pages_are_handed_out_once_too(world: World):
    assert [chunk.titles for chunk in dispatched(world).chunks] == [("Tide",)]
    assert dispatched(world).chunks == ()


def test_a_page_that_is_gone_needs_no_run(sown: World):
    sown.shelf.delete(TITLES[0])
    found = dispatched(sown)
    assert (found.chunks, [one.failed for one in found.outcomes]) == ((), [True] + [False] * 6)
    assert sown.events(TITLES[0]) == ["deleted"]


def test_chunks_are_of_one_wiki_and_a_size_of_none_is_one(sown: World):
    for title in TITLES[:2]:
        sown.edit(CHANGED, title)
    assert titles(dispatched(sown, size=0)) == [["1"], ["2"]]


@pytest.mark.parametrize(
    ("checked", "queued", "expected"),
    [
        (None, None, True),
        (None, 100, False),
        (-900, None, True),
        (-870, None, True),
        (-860, None, False),
        (-900, 1, False),
        (-900, 0, True),
        (-900, -1, True),
        (-900, 86_400, True),
        (86_400, None, True),
    ],
)
def test_a_watch_is_due_when_its_time_has_come_and_nobody_has_it(
    *, checked: float | None, queued: float | None, expected: bool
):
    def at(seconds: float | None):
        return None if seconds is None else START + timedelta(seconds=seconds)

    known = Known(
        article=Article(wiki="w", page_id=1, title="Tide"),
        cursor=1,
        checked_at=at(checked),
        failures=0,
        queued_until=at(queued),
        troubled=False,
    )
    assert is_due(Watch(wiki="w", title="Tide"), known, START) is expected
    assert is_due(Watch(wiki="w", title="Tide"), None, START)
