"""Test what each destination was told of a page: which facts stand there, which are undone, which are queued."""

from dataclasses import replace

import pytest

from snapshots import Archive, CheckResult, DeliveryState, OutgoingAlert, QueuedAlert, SentFact, StatedFact
from tests.snapshots.builders import NOW, PAGE, a_check, a_revision, checked_up_to, claim_all, later
from watcher.errors import Missing
from watcher.model import AlertTopic

FACT = SentFact(subject="statistic", old="21", new="25", sentence="Of 25 lamps.")


def an_alert_of(number: int, *facts: SentFact, resolves: dict[str, int] | None = None) -> OutgoingAlert:
    """The alert of a check, with what it states and resolves at each destination."""
    (alert,) = a_check(number).alerts
    undone = resolves or {}
    deliveries = (
        replace(each, facts=facts, resolves=tuple(filter(None, [undone.get(each.destination)])))
        for each in alert.deliveries
    )
    return replace(alert, deliveries=tuple(deliveries))


def sent_up_to(archive: Archive, number: int) -> None:
    """Checks of which the last one tells something worth remembering."""
    checked_up_to(archive, number - 1)
    assert archive.comparisons.commit(a_decision(number, alerts=(an_alert_of(number, FACT),))) is not None


def a_decision(number: int, **more: object) -> CheckResult:
    return replace(a_check(number), **more)  # type: ignore[arg-type]


def stated(archive: Archive) -> tuple[StatedFact, ...]:
    return archive.sent_facts.stated(PAGE, NOW)[0]


def queued(archive: Archive) -> tuple[QueuedAlert, ...]:
    return archive.sent_facts.stated(PAGE, NOW)[1]


def test_what_is_being_tried_may_have_arrived_and_is_not_replaced(archive: Archive):
    sent_up_to(archive, 2)
    assert [row.destination for row in queued(archive)] == ["mail", "chat"]
    claim_all(archive, NOW)
    assert [fact.destination for fact in stated(archive)] == ["mail", "chat"]
    assert queued(archive) == ()


@pytest.mark.dialect
def test_what_is_resolved_at_one_destination_stands_at_the_others_and_stands_again_without_the_message(
    archive: Archive,
):
    sent_up_to(archive, 2)
    claim_all(archive, NOW)
    mail, chat = stated(archive)
    over = an_alert_of(3, resolves={"mail": mail.id})
    over = replace(over, alert=replace(over.alert, topic=AlertTopic.RESOLVED))
    assert archive.comparisons.commit(a_decision(3, alerts=(over,))) is not None
    row = next(row for row in queued(archive) if row.destination == "mail")
    assert [(fact.id, fact.resolved_by) for fact in stated(archive)] == [(mail.id, row.id), (chat.id, None)]
    assert archive.comparisons.commit(a_decision(4, alerts=(), superseded=(row.id,))) is not None
    assert [(fact.id, fact.resolved_by) for fact in stated(archive)] == [(mail.id, None), (chat.id, None)]


def test_what_was_said_to_be_undone_stands_no_longer(archive: Archive):
    sent_up_to(archive, 2)
    claim_all(archive, NOW)
    mail, chat = stated(archive)
    over = an_alert_of(3, resolves={"mail": mail.id})
    assert archive.comparisons.commit(a_decision(3, alerts=(over,), outdated_facts=(chat.id,))) is not None
    for later_on in (100, 200):
        for message in claim_all(archive, later(later_on), owner="two"):
            archive.outbox.mark_sent(message, later(later_on))
    assert stated(archive) == ()


def test_facts_follow_their_sections_to_other_headings(archive: Archive):
    checked_up_to(archive, 1)
    facts = [replace(FACT, section=section) for section in ("Lamps", "Lamps › North", "Lamps_", "Other")]
    decided = a_decision(2, alerts=(an_alert_of(2, *facts),))
    assert archive.comparisons.commit(decided) is not None
    renamed = a_decision(3, alerts=(), renamed_sections=(("Lamps", "Lights"),))
    assert archive.comparisons.commit(renamed) is not None
    assert [fact.fact.section for fact in stated(archive) if fact.destination == "mail"] == [
        "Lights",
        "Lights › North",
        "Lamps_",
        "Other",
    ]


def test_a_damaged_alert_does_not_stop_the_next_check(archive: Archive):
    sent_up_to(archive, 2)
    with archive.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alert SET body = 'no json'")
    assert archive.sent_facts.stated(PAGE, NOW) == ((), ())


@pytest.mark.dialect
def test_a_decision_takes_waiting_rows_back_and_sends_another_alert_in_their_place(archive: Archive):
    sent_up_to(archive, 2)
    waiting = tuple(row.id for row in queued(archive))
    decided = a_decision(3, alerts=(an_alert_of(3, FACT),), superseded=waiting)
    assert archive.comparisons.commit(decided) is not None
    states = [delivery.state for delivery in archive.outbox.newest()]
    assert states == [DeliveryState.QUEUED] * 2 + [DeliveryState.SUPERSEDED] * 2
    assert [row.before for row in queued(archive)] == [a_revision(2), a_revision(2)]


def test_a_decision_that_would_take_back_what_was_tried_writes_nothing(archive: Archive):
    sent_up_to(archive, 2)
    waiting = tuple(row.id for row in queued(archive))
    claim_all(archive, NOW)
    before = archive.outbox.newest()
    assert archive.comparisons.commit(a_decision(3, superseded=waiting)) is None
    assert archive.outbox.newest() == before
    assert archive.revisions.cursor(PAGE) == a_revision(2)
    assert len(archive.comparisons.of_article(PAGE)) == 1


def test_a_page_that_is_not_registered_has_no_facts_and_what_was_sent_stands_with_those_who_have_it(archive: Archive):
    with pytest.raises(Missing, match="not registered"):
        archive.sent_facts.stated(PAGE, NOW)
    sent_up_to(archive, 2)
    mail, chat = claim_all(archive, NOW)
    archive.outbox.mark_sent(mail, later(1))
    archive.outbox.mark_failed(chat, later(1), "404", None)
    (fact,) = stated(archive)
    assert (fact.fact, fact.alert.before, fact.alert.after) == (FACT, a_revision(1), a_revision(2))
    assert (fact.destination, fact.delivery_id) == ("mail", mail.id)
