"""Events and dead deliveries wait until an operator is told, and are told once."""

from __future__ import annotations

from snapshots import Archive, Telling
from tests.snapshots.builders import NOW, PAGE, an_alert, later, some_drafts

TELLING = Telling(alert=an_alert(9), drafts=some_drafts(9, ("ops",)))


def test_events_are_untold_until_somebody_tells_them(archive: Archive):
    archive.register(PAGE, NOW)
    archive.event(PAGE, "deleted", "Lighthouses is deleted", NOW)
    (one,) = archive.untold_events()
    assert (one.article, one.event.kind) == (PAGE, "deleted")
    assert archive.tell_events([one.id], TELLING, later(1)) is True
    assert archive.tell_events([one.id], TELLING, later(2)) is False
    assert archive.untold_events() == ()
    assert [posting.destination for posting in archive.deliveries()] == ["ops"]


def test_where_one_event_is_told_already_nothing_is_queued_for_the_others(archive: Archive):
    archive.register(PAGE, NOW)
    for kind in ("deleted", "hidden"):
        archive.event(PAGE, kind, kind, NOW)
    first, second = archive.untold_events()
    assert archive.tell_events([first.id], None, NOW) is True
    assert archive.tell_events([first.id, second.id], TELLING, NOW) is False
    assert archive.untold_events() == (second,)
    assert archive.deliveries() == ()


def test_what_is_dead_is_untold_until_told_and_again_when_it_dies_again(archive: Archive):
    archive.register(PAGE, NOW)
    archive.queue(an_alert(2), some_drafts(2, ("mail",)), NOW)
    for expected in (True, True):
        (delivery,) = archive.claim(NOW, owner="one")
        archive.failed(delivery, NOW, "404", None)
        (posting,) = archive.untold_dead()
        assert posting.log[-1].error == "404"
        assert archive.tell_dead([posting.id], None, NOW) is expected
        assert archive.tell_dead([posting.id], TELLING, NOW) is False
        assert archive.untold_dead() == ()
        archive.retry_dead(NOW)
