from __future__ import annotations

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, checked_up_to, later


def test_who_holds_a_page_or_a_delivery_is_known_once(archive: Archive):
    checked_up_to(archive, 2)
    assert archive.lease_owners() == ()
    archive.claim(later(1), owner="one", limit=1)
    archive.acquire_page(PAGE, "two", NOW, 60)
    archive.claim(later(1), owner="two", limit=1)
    assert archive.lease_owners() == ("one", "two")


def test_freed_leases_are_anybodys_and_those_of_others_are_kept(archive: Archive):
    checked_up_to(archive, 2)
    archive.claim(later(1), owner="one", limit=1)
    archive.claim(later(1), owner="two", limit=1)
    archive.acquire_page(PAGE, "one", NOW, 60)
    archive.release_leases("one")
    assert archive.lease_owners() == ("two",)
    assert archive.acquire_page(PAGE, "three", NOW, 60)
    assert [each.attempts for each in archive.claim(later(1), owner="three")] == [2]
