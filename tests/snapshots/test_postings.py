"""The outbox is shown as it is: with its log, and with rows whose alert cannot be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snapshots import Archive, State
from snapshots.postings import read_alert
from tests.snapshots.builders import NOW, PAGE, an_alert, checked_up_to, later, some_drafts
from watcher.errors import Corrupt
from watcher.model import Article, Topic


@pytest.fixture
def two(archive: Archive) -> Archive:
    """Two queued alerts for one destination."""
    archive.register(PAGE, NOW)
    for number in (2, 3):
        archive.queue(an_alert(number), some_drafts(number, ("mail",)), NOW)
    return archive


def test_what_is_retried_is_shown_with_its_last_error(two: Archive):
    first, _ = two.claim(NOW, owner="one")
    two.failed(first, later(1), "answered 503", later(60))
    troubled = two.troubled()
    assert [(one.key, one.state, [line.error for line in one.log]) for one in troubled] == [
        (first.key, State.QUEUED, ["answered 503"]),
        ("17:3:mail", State.QUEUED, []),
    ]


def test_what_waits_for_its_first_attempt_is_no_trouble(two: Archive):
    assert two.troubled() == ()


def test_a_row_whose_alert_cannot_be_read_is_listed_all_the_same(two: Archive):
    with two._store.writing() as session:
        session.connection().exec_driver_sql("UPDATE alert SET body = '{}' WHERE id = 1")
    assert [one.alert.article.title for one in two.deliveries()] == ["Lighthouses", "an alert that cannot be read"]
    with two._store.reading() as session, pytest.raises(Corrupt):
        read_alert(session, 1)


def test_a_change_that_follows_an_earlier_message_is_an_update_there(archive: Archive):
    archive.register(PAGE, NOW)
    follower, first = some_drafts(2, ("a", "b"))
    archive.queue(an_alert(2), [replace(follower, thread="k0-a"), first], NOW)
    shown = {one.destination: (one.alert.topic, one.alert.thread) for one in archive.deliveries()}
    assert shown == {"a": (Topic.UPDATE, "k0-a"), "b": (Topic.CHANGE, "")}
    claimed = {one.destination: one.alert.thread for one in archive.claim(NOW, owner="one")}
    assert claimed == {"a": "k0-a", "b": ""}


def test_the_messages_about_one_page_are_listed_newest_first(archive: Archive):
    checked_up_to(archive, 3)
    other = Article(wiki="en", page_id=18, title="Harbours")
    checked_up_to(archive, 2, article=other)
    found = archive.deliveries_of(PAGE, 10)
    assert [(one.alert.after.id, one.destination) for one in found] == [
        (3, "chat"),
        (3, "mail"),
        (2, "chat"),
        (2, "mail"),
    ]
    assert len(archive.deliveries_of(other, 1)) == 1
