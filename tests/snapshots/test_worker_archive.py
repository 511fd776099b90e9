"""A lease lasts while its worker lives, and a worker that was taken for lost writes nothing."""

from __future__ import annotations

from dataclasses import replace

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, a_check, checked_up_to, later


def test_renewed_leases_last_from_then_on_and_those_of_others_do_not(archive: Archive):
    archive.register(PAGE, NOW)
    archive.acquire_page(PAGE, "one", NOW, 60)
    assert (archive.renew_leases("one", later(50), 60), archive.renew_leases("two", later(50), 60)) == (1, 0)
    assert not archive.acquire_page(PAGE, "two", later(100), 60)
    assert archive.acquire_page(PAGE, "two", later(110), 60)
    assert archive.renew_leases("one", later(111), 60) == 0


def test_no_renewal_makes_a_lease_shorter(archive: Archive):
    archive.register(PAGE, NOW)
    archive.acquire_page(PAGE, "one", NOW, 600)
    assert archive.renew_leases("one", later(10), 60) == 0
    assert not archive.acquire_page(PAGE, "two", later(599), 60)


def test_the_write_of_a_worker_whose_lease_was_taken_is_refused(archive: Archive):
    checked_up_to(archive, 1)
    archive.acquire_page(PAGE, "late", NOW, 60)
    archive.acquire_page(PAGE, "heir", later(61), 60)
    assert archive.commit(replace(a_check(2), owner="late")) is None
    assert archive.comparisons(PAGE) == ()
    assert archive.deliveries() == ()
    assert archive.commit(replace(a_check(2), owner="heir"))


def test_the_write_of_a_worker_is_refused_also_when_its_heir_is_done(archive: Archive):
    checked_up_to(archive, 1)
    archive.acquire_page(PAGE, "late", NOW, 60)
    archive.acquire_page(PAGE, "heir", later(61), 60)
    archive.release_page(PAGE, "heir")
    assert archive.commit(replace(a_check(2), owner="late")) is None
