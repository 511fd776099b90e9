import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from snapshots import Archive, DeliveryState, NewDelivery
from snapshots.sent_facts import alert_from_dict, alert_to_dict
from tests.cases import for_each
from tests.snapshots.builders import (
    NOW,
    PAGE,
    a_revision,
    an_alert,
    checked_up_to,
    claim_all,
    deliver_all,
    enqueue,
    later,
    new_deliveries,
)
from watcher.errors import Corrupt, Missing
from watcher.model import Alert, AlertTopic, Article, Cited, Kind, Notice, OperatorEvent, Severity


def queued(archive: Archive, *numbers: int) -> None:
    archive.articles.register(PAGE, NOW)
    for number in numbers:
        enqueue(archive, an_alert(number), new_deliveries(number, ("mail",)), NOW)


def test_an_alert_of_a_check_waits_for_each_of_its_destinations(archive: Archive):
    checked_up_to(archive, 2)
    deliveries = claim_all(archive, later(1))
    assert [(each.destination, each.key, each.attempts) for each in deliveries] == [
        ("mail", "17:2:mail", 1),
        ("chat", "17:2:chat", 1),
    ]
    assert deliveries[0].alert == deliveries[1].alert == an_alert(2)


@pytest.mark.dialect
def test_an_alert_queued_twice_is_delivered_once_as_it_was_first(archive: Archive):
    queued(archive, 2, 2)
    enqueue(
        archive, replace(an_alert(2), diff_url="https://other.example"), new_deliveries(2, ("mail", "chat")), later(5)
    )
    deliveries = claim_all(archive, later(9))
    assert [each.key for each in deliveries] == ["17:2:mail", "17:2:chat"]
    assert {each.alert.diff_url for each in deliveries} == {an_alert(2).diff_url}


def test_an_alert_for_nobody_is_not_kept_and_what_was_never_queued_is_missing(archive: Archive):
    enqueue(archive, an_alert(2), (), NOW)
    assert archive.outbox.newest() == ()
    queued(archive, 2)
    (delivery,) = claim_all(archive, NOW)
    with pytest.raises(Missing, match="delivery 999 is not in the outbox"):
        archive.outbox.mark_sent(replace(delivery, id=999), NOW)


@pytest.mark.dialect
def test_nothing_is_sent_before_its_time_and_the_longest_due_goes_first(archive: Archive):
    for number, seconds in ((2, 100), (3, 50), (4, 75)):
        draft = NewDelivery(destination="mail", key=f"k{number}", not_before=later(seconds))
        enqueue(archive, an_alert(number), (draft,), NOW)
    assert claim_all(archive, later(49)) == ()
    (first,) = claim_all(archive, later(80))
    assert first.key == "k3"
    assert claim_all(archive, later(100), owner="two") == ()  # one at a time, or a newer one might arrive before it
    archive.outbox.mark_sent(first, later(100))
    assert [each.key for each in claim_all(archive, later(100))] == ["k4"]


@pytest.mark.dialect
def test_a_claimed_delivery_is_nobody_elses_until_its_lease_is_over_and_comes_back_until_it_is_sent(archive: Archive):
    queued(archive, 2)
    (first,) = claim_all(archive, NOW, lease_seconds=60)
    assert claim_all(archive, later(59), owner="two") == ()
    (second,) = claim_all(archive, later(60), owner="two")
    assert (second.key, second.attempts) == (first.key, 2)
    archive.outbox.mark_sent(first, later(900))  # accepted after its lease: sent all the same
    assert claim_all(archive, later(9999)) == ()
    (delivery,) = archive.outbox.newest()
    assert (delivery.state, delivery.done_at) == (DeliveryState.SENT, later(900))
    assert [(line.number, line.at, line.outcome, line.error) for line in delivery.log] == [
        (1, later(900), "sent", None)
    ]


