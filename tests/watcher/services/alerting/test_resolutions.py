"""Test that an undone finding leaves the review queue, unless a reviewer has decided about it."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from snapshots import ReviewAction, ReviewState
from tests.flows.harness import CHANGED, SOURCE, START, TEXT, WikiHarness
from tests.watcher.services.stories import Sent, send, story_test
from watcher.model import AlertTopic, Article, Revision
from watcher.services.alerting.resolutions import undone_by_text

test_what_is_over = story_test(__file__)


def test_a_resolution_says_who_undid_it_and_a_reviewer_can_undo_it(world: WikiHarness) -> None:
    world.check()
    world.edit_and_check(CHANGED, editor="Vandal")
    world.clock.advance(minutes=6)
    world.edit_and_check(TEXT, editor="Alice")
    first, *_ = world.findings(ReviewState.RESOLVED)
    with world.archive() as archive:
        (event,) = archive.reviews.events_of(first.id)
        assert (event.by, event.action) == ("Article Watcher", ReviewAction.RESOLVE)
        assert event.note == "no longer in the article: undone by Alice after 8 minutes"
        undoable = archive.reviews.last_event(first.id)
        assert undoable
        archive.reviews.undo([undoable], "Rita", world.clock())
    assert first.id in [item.id for item in world.findings(ReviewState.OPEN)]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 minutes"), (1, "1 minute"), (119, "119 minutes"), (120, "2 hours"), (2 * 1440, "2 days")],
)
def test_durations_are_in_the_largest_unit_that_says_enough(minutes: int, words: str) -> None:
    article = Article(wiki="w", page_id=1, title="Tide")
    edit = Revision(
        article=article, id=2, parent_id=1, at=START + timedelta(minutes=minutes), editor="Ann", comment=None
    )
    assert undone_by_text([edit], START) == f"undone by Ann after {words}"


@pytest.mark.parametrize(("account", "alerts"), [({"editcount": 5_000}, 0), ({"editcount": 9}, 1)])
def test_the_words_of_an_established_account_that_puts_a_value_back_are_no_alert(
    world: WikiHarness, account: dict[str, object], alerts: int
) -> None:
    text = f"{TEXT}\nThe firm holds {{}}% of the docks.{SOURCE}\n"
    world.edit_and_check(text.format(9), editor="Ann")
    world.edit_and_check(text.format(90), editor="Vandal")
    send(world, sent := Sent())
    world.store.accounts["Alice"] = account
    back = text.format(9).replace("holds 9%", "owns 9%")
    world.edit_and_check(back, editor="Alice")
    send(world, sent)
    topics = [alert.topic for _, alert in sent[1:]]
    assert (topics.count(AlertTopic.RESOLVED), len(topics) - 1) == (1, alerts)


def test_a_stored_finding_of_another_version_stops_no_check(world: WikiHarness) -> None:
    world.check()
    world.edit_and_check(CHANGED)
    with closing(sqlite3.connect(world.folder / "watcher.db")) as database, database:
        database.execute("UPDATE finding SET body = '{}'")
    database.close()
    assert world.state_after(TEXT.replace("on the wall", "on a wall")) == "quiet"
    assert len(world.findings(ReviewState.OPEN)) >= 1
