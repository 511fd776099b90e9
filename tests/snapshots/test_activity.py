from __future__ import annotations

import pytest

from snapshots import Archive
from tests.snapshots.builders import PAGE, a_revision, checked_up_to
from watcher.errors import Missing
from watcher.model import Severity

pytestmark = pytest.mark.dialect


def test_activity_is_when_a_page_was_edited_and_how_much_was_found_by_severity(archive: Archive):
    checked_up_to(archive, 3)
    activity = archive.comparisons.activity(PAGE)
    assert activity.edits == tuple(a_revision(number).at for number in (1, 2, 3))
    assert activity.findings == ((a_revision(2).at, Severity.HIGH, 2), (a_revision(3).at, Severity.HIGH, 2))


def test_a_page_that_is_not_registered_has_no_activity(archive: Archive):
    with pytest.raises(Missing):
        archive.comparisons.activity(PAGE)
