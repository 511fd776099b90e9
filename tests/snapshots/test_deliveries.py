"""Test the listing of the outbox: attempts, and rows whose alert cannot be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snapshots import Archive, DeliveryState
from snapshots.deliveries import read_alert
from tests.snapshots.builders import NOW, PAGE, an_alert, checked_up_to, later, new_deliveries
from watcher.errors import Corrupt
from watcher.model import AlertTopic, Article


@pytest.fixture
def two(archive: Archive) -> Archive:
    """Two queued alerts for one destination."""
    archive.articles.register(PAGE, NOW)
    for number in (2, 3):
        archive.outbox.queue(an_alert(number), new_deliveries(number, ("mail",)), NOW)
    return archive


def test_what_is_retried_is_shown_with_its_last_error(two: Archive):
    first, _ = two.outbox.claim(NOW, owner="one")
    two.outbox.mark_failed(first, later(1), "answered 503", later(60))
    troubled = two.outbox.retrying()
    assert [(delivery.key, delivery.state, [line.error for line in delivery.log]) for delivery in troubled] == [
        (first.key, DeliveryState.QUEUED, ["answered 503"]),
        ("17:3:mail", DeliveryState.QUEUED, []),
    ]


def test_what_waits_for_its_first_attempt_is_no_trouble(two: Archive):
    assert two.outbox.retrying() == ()


def test_a_row_whose_alert_cannot_be_read_is_listed_all_the_same(two: Archive):
    with two.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alert SET body = '{}' WHERE id = 1")
    assert [delivery.alert.article.title for delivery in two.outbox.newest()] == [
        "Lighthouses",
        "an alert that cannot be read",
    ]
    with two.database.read() as session, pytest.raises(Corrupt):
        read_alert(session, 1)


def test_an_alert_is_in_the_thread_of_its_delivery(archive: Archive):
    archive.articles.register(PAGE, NOW)
    follower, first = new_deliveries(2, ("a", "b"))
    archive.outbox.queue(an_alert(2), [replace(follower, thread="k0-a"), first], NOW)
    shown = {
        delivery.destination: (delivery.alert.topic, delivery.alert.thread) for delivery in archive.outbox.newest()
    }
    assert shown == {"a": (AlertTopic.CHANGE, "k0-a"), "b": (AlertTopic.CHANGE, "")}
    claimed = {message.destination: message.alert.thread for message in archive.outbox.claim(NOW, owner="one")}
    assert claimed == {"a": "k0-a", "b": ""}


@pytest.mark.dialect
def test_the_messages_about_one_page_are_listed_newest_first(archive: Archive):
    checked_up_to(archive, 3)
    other = Article(wiki="en", page_id=18, title="Harbours")
    checked_up_to(archive, 2, article=other)
    result = archive.outbox.of_article(PAGE, 10)
    assert [(delivery.alert.after.id, delivery.destination) for delivery in result] == [
        (3, "chat"),
        (3, "mail"),
        (2, "chat"),
        (2, "mail"),
    ]
    assert len(archive.outbox.of_article(other, 1)) == 1
