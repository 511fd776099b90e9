"""Test that one worker at a time checks a page or sends requests to a wiki, and that a lost worker's lease expires."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, a_check, checked_up_to, later
from tests.snapshots.workers import at_once

pytestmark = pytest.mark.dialect


class Lease(NamedTuple):
    """How a page, or the requests to a wiki, are leased and freed."""

    acquire: Callable[[str, datetime], bool]
    release: Callable[[str], None]


@pytest.fixture(params=["page", "wiki"])
def lease(request: pytest.FixtureRequest, archive: Archive) -> Lease:
    archive.articles.register(PAGE, NOW)
    leases = archive.leases
    if request.param == "page":
        return Lease(
            lambda owner, at: leases.acquire_page(PAGE, owner, at, 60), lambda owner: leases.release_page(PAGE, owner)
        )
    return Lease(
        lambda owner, at: leases.acquire_wiki("en", owner, at, 60), lambda owner: leases.release_wiki("en", owner)
    )


def test_a_lease_is_one_workers_until_it_is_over(lease: Lease):
    assert lease.acquire("one", NOW)
    assert not lease.acquire("two", later(59))
    assert lease.acquire("two", later(60))
    assert not lease.acquire("one", later(61))


def test_a_lease_can_be_prolonged_and_ended_by_its_owner_alone(lease: Lease):
    assert lease.acquire("one", NOW)
    assert lease.acquire("one", later(30))
    lease.release("two")
    assert not lease.acquire("two", later(89))
    lease.release("one")
    assert lease.acquire("two", later(89))


def test_a_lease_given_by_a_clock_that_was_years_ahead_blocks_nobody(lease: Lease):
    assert lease.acquire("one", NOW + timedelta(days=900))
    assert lease.acquire("two", NOW)


def test_each_wiki_has_a_lease_of_its_own(archive: Archive):
    assert archive.leases.acquire_wiki("en", "one", NOW, 60)
    assert archive.leases.acquire_wiki("de", "two", NOW, 60)


@pytest.mark.parametrize(("method", "leased"), [("leases.acquire_page", PAGE), ("leases.acquire_wiki", "en")])
def test_of_many_processes_that_ask_at_once_one_gets_it(url: str, archive: Archive, method: str, leased: object):
    archive.articles.register(PAGE, NOW)
    taken = at_once(url, method, *[(leased, f"worker {number}", NOW, 60) for number in range(4)])
    assert sorted(taken) == [False, False, False, True]


def test_renewed_leases_last_from_then_on_and_those_of_others_do_not(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.leases.acquire_page(PAGE, "one", NOW, 60)
    assert (archive.leases.renew("one", later(50), 60), archive.leases.renew("two", later(50), 60)) == (1, 0)
    assert not archive.leases.acquire_page(PAGE, "two", later(100), 60)
    assert archive.leases.acquire_page(PAGE, "two", later(110), 60)
    assert archive.leases.renew("one", later(111), 60) == 0
    assert archive.leases.renew("two", later(111), 10) == 0, "no lease is made shorter"
    assert not archive.leases.acquire_page(PAGE, "one", later(169), 60)


def test_the_write_of_a_worker_whose_lease_was_taken_is_refused(archive: Archive):
    checked_up_to(archive, 1)
    archive.leases.acquire_page(PAGE, "late", NOW, 60)
    archive.leases.acquire_page(PAGE, "heir", later(61), 60)
    assert archive.comparisons.commit(replace(a_check(2), owner="late")) is None
    assert archive.comparisons.of_article(PAGE) == ()
    assert archive.outbox.newest() == ()
    assert archive.comparisons.commit(replace(a_check(2), owner="heir"))
    archive.leases.release_page(PAGE, "heir")
    assert archive.comparisons.commit(replace(a_check(3), owner="late")) is None, "also when its successor is done"
