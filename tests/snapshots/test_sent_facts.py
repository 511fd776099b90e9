"""The ledger knows what stands, who has it, and what nobody has touched."""

from __future__ import annotations

from dataclasses import replace

from snapshots import Archive, CheckResult, DeliveryState, OutgoingAlert, SentFact
from tests.snapshots.builders import NOW, PAGE, a_check, a_revision, checked_up_to, later

SAID = SentFact(subject="statistic", old="21", new="25", sentence="Of 25 lamps.")


def told_up_to(archive: Archive, number: int) -> None:
    """Checks of which the last one tells something worth remembering."""
    checked_up_to(archive, number - 1)
    assert archive.commit(replace(a_check(number), facts=(SAID,))) is not None


def a_decision(number: int, **more: object) -> CheckResult:
    return replace(a_check(number), **more)  # type: ignore[arg-type]


def test_what_was_sent_stands_with_those_who_have_it(archive: Archive):
    told_up_to(archive, 2)
    assert archive.unresolved_facts(PAGE) == ()
    mail, chat = archive.claim(NOW, owner="one")
    archive.mark_sent(mail, later(1))
    archive.mark_failed(chat, later(1), "404", None)
    (fact,) = archive.unresolved_facts(PAGE)
    assert (fact.fact, fact.before, fact.destinations) == (SAID, a_revision(1), ("mail",))


def test_what_is_being_tried_may_have_arrived(archive: Archive):
    told_up_to(archive, 2)
    archive.claim(NOW, owner="one")
    assert archive.unresolved_facts(PAGE)[0].destinations == ("mail", "chat")


def test_what_is_resolved_stands_no_longer(archive: Archive):
    told_up_to(archive, 2)
    archive.claim(NOW, owner="one")
    (fact,) = archive.unresolved_facts(PAGE)
    assert archive.commit(a_decision(3, resolved_facts=(fact.id,))) is not None
    assert archive.unresolved_facts(PAGE) == ()


def test_a_damaged_alert_does_not_stop_the_next_check(archive: Archive):
    told_up_to(archive, 2)
    archive.claim(NOW, owner="one")
    with archive._database.write() as session:
        session.connection().exec_driver_sql("UPDATE alert SET body = 'no json'")
    assert archive.unresolved_facts(PAGE) == archive.queued_alerts(PAGE, NOW) == ()


def test_rows_that_nobody_touched_are_unsent(archive: Archive):
    told_up_to(archive, 2)
    assert [(queued_alert.destination, queued_alert.before) for queued_alert in archive.queued_alerts(PAGE, NOW)] == [
        ("mail", a_revision(1)),
        ("chat", a_revision(1)),
    ]
    archive.claim(NOW, owner="one", limit=1)
    assert [queued_alert.destination for queued_alert in archive.queued_alerts(PAGE, NOW)] == ["chat"]


def test_a_decision_takes_waiting_rows_back_and_sends_another_alert_in_their_place(archive: Archive):
    told_up_to(archive, 2)
    waiting = archive.queued_alerts(PAGE, NOW)
    alert = a_check(3).alert
    assert alert is not None
    further = OutgoingAlert(alert=alert, deliveries=a_check(3).deliveries, facts=(SAID,))
    decided = a_decision(
        3, alert=None, deliveries=(), alerts=(further,), superseded=tuple(queued_alert.id for queued_alert in waiting)
    )
    assert archive.commit(decided) is not None
    assert [delivery.state for delivery in archive.deliveries()] == [
        DeliveryState.QUEUED,
        DeliveryState.QUEUED,
        DeliveryState.SUPERSEDED,
        DeliveryState.SUPERSEDED,
    ]
    assert [queued_alert.before for queued_alert in archive.queued_alerts(PAGE, NOW)] == [a_revision(2), a_revision(2)]


def test_a_decision_that_would_take_back_what_was_tried_writes_nothing(archive: Archive):
    told_up_to(archive, 2)
    waiting = archive.queued_alerts(PAGE, NOW)
    archive.claim(NOW, owner="one", limit=1)
    before = archive.deliveries()
    assert archive.commit(a_decision(3, superseded=tuple(queued_alert.id for queued_alert in waiting))) is None
    assert archive.deliveries() == before
    assert archive.cursor(PAGE) == a_revision(2)
    assert len(archive.comparisons(PAGE)) == 1
