from __future__ import annotations

from datetime import timedelta

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, a_check, a_revision, a_snapshot, checked_up_to
from watcher.model import Article

pytestmark = pytest.mark.dialect


def test_an_empty_memory_is_measured(archive: Archive):
    metrics = archive.metrics.collect(NOW)
    assert (metrics.revisions, metrics.deliveries, metrics.due) == (0, {}, 0)
    assert metrics.due_since is metrics.waiting_since is None
    assert metrics.size > 10_000


def test_the_outbox_is_measured_by_destination(archive: Archive):
    checked_up_to(archive, 3)
    [message, *_] = archive.outbox.claim(NOW, owner="me")
    archive.outbox.mark_sent(message, NOW)
    metrics = archive.metrics.collect(NOW)
    assert sum(metrics.deliveries.values()) == 4
    assert metrics.deliveries[message.destination, "sent"] == 1
    assert metrics.due == 3
    assert metrics.due_since == NOW


def test_what_is_stored_and_not_judged_waits(archive: Archive):
    other = Article(wiki="en", page_id=18, title="Harbours")
    checked_up_to(archive, 3)
    archive.articles.register(other, NOW)
    archive.comparisons.commit(a_check(50, article=other, first=50))
    assert archive.metrics.collect(NOW).waiting == 0
    archive.revisions.store(PAGE, [a_snapshot(4), a_snapshot(5)])
    archive.revisions.store(other, [a_snapshot(51, article=other)])
    metrics = archive.metrics.collect(NOW)
    assert metrics.waiting == 3
    assert metrics.waiting_since == a_revision(4).at
    assert metrics.revisions == 7


def test_a_larger_memory_has_a_larger_size(archive: Archive):
    before = archive.metrics.collect(NOW).size
    noise = "".join(f"{number * 7919 % 104729:x} " for number in range(200_000))
    checked_up_to(archive, 1)
    archive.revisions.store(PAGE, [a_snapshot(2, noise)])
    assert archive.metrics.collect(NOW + timedelta(hours=1)).size > before + 100_000
