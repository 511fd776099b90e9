from __future__ import annotations

from datetime import timedelta

from snapshots import Archive, measure
from tests.snapshots.builders import NOW, PAGE, a_check, a_revision, a_snapshot, checked_up_to
from watcher.model import Article


def test_an_empty_memory_is_measured(archive: Archive):
    found = measure(archive, NOW)
    assert (found.revisions, found.deliveries, found.due) == (0, {}, 0)
    assert found.oldest_queued is found.waiting_since is None
    assert found.size > 10_000


def test_the_outbox_is_measured_by_destination(archive: Archive):
    checked_up_to(archive, 3)
    [one, *_] = archive.claim(NOW, owner="me")
    archive.sent(one, NOW)
    found = measure(archive, NOW)
    assert sum(found.deliveries.values()) == 4
    assert found.deliveries[one.destination, "sent"] == 1
    assert found.due == 3
    assert found.oldest_queued == NOW


def test_what_is_stored_and_not_judged_waits(archive: Archive):
    other = Article(wiki="en", page_id=18, title="Harbours")
    checked_up_to(archive, 3)
    archive.register(other, NOW)
    archive.commit(a_check(50, article=other, first=50))
    assert measure(archive, NOW).waiting == 0
    archive.store(PAGE, [a_snapshot(4), a_snapshot(5)])
    archive.store(other, [a_snapshot(51, article=other)])
    found = measure(archive, NOW)
    assert found.waiting == 3
    assert found.waiting_since == a_revision(4).at
    assert found.revisions == 7


def test_a_larger_memory_has_a_larger_size(archive: Archive):
    before = measure(archive, NOW).size
    noise = "".join(f"{number * 7919 % 104729:x} " for number in range(200_000))
    checked_up_to(archive, 1)
    archive.store(PAGE, [a_snapshot(2, noise)])
    assert measure(archive, NOW + timedelta(hours=1)).size > before + 100_000
