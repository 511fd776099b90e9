"""The ledger is a part of the archive: one database, one transaction a method."""

from __future__ import annotations

import pytest

from snapshots import Archive
from snapshots.alert_archive import SentAlertsAndMutes
from tests.snapshots.builders import NOW, PAGE
from watcher.errors import Missing


def test_the_archive_is_a_ledger(archive: Archive):
    assert isinstance(archive, SentAlertsAndMutes)
    assert archive.mutes() == archive.unnotified_events() == archive.unnotified_dead_letters() == ()


def test_a_page_that_is_not_registered_has_no_ledger(archive: Archive):
    with pytest.raises(Missing, match="not registered"):
        archive.unresolved_facts(PAGE)
    with pytest.raises(Missing, match="not registered"):
        archive.queued_alerts(PAGE, NOW)
