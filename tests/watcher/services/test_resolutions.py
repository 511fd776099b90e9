"""Test that an undone finding leaves the review queue, unless a reviewer has decided about it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from snapshots import ReviewAction, ReviewDecision, ReviewState
from tests.flows.harness import CHANGED, START, TEXT, WikiHarness
from watcher.model import Article, Revision
from watcher.services.judgement import _undone_by

REWORDED = TEXT.replace("on the wall", "on a wall")


def open_summaries(world: WikiHarness) -> list[str]:
    return [finding.summary.partition(" (")[0] for finding in world.findings(ReviewState.OPEN) if finding.severity > 1]


def step(world: WikiHarness, text: str, editor: str = "Ann") -> None:
    world.edit_and_check(text, editor=editor)


@pytest.mark.parametrize("restored", [TEXT, REWORDED], ids=["the whole text", "the figure alone"])
def test_vandalism_and_its_revert_in_two_checks_leave_nothing_open(either_world: WikiHarness, restored: str) -> None:
    world = either_world
    world.check()
    step(world, CHANGED, "Vandal")
    assert open_summaries(world) == ["21 million → 25 million boats"]
    world.clock.advance(minutes=6)
    step(world, restored, "Alice")
    assert open_summaries(world) == []
    first, *_ = world.findings(ReviewState.RESOLVED)
    with world.archive() as archive:
        (event,) = archive.reviews.events_of(first.id)
    assert (event.by, event.action) == ("Article Watcher", ReviewAction.RESOLVE)
    assert event.note == "no longer in the article: undone by Alice, stood 8 minutes"


def test_an_edit_war_leaves_one_open_finding(world: WikiHarness) -> None:
    world.check()
    for turn in range(4):
        step(world, CHANGED if turn % 2 == 0 else TEXT, f"Editor {turn % 2}")
        assert len(open_summaries(world)) == (turn + 1) % 2
    step(world, CHANGED)
    assert open_summaries(world) == ["21 million → 25 million boats"]


def test_what_a_reviewer_decided_stays(world: WikiHarness) -> None:
    world.check()
    step(world, CHANGED)
    (finding,) = world.findings(ReviewState.OPEN)
    with world.archive() as archive:
        archive.reviews.decide([finding.id], ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "Rita", world.clock())
    step(world, TEXT)
    assert [item.id for item in world.findings(ReviewState.ACKNOWLEDGED)] == [finding.id]


def test_a_reviewer_can_undo_a_resolution(world: WikiHarness) -> None:
    world.check()
    step(world, CHANGED)
    step(world, TEXT)
    first, *_ = world.findings(ReviewState.RESOLVED)
    with world.archive() as archive:
        event = archive.reviews.last_undoable(first.id)
        assert event
        archive.reviews.undo([event], "Rita", world.clock())
    assert first.id in [item.id for item in world.findings(ReviewState.OPEN)]


def test_another_change_of_the_sentence_resolves_nothing(world: WikiHarness) -> None:
    world.check()
    step(world, CHANGED)
    step(world, TEXT.replace("21 million", "30 million"))
    assert "21 million → 25 million boats" in open_summaries(world)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 minutes"), (1, "1 minute"), (119, "119 minutes"), (120, "2 hours"), (2 * 1440, "2 days")],
)
def test_durations_are_in_the_largest_unit_that_says_enough(minutes: int, words: str) -> None:
    article = Article(wiki="w", page_id=1, title="Tide")
    edit = Revision(
        article=article, id=2, parent_id=1, at=START + timedelta(minutes=minutes), editor="Ann", comment=None
    )
    assert _undone_by([edit], START) == f"undone by Ann, stood {words}"


def test_a_stored_finding_of_another_version_stops_no_check(world: WikiHarness) -> None:
    world.check()
    step(world, CHANGED)
    with sqlite3.connect(world.folder / "watcher.db") as database:
        database.execute("UPDATE finding SET body = '{}'")
    database.close()
    step(world, REWORDED)
    assert world.alerts()[-1].alert.after.editor == "Ann"
    assert len(world.findings(ReviewState.OPEN)) >= 1
