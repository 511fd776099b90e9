"""Test that events, dead letters and watches that were never reached wait for the operators' alert, each once."""

from typing import Any

import pytest
from sqlalchemy import Connection

from snapshots import Archive, Delivery, OutgoingAlert, PageEvent
from tests.snapshots.builders import NOW, PAGE, an_alert, claim_all, each_statement, enqueue, later, new_deliveries

OUTGOING = OutgoingAlert(alert=an_alert(9), deliveries=new_deliveries(9, ("ops",)))


def test_events_are_unreported_until_somebody_reports_them(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.events.record(PAGE, "deleted", "Lighthouses is deleted", NOW)
    ((article, event),) = archive.events.unnotified()
    assert (article, event.kind) == (PAGE, "deleted")
    assert archive.outbox.queue_operator_alert(PageEvent, [event.id], OUTGOING, later(1)) is True
    assert archive.outbox.queue_operator_alert(PageEvent, [event.id], OUTGOING, later(2)) is False
    assert archive.events.unnotified() == ()
    assert [delivery.destination for delivery in archive.outbox.newest()] == ["ops"]


def test_where_one_event_is_reported_already_nothing_is_queued_for_the_others(archive: Archive):
    archive.articles.register(PAGE, NOW)
    for kind in ("deleted", "hidden"):
        archive.events.record(PAGE, kind, kind, NOW)
    first, second = archive.events.unnotified()
    assert archive.outbox.queue_operator_alert(PageEvent, [first[1].id], None, NOW) is True
    assert archive.outbox.queue_operator_alert(PageEvent, [first[1].id, second[1].id], OUTGOING, NOW) is False
    assert archive.events.unnotified() == (second,)
    assert archive.outbox.newest() == ()


def test_what_is_dead_is_unreported_until_reported_and_again_when_it_dies_again(archive: Archive):
    archive.articles.register(PAGE, NOW)
    enqueue(archive, an_alert(2), new_deliveries(2, ("mail",)), NOW)
    for expected in (True, True):
        (delivery,) = claim_all(archive, NOW)
        archive.outbox.mark_failed(delivery, NOW, "404", None)
        (posting,) = archive.outbox.unnotified_dead_letters()
        assert posting.log[-1].error == "404"
        assert archive.outbox.queue_operator_alert(Delivery, [posting.id], None, NOW) is expected
        assert archive.outbox.queue_operator_alert(Delivery, [posting.id], OUTGOING, NOW) is False
        assert archive.outbox.unnotified_dead_letters() == ()
        archive.outbox.retry_dead(NOW)


@pytest.mark.dialect
def test_the_events_of_all_pages_are_not_read_for_the_few_that_wait(archive: Archive):
    """Each round of deliveries asks, and an outage of a long list leaves hundreds of thousands."""
    plans: list[str] = []

    def explain(connection: Connection, statement: str, parameters: Any) -> None:
        if "FROM event" in statement and "EXPLAIN" not in statement:
            asked = "EXPLAIN QUERY PLAN"
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # it reads all of a small table
                asked = "EXPLAIN"
            plans.append(str(connection.exec_driver_sql(f"{asked} {statement}", parameters).fetchall()))

    with each_statement(explain):
        archive.events.unnotified()
    (plan,) = plans
    assert "ix_event_notified_at_id" in plan


def test_failures_are_counted_and_the_last_reason_is_kept(archive: Archive):
    for number, error in enumerate(("away", "still away")):
        archive.unreached_watches.record_failure("en", "Lighthouses", error, later(number))
    (watch,) = archive.unreached_watches.list_all()
    assert (watch.title, watch.failures, watch.error, watch.checked_at) == ("Lighthouses", 2, "still away", later(1))


def test_whoever_is_first_reports_it_and_what_nobody_heard_of_is_forgotten_at_once(archive: Archive):
    archive.unreached_watches.record_failure("en", "Lighthouses", "away", NOW)
    ids = [watch.id for watch in archive.unreached_watches.list_all()]
    assert [archive.unreached_watches.mark_notified(ids, None, NOW) for _ in range(2)] == [True, False]
    archive.unreached_watches.record_reached("en", ["Lighthouses"], NOW)
    assert [watch.reached_at for watch in archive.unreached_watches.list_all()] == [NOW]
    assert [archive.unreached_watches.mark_notified(ids, None, NOW) for _ in range(2)] == [True, False]
    assert archive.unreached_watches.list_all() == ()
    archive.unreached_watches.record_failure("en", "Lighthouses", "away", NOW)
    archive.unreached_watches.record_reached("en", ["Lighthouses"], NOW)
    assert archive.unreached_watches.list_all() == ()