def test_a_failed_delivery_comes_back_with_the_same_key_when_it_is_due(archive: Archive):
    queued(archive, 2)
    (first,) = claim_all(archive, NOW)
    archive.outbox.mark_failed(first, later(1), "503", later(300))
    assert claim_all(archive, later(299)) == ()
    (second,) = claim_all(archive, later(300), owner="two")
    assert (second.key, second.attempts) == (first.key, 2)
    archive.outbox.mark_sent(second, later(301))
    (delivery,) = archive.outbox.newest()
    assert [(row.number, row.outcome, row.error) for row in delivery.log] == [(1, "failed", "503"), (2, "sent", None)]


def test_a_dead_delivery_is_kept_for_a_retry_by_hand(archive: Archive):
    queued(archive, 2, 3)
    (dead,) = claim_all(archive, NOW)
    archive.outbox.mark_failed(dead, later(1), "410 gone", None)
    deliver_all(archive, later(1))
    assert claim_all(archive, later(9999)) == ()
    assert [delivery.key for delivery in archive.outbox.newest(state=DeliveryState.DEAD)] == [dead.key]
    assert archive.outbox.retry_dead(later(50)) == 1
    (again,) = claim_all(archive, later(50))
    assert (again.key, again.attempts) == (dead.key, 1)
    assert archive.outbox.retry_dead(later(51)) == 0
    (posting,) = archive.outbox.newest(state=DeliveryState.QUEUED)
    assert [line.outcome for line in posting.log] == ["dead"]


@pytest.mark.dialect
def test_a_failure_reported_after_the_lease_went_to_another_leaves_the_other_alone(archive: Archive):
    queued(archive, 2)
    (slow,) = claim_all(archive, NOW, lease_seconds=60)
    (other,) = claim_all(archive, later(61), owner="two", lease_seconds=60)
    archive.outbox.mark_failed(slow, later(62), "timed out", None)
    assert claim_all(archive, later(63), owner="three") == ()
    archive.outbox.mark_sent(other, later(64))
    archive.outbox.mark_failed(slow, later(65), "timed out again", later(66))
    (delivery,) = archive.outbox.newest()
    assert delivery.state is DeliveryState.SENT
    assert [line.outcome for line in delivery.log] == ["dead", "sent", "failed"]


def test_neither_a_lease_nor_a_retry_of_a_wrong_clock_holds_an_alert_back(archive: Archive):
    queued(archive, 2)
    claim_all(archive, NOW + timedelta(days=900))  # by a clock that was years ahead
    (claimed,) = claim_all(archive, later(1), owner="two")
    archive.outbox.mark_failed(claimed, NOW, "503", NOW + timedelta(days=900))
    assert len(claim_all(archive, later(2))) == 1


def test_a_long_answer_is_logged_as_one_short_line(archive: Archive):
    queued(archive, 2)
    (delivery,) = claim_all(archive, NOW)
    archive.outbox.mark_failed(delivery, NOW, "first\nsecond\0" + "x" * 9000, later(1))
    error = archive.outbox.newest()[0].log[0].error
    assert error is not None
    assert error.startswith("first second\ufffdxxx")
    assert len(error) == 500


@pytest.mark.parametrize("body", ["{", "[]", "null", '{"key": "k"}', "[" * 100_000])
def test_a_row_whose_alert_cannot_be_read_is_dead_and_holds_nothing_back(archive: Archive, url: str, body: str):
    queued(archive, 2, 3, 4)
    engine = create_engine(url)
    with engine.begin() as connection:
        damage = text("UPDATE alert SET body = :body WHERE key IN (:one, :two)")
        connection.execute(damage, {"body": body, "one": an_alert(2).key, "two": an_alert(3).key})
    engine.dispose()
    (delivery,) = claim_all(archive, NOW)
    assert delivery.alert == an_alert(4)
    dead = archive.outbox.newest(state=DeliveryState.DEAD)
    assert [delivery.alert.article.title for delivery in dead] == ["an alert that cannot be read"] * 2
    assert all("stored alert" in str(delivery.log[-1].error) for delivery in dead)


def digested(archive: Archive, *numbers: int, destination: str = "mail", at: float = 0) -> None:
    """Alerts that wait for a digest."""
    archive.articles.register(PAGE, NOW)
    for number in numbers:
        draft = NewDelivery(destination=destination, key=f"{number}:{destination}", not_before=later(at), digest=True)
        enqueue(archive, an_alert(number), (draft,), NOW)


