from __future__ import annotations

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, checked_up_to, later

pytestmark = pytest.mark.dialect


def test_who_holds_a_page_or_a_delivery_is_known_once(archive: Archive):
    checked_up_to(archive, 2)
    assert archive.leases.owners() == ()
    archive.outbox.claim(later(1), owner="one", limit=1)
    archive.leases.acquire_page(PAGE, "two", NOW, 60)
    archive.outbox.claim(later(1), owner="two", limit=1)
    assert archive.leases.owners() == ("one", "two")


def test_freed_leases_are_anybodys_and_those_of_others_are_kept(archive: Archive):
    checked_up_to(archive, 2)
    archive.outbox.claim(later(1), owner="one", limit=1)
    archive.outbox.claim(later(1), owner="two", limit=1)
    archive.leases.acquire_page(PAGE, "one", NOW, 60)
    archive.leases.release_all("one")
    assert archive.leases.owners() == ("two",)
    assert archive.leases.acquire_page(PAGE, "three", NOW, 60)
    assert [each.attempts for each in archive.outbox.claim(later(1), owner="three")] == [2]
