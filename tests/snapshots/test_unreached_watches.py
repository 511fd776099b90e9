"""Test that a watch that was never reached is counted, reported once, and cleared when it is reached."""

from __future__ import annotations

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW, later

pytestmark = pytest.mark.dialect


def test_failures_are_counted_and_the_last_reason_is_kept(archive: Archive):
    for number, error in enumerate(("away", "still away")):
        archive.unreached_watches.record_failure("en", "Lighthouses", error, later(number))
    (watch,) = archive.unreached_watches.list_all()
    assert (watch.title, watch.failures, watch.error, watch.checked_at) == ("Lighthouses", 2, "still away", later(1))


def test_whoever_is_first_reports_it(archive: Archive):
    archive.unreached_watches.record_failure("en", "Lighthouses", "away", NOW)
    ids = [watch.id for watch in archive.unreached_watches.list_all()]
    assert [archive.unreached_watches.mark_notified(ids, None, NOW) for _ in range(2)] == [True, False]
    archive.unreached_watches.record_first_success("en", "Lighthouses", NOW)
    assert [watch.reached for watch in archive.unreached_watches.list_all()] == [True]
    assert [archive.unreached_watches.mark_notified(ids, None, NOW) for _ in range(2)] == [True, False]
    assert archive.unreached_watches.list_all() == ()


def test_one_that_was_reported_to_nobody_is_forgotten_at_once(archive: Archive):
    archive.unreached_watches.record_failure("en", "Lighthouses", "away", NOW)
    archive.unreached_watches.record_first_success("en", "Lighthouses", NOW)
    assert archive.unreached_watches.list_all() == ()
