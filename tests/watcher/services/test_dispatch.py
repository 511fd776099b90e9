"""Test that only changed pages are dispatched, to one run at a time, and again after a lost run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from snapshots import PollState
from tests.cases import for_each
from tests.flows.harness import CHANGED, START, TEXT, WikiHarness
from watcher.config import Watch
from watcher.model import Article
from watcher.services.check import (
    ChunkSize,
    DeploymentName,
    DispatchPlan,
    Hours,
    PageCount,
    RunCount,
    Seconds,
    check_titles,
    due_watches,
    is_due,
    plan_dispatch,
)

TIMEOUT = timedelta(minutes=5)
TITLES = [f"Sample {number}" for number in range(1, 8)]


@pytest.fixture
def sown(either_world: WikiHarness) -> WikiHarness:
    """Seven pages, judged an hour ago."""
    either_world.store.sow(7, lambda _: TEXT)
    either_world.watch(*TITLES).check()
    either_world.clock.advance(hours=1)
    return either_world


def dispatched(world: WikiHarness, size: int = 3, most: int | None = None) -> DispatchPlan:
    with world.services() as services:
        return plan_dispatch(
            services,
            due_watches,
            batch_size=size,
            reservation=TIMEOUT,
            max_batches=most,
            shuffle=list.reverse,
        )


def titles(dispatch_plan: DispatchPlan) -> list[list[str]]:
    return [[title.removeprefix("Sample ") for title in chunk.titles] for chunk in dispatch_plan.batches]


def test_pages_that_did_not_move_are_done_with(sown: WikiHarness):
    dispatch_plan = dispatched(sown)
    assert (dispatch_plan.batches, len(dispatch_plan.outcomes)) == ((), 7)
    assert dispatched(sown) == DispatchPlan(batches=(), outcomes=(), at=sown.clock())


def test_pages_that_moved_are_handed_out_in_chunks_once(sown: WikiHarness):
    for title in TITLES[:5]:
        sown.edit(CHANGED, title)
    assert titles(dispatched(sown)) == [["1", "2", "3"], ["4", "5"]]
    assert dispatched(sown).batches == ()


def test_what_a_lost_run_had_is_handed_out_again_in_another_order(sown: WikiHarness):
    for title in TITLES[:4]:
        sown.edit(CHANGED, title)
    dispatched(sown)
    sown.clock.advance(minutes=6)
    assert titles(dispatched(sown)) == [["4", "3", "2"], ["1"]]


def test_a_paused_page_is_not_polled(sown: WikiHarness):
    sown.watch(*TITLES, paused=True)
    sown.edit(CHANGED, TITLES[0])
    assert dispatched(sown) == DispatchPlan(batches=(), outcomes=(), at=sown.clock())


def test_what_was_checked_is_due_again_in_its_time(sown: WikiHarness):
    sown.edit(CHANGED, TITLES[0])
    dispatched(sown)
    sown.check()
    sown.edit(TEXT, TITLES[0])
    sown.clock.advance(minutes=10)
    assert dispatched(sown).batches == ()
    sown.clock.advance(minutes=5)
    assert titles(dispatched(sown)) == [["1"]]


def test_where_workers_are_behind_the_pages_that_wait_longest_are_handed_out_and_the_others_stay_due(sown: WikiHarness):
    with sown.archive() as archive:
        archive.articles.record_check(sown.article(TITLES[5]), START, None)
    for title in TITLES:
        sown.edit(CHANGED, title)
    assert titles(dispatched(sown, size=2, most=1)) == [["6", "1"]]
    assert titles(dispatched(sown, size=2, most=0)) == []
    assert titles(dispatched(sown, size=2, most=9)) == [["2", "3"], ["4", "5"], ["7"]]


def test_new_pages_are_handed_out_once_too(world: WikiHarness):
    assert [chunk.titles for chunk in dispatched(world).batches] == [("Tide",)]
    assert dispatched(world).batches == ()


def test_members_of_lists_are_handed_out_like_watches_once_and_when_they_are_due(sown: WikiHarness):
    (sown.folder / "list.txt").write_text("\n".join(TITLES[2:]), encoding="utf-8")
    sown.watch(*TITLES[:3], extra_settings='[[watch]]\nfile = "list.txt"\nevery = "1h"\nsettle = "0"\n')
    for title in TITLES[1:5]:
        sown.edit(CHANGED, title)
    assert titles(dispatched(sown)) == [["2", "3", "4"], ["5"]]
    assert dispatched(sown) == DispatchPlan(batches=(), outcomes=(), at=sown.clock())
    with sown.services() as services:
        check_titles(services, TITLES[1:5])
    sown.clock.advance(minutes=16)
    assert [outcome.watch.title for outcome in dispatched(sown).outcomes] == TITLES[:3]  # every 15 minutes
    sown.clock.advance(minutes=50)
    assert sorted(outcome.watch.title for outcome in dispatched(sown).outcomes) == TITLES


def test_a_page_that_is_gone_needs_no_run(sown: WikiHarness):
    sown.store.delete(TITLES[0])
    dispatch_plan = dispatched(sown)
    assert (dispatch_plan.batches, [outcome.failed for outcome in dispatch_plan.outcomes]) == ((), [True] + [False] * 6)
    assert sown.events(TITLES[0]) == ["deleted"]


def test_chunks_are_of_one_wiki_and_a_size_of_none_is_one(sown: WikiHarness):
    for title in TITLES[:2]:
        sown.edit(CHANGED, title)
    assert titles(dispatched(sown, size=0)) == [["1"], ["2"]]


@for_each(
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

    known = PollState(
        article=Article(wiki="w", page_id=1, title="Tide"),
        last_judged_id=1,
        checked_at=at(checked),
        failures=0,
        reserved_until=at(queued),
        has_open_event=False,
    )
    assert is_due(Watch(wiki="w", title="Tide"), known, START) is expected
    assert is_due(Watch(wiki="w", title="Tide"), None, START)


@for_each(
    ("kind", "usual", "extreme"),
    [
        (ChunkSize, 25, 0),
        (ChunkSize, 50, 10**30),
        (Seconds, 300, 10**10),
        (Hours, 72, -1),
        (Hours, 72, 10**12),
        (PageCount, 0, -1),
        (RunCount, 20_000, 10**30),
        (DeploymentName, "check-pages/check-chunk", "x" * 501),
    ],
)
def test_a_parameter_is_taken_within_its_bounds_and_refused_beyond_them(kind: Any, usual: object, extreme: object):
    known = TypeAdapter(kind)
    assert known.validate_python(usual) == usual
    with pytest.raises(ValidationError):
        known.validate_python(extreme)
