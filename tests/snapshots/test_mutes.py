"""Test that a mute is stored, counts what it suppresses from its first revision on, and ends once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snapshots import Archive, NewMute, OutgoingAlert
from tests.snapshots.builders import NOW, PAGE, a_check, an_alert, checked_up_to, later, new_deliveries

pytestmark = pytest.mark.dialect


def test_mutes_are_listed_until_they_are_ended(archive: Archive):
    first = archive.mutes.begin(NewMute(wiki="en", title="Lighthouses", until=later(60)), NOW)
    second = archive.mutes.begin(NewMute(rule="claim.*", words="lamps of"), NOW)
    assert archive.mutes.list_open() == (first, second)
    assert (first.until, second.title, second.words) == (later(60), None, "lamps of")
    assert archive.mutes.end(first, (), later(1)) is True
    assert archive.mutes.list_open() == (second,)


def test_the_first_revision_that_was_kept_back_is_remembered(archive: Archive):
    checked_up_to(archive, 1)
    mute = archive.mutes.begin(NewMute(), NOW)
    for number in (2, 3):
        assert archive.comparisons.commit(replace(a_check(number), suppressing_mutes=(mute.id,))) is not None
    assert archive.mutes.suppressed(mute) == ((PAGE, 1),)


def test_the_summary_is_queued_in_the_same_breath_and_once(archive: Archive):
    checked_up_to(archive, 1)
    mute = archive.mutes.begin(NewMute(), NOW)
    alert = OutgoingAlert(alert=an_alert(9), deliveries=new_deliveries(9))
    assert archive.mutes.end(mute, (alert,), NOW) is True
    assert archive.mutes.end(mute, (alert,), NOW) is False
    assert [delivery.alert for delivery in archive.outbox.newest()] == [an_alert(9)] * 2
