"""A watch that was never reached is counted by its title, told once, and forgotten when it is reached."""

from __future__ import annotations

from snapshots import Archive
from tests.snapshots.builders import NOW, later


def test_failures_are_counted_and_the_last_reason_is_kept(archive: Archive):
    for number, error in enumerate(("away", "still away")):
        archive.missed("en", "Lighthouses", error, later(number))
    (one,) = archive.newcomers()
    assert (one.title, one.failures, one.error, one.checked_at) == ("Lighthouses", 2, "still away", later(1))


def test_who_is_told_first_tells(archive: Archive):
    archive.missed("en", "Lighthouses", "away", NOW)
    ids = [one.id for one in archive.newcomers()]
    assert [archive.tell_newcomers(ids, None, NOW) for _ in range(2)] == [True, False]
    archive.arrived("en", "Lighthouses", NOW)
    assert [one.arrived for one in archive.newcomers()] == [True]
    assert [archive.tell_newcomers(ids, None, NOW) for _ in range(2)] == [True, False]
    assert archive.newcomers() == ()


def test_one_that_nobody_was_told_of_is_forgotten_at_once(archive: Archive):
    archive.missed("en", "Lighthouses", "away", NOW)
    archive.arrived("en", "Lighthouses", NOW)
    assert archive.newcomers() == ()
