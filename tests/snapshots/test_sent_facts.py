"""Test the ledger of alerted facts: which still stand, who received them, and which are untouched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snapshots import Archive, CheckResult, DeliveryState, SentFact
from tests.snapshots.builders import NOW, PAGE, a_check, a_revision, checked_up_to, later
from watcher.errors import Missing

FACT = SentFact(subject="statistic", old="21", new="25", sentence="Of 25 lamps.")


def sent_up_to(archive: Archive, number: int) -> None:
    """Checks of which the last one tells something worth remembering."""
    checked_up_to(archive, number - 1)
    (alert,) = a_check(number).alerts
    assert archive.comparisons.commit(a_decision(number, alerts=(replace(alert, facts=(FACT,)),))) is not None


def a_decision(number: int, **more: object) -> CheckResult:
    return replace(a_check(number), **more)  # type: ignore[arg-type]


def test_what_was_sent_stands_with_those_who_have_it(archive: Archive):
    sent_up_to(archive, 2)
    assert archive.sent_facts.unresolved(PAGE, NOW) == ()
    mail, chat = archive.outbox.claim(NOW, owner="one")
    archive.outbox.mark_sent(mail, later(1))
    archive.outbox.mark_failed(chat, later(1), "404", None)
    (fact,) = archive.sent_facts.unresolved(PAGE, NOW)
    assert (fact.fact, fact.before, fact.destinations) == (FACT, a_revision(1), ("mail",))


def test_what_is_being_tried_may_have_arrived(archive: Archive):
    sent_up_to(archive, 2)
    archive.outbox.claim(NOW, owner="one")
    assert archive.sent_facts.unresolved(PAGE, NOW)[0].destinations == ("mail", "chat")


def test_what_is_resolved_stands_no_longer(archive: Archive):
    sent_up_to(archive, 2)
    archive.outbox.claim(NOW, owner="one")
    (fact,) = archive.sent_facts.unresolved(PAGE, NOW)
    assert archive.comparisons.commit(a_decision(3, resolved_facts=(fact.id,))) is not None
    assert archive.sent_facts.unresolved(PAGE, NOW) == ()


def test_a_damaged_alert_does_not_stop_the_next_check(archive: Archive):
    sent_up_to(archive, 2)
    archive.outbox.claim(NOW, owner="one")
    with archive.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alert SET body = 'no json'")
    assert archive.sent_facts.unresolved(PAGE, NOW) == archive.sent_facts.queued_alerts(PAGE, NOW) == ()


def test_rows_that_nobody_touched_are_unsent(archive: Archive):
    sent_up_to(archive, 2)
    assert [
        (queued_alert.destination, queued_alert.before) for queued_alert in archive.sent_facts.queued_alerts(PAGE, NOW)
    ] == [
        ("mail", a_revision(1)),
        ("chat", a_revision(1)),
    ]
    archive.outbox.claim(NOW, owner="one", limit=1)
    assert [queued_alert.destination for queued_alert in archive.sent_facts.queued_alerts(PAGE, NOW)] == ["chat"]


@pytest.mark.dialect
def test_a_decision_takes_waiting_rows_back_and_sends_another_alert_in_their_place(archive: Archive):
    sent_up_to(archive, 2)
    waiting = archive.sent_facts.queued_alerts(PAGE, NOW)
    (alert,) = a_check(3).alerts
    decided = a_decision(
        3, alerts=(replace(alert, facts=(FACT,)),), superseded=tuple(queued_alert.id for queued_alert in waiting)
    )
    assert archive.comparisons.commit(decided) is not None
    assert [delivery.state for delivery in archive.deliveries.newest()] == [
        DeliveryState.QUEUED,
        DeliveryState.QUEUED,
        DeliveryState.SUPERSEDED,
        DeliveryState.SUPERSEDED,
    ]
    assert [queued_alert.before for queued_alert in archive.sent_facts.queued_alerts(PAGE, NOW)] == [
        a_revision(2),
        a_revision(2),
    ]


def test_a_decision_that_would_take_back_what_was_tried_writes_nothing(archive: Archive):
    sent_up_to(archive, 2)
    waiting = archive.sent_facts.queued_alerts(PAGE, NOW)
    archive.outbox.claim(NOW, owner="one", limit=1)
    before = archive.deliveries.newest()
    assert (
        archive.comparisons.commit(a_decision(3, superseded=tuple(queued_alert.id for queued_alert in waiting))) is None
    )
    assert archive.deliveries.newest() == before
    assert archive.revisions.cursor(PAGE) == a_revision(2)
    assert len(archive.comparisons.of_article(PAGE)) == 1


def test_a_page_that_is_not_registered_has_no_facts(archive: Archive):
    with pytest.raises(Missing, match="not registered"):
        archive.sent_facts.unresolved(PAGE, NOW)
    with pytest.raises(Missing, match="not registered"):
        archive.sent_facts.queued_alerts(PAGE, NOW)