@pytest.mark.dialect
def test_all_that_a_destination_is_due_in_digests_is_one_message(archive: Archive):
    digested(archive, 2, 3)
    digested(archive, 4, at=60)
    digested(archive, 5, destination="chat")
    mail, chat = claim_all(archive, later(1)) + claim_all(archive, later(1))
    assert [alert.key for alert in mail.alerts] == [an_alert(2).key, an_alert(3).key]
    assert [alert.key for alert in chat.alerts] == [an_alert(5).key]
    assert (mail.key, mail.batch) != (chat.key, chat.batch)
    archive.outbox.mark_sent(mail, later(2))
    states = [delivery.state for delivery in archive.outbox.newest()]
    assert states == [DeliveryState.QUEUED] * 2 + [DeliveryState.SENT] * 2


def test_a_digest_leaves_out_the_alert_that_cannot_be_read(archive: Archive):
    digested(archive, 2, 3)
    with archive.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alert SET body = '{}' WHERE id = 1")
    (message,) = claim_all(archive, NOW)
    assert message.alerts == (an_alert(3),)
    archive.outbox.mark_sent(message, later(1))
    assert [delivery.state for delivery in archive.outbox.newest()] == [DeliveryState.SENT, DeliveryState.DEAD]


def test_a_digest_of_many_alerts_is_sent_in_parts(archive: Archive):
    digested(archive, *range(2, 122))
    sizes = []
    for _ in range(2):
        (message,) = claim_all(archive, NOW)
        archive.outbox.mark_sent(message, NOW)
        sizes.append(len(message.alerts))
    assert sizes == [100, 20]


def grouped(archive: Archive, *numbers: int, labels: tuple[str, ...], at: float = 0, destination: str = "mail") -> None:
    """Alerts that wait for others with one of their labels."""
    archive.articles.register(PAGE, NOW)
    for number in numbers:
        key = f"{number}:{destination}"
        draft = NewDelivery(destination=destination, key=key, not_before=later(at), labels=labels, severity=3)
        enqueue(archive, an_alert(number), (draft,), NOW)


def test_what_is_due_takes_along_all_that_shares_a_label_with_it_at_its_destination(archive: Archive):
    grouped(archive, 2, labels=("article:1", "source:1"))
    grouped(archive, 3, labels=("article:2", "source:1"), at=60)
    grouped(archive, 4, labels=("article:1",), at=600)
    grouped(archive, 5, labels=("article:12", "source:12"), at=60)
    grouped(archive, 6, labels=("article:1",), at=60, destination="chat")
    (message,) = claim_all(archive, later(1))
    assert [alert.key for alert in message.alerts] == [an_alert(number).key for number in (2, 3, 4)]
    archive.outbox.mark_sent(message, later(2))
    assert archive.metrics.outbox(later(3)).queued == 2


def test_a_group_of_one_is_a_message_of_its_own(archive: Archive):
    grouped(archive, 2, labels=("article:1",))
    (message,) = claim_all(archive, NOW)
    assert (message.key, message.batch, message.alerts) == ("2:mail", None, ())


@pytest.mark.parametrize("wait", [digested, partial(grouped, labels=("article:1",))], ids=["digest", "group"])
def test_a_message_of_several_keeps_its_key_and_its_alerts_whatever_comes_after_it(archive: Archive, wait: Any):
    wait(archive, 2, 3)
    (first,) = claim_all(archive, NOW)
    archive.outbox.mark_failed(first, later(2), "503", later(30))
    wait(archive, 4)
    assert claim_all(archive, later(29), owner="two") == ()
    (again,) = claim_all(archive, later(30), owner="two")
    archive.outbox.mark_sent(again, later(31))
    (new,) = claim_all(archive, later(31), owner="two")
    assert (again.key, again.alerts, again.attempts) == (first.key, first.alerts, 2)
    assert [alert.key for alert in new.alerts or (new.alert,)] == [an_alert(4).key]


