"""Test that a lease lasts while its worker lives, and that a worker declared lost writes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, a_check, checked_up_to, later

pytestmark = pytest.mark.dialect


def test_renewed_leases_last_from_then_on_and_those_of_others_do_not(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.leases.acquire_page(PAGE, "one", NOW, 60)
    assert (archive.leases.renew("one", later(50), 60), archive.leases.renew("two", later(50), 60)) == (1, 0)
    assert not archive.leases.acquire_page(PAGE, "two", later(100), 60)
    assert archive.leases.acquire_page(PAGE, "two", later(110), 60)
    assert archive.leases.renew("one", later(111), 60) == 0


def test_no_renewal_makes_a_lease_shorter(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.leases.acquire_page(PAGE, "one", NOW, 600)
    assert archive.leases.renew("one", later(10), 60) == 0
    assert not archive.leases.acquire_page(PAGE, "two", later(599), 60)


def test_the_write_of_a_worker_whose_lease_was_taken_is_refused(archive: Archive):
    checked_up_to(archive, 1)
    archive.leases.acquire_page(PAGE, "late", NOW, 60)
    archive.leases.acquire_page(PAGE, "heir", later(61), 60)
    assert archive.comparisons.commit(replace(a_check(2), owner="late")) is None
    assert archive.comparisons.of_article(PAGE) == ()
    assert archive.outbox.newest() == ()
    assert archive.comparisons.commit(replace(a_check(2), owner="heir"))


def test_the_write_of_a_worker_is_refused_also_when_its_successor_is_done(archive: Archive):
    checked_up_to(archive, 1)
    archive.leases.acquire_page(PAGE, "late", NOW, 60)
    archive.leases.acquire_page(PAGE, "heir", later(61), 60)
    archive.leases.release_page(PAGE, "heir")
    assert archive.comparisons.commit(replace(a_check(2), owner="late")) is None
