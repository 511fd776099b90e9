"""Events and dead deliveries wait until an operator is told, and are told once."""

from __future__ import annotations

from snapshots import Archive, OutgoingAlert
from tests.snapshots.builders import NOW, PAGE, an_alert, later, some_drafts

TELLING = OutgoingAlert(alert=an_alert(9), deliveries=some_drafts(9, ("ops",)))


def test_events_are_untold_until_somebody_tells_them(archive: Archive):
    archive.register(PAGE, NOW)
    archive.record_event(PAGE, "deleted", "Lighthouses is deleted", NOW)
    (event,) = archive.unnotified_events()
    assert (event.article, event.event.kind) == (PAGE, "deleted")
    assert archive.queue_event_alert([event.id], TELLING, later(1)) is True
    assert archive.queue_event_alert([event.id], TELLING, later(2)) is False
    assert archive.unnotified_events() == ()
    assert [delivery.destination for delivery in archive.deliveries()] == ["ops"]


def test_where_one_event_is_told_already_nothing_is_queued_for_the_others(archive: Archive):
    archive.register(PAGE, NOW)
    for kind in ("deleted", "hidden"):
        archive.record_event(PAGE, kind, kind, NOW)
    first, second = archive.unnotified_events()
    assert archive.queue_event_alert([first.id], None, NOW) is True
    assert archive.queue_event_alert([first.id, second.id], TELLING, NOW) is False
    assert archive.unnotified_events() == (second,)
    assert archive.deliveries() == ()


def test_what_is_dead_is_untold_until_told_and_again_when_it_dies_again(archive: Archive):
    archive.register(PAGE, NOW)
    archive.queue(an_alert(2), some_drafts(2, ("mail",)), NOW)
    for expected in (True, True):
        (delivery,) = archive.claim(NOW, owner="one")
        archive.mark_failed(delivery, NOW, "404", None)
        (posting,) = archive.unnotified_dead_letters()
        assert posting.log[-1].error == "404"
        assert archive.queue_dead_letter_alert([posting.id], None, NOW) is expected
        assert archive.queue_dead_letter_alert([posting.id], TELLING, NOW) is False
        assert archive.unnotified_dead_letters() == ()
        archive.retry_dead(NOW)