def test_the_last_message_of_a_group_is_the_newest_that_was_sent_or_is_tried(archive: Archive):
    grouped(archive, 2, labels=("article:1",))
    assert archive.outbox.last_of_group("mail", ["article:1"], NOW) is None
    (message,) = claim_all(archive, NOW)
    archive.outbox.mark_failed(message, NOW, "503", later(30))
    assert archive.outbox.last_of_group("mail", ["source:1", "article:1"], NOW) == (later(30), 3)
    (message,) = claim_all(archive, later(30))
    archive.outbox.mark_sent(message, later(40))
    assert archive.outbox.last_of_group("mail", ["article:1"], NOW) == (later(40), 3)
    assert archive.outbox.last_of_group("mail", ["article:1"], later(40)) is None
    assert archive.outbox.last_of_group("mail", ["article:2"], NOW) is None
    assert archive.outbox.last_of_group("chat", ["article:1"], NOW) is None


def test_what_is_retried_is_shown_with_its_last_error(archive: Archive):
    queued(archive, 2, 3)
    assert archive.outbox.retrying() == ()
    (first,) = claim_all(archive, NOW)
    archive.outbox.mark_failed(first, later(1), "answered 503", later(60))
    troubled = archive.outbox.retrying()
    assert [(delivery.key, delivery.state, [line.error for line in delivery.log]) for delivery in troubled] == [
        (first.key, DeliveryState.QUEUED, ["answered 503"])
    ]


def test_an_alert_is_in_the_thread_of_its_delivery(archive: Archive):
    archive.articles.register(PAGE, NOW)
    follower, first = new_deliveries(2, ("a", "b"))
    enqueue(archive, an_alert(2), [replace(follower, thread="k0-a"), first], NOW)
    shown = {
        delivery.destination: (delivery.alert.topic, delivery.alert.thread) for delivery in archive.outbox.newest()
    }
    assert shown == {"a": (AlertTopic.CHANGE, "k0-a"), "b": (AlertTopic.CHANGE, "")}
    claimed = {message.destination: message.alert.thread for message in claim_all(archive, NOW)}
    assert claimed == {"a": "k0-a", "b": ""}


@pytest.mark.dialect
def test_the_messages_about_one_page_are_listed_newest_first(archive: Archive):
    checked_up_to(archive, 3)
    other = Article(wiki="en", page_id=18, title="Harbours")
    checked_up_to(archive, 2, article=other)
    result = archive.outbox.newest(10, article=PAGE)
    assert [(delivery.alert.after.id, delivery.destination) for delivery in result] == [
        (3, "chat"),
        (3, "mail"),
        (2, "chat"),
        (2, "mail"),
    ]
    assert len(archive.outbox.newest(1, article=other)) == 1


EDIT = a_revision(
    2, editor=None, comment=None, tags=("mobile edit",), groups=("sysop",), size=40, sha1="ab", minor=True
)
NOTICE = Notice(
    kind=Kind.STATISTIC_CHANGED, severity=Severity.HIGH, section=("General", "Flour"), summary="21 → 25",
    old_sentence="Of 21 sacks.", new_sentence="Of 25 sacks.", reasons=("source-unchanged",), edits=(EDIT,),
    new_value="25", sources=(Cited(label="Census", url=None, status="kept"),), through=("Template:Data",),
)  # fmt: skip
ALERT = replace(an_alert(2), before=EDIT, notices=(NOTICE,), report_url="https://r.example/", topic=AlertTopic.RESOLVED)


@for_each("alert", [ALERT, replace(ALERT, notices=(replace(NOTICE, kind=OperatorEvent.PAGE_DELETED, section=()),))])
def test_an_alert_survives_being_stored(alert: Alert):
    assert alert_from_dict(json.loads(json.dumps(alert_to_dict(alert)))) == alert


@for_each(
    "damage",
    [{"article": {"wiki": "en"}}, {"notices": [{"kind": "nothing.known"}]}, {"before": {}}, {"topic": "gossip"}],
)
def test_an_alert_that_another_version_wrote_is_named_as_such(damage: dict[str, Any]):
    with pytest.raises(Corrupt, match="stored alert"):
        alert_from_dict(alert_to_dict(ALERT) | damage)
