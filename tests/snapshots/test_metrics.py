"""Test the numbers of the database, and the counters that all processes share."""

from collections.abc import Callable

import pytest

from snapshots import Archive, OutboxStatus
from tests.snapshots.builders import (
    NOW,
    PAGE,
    a_check,
    a_revision,
    a_snapshot,
    an_alert,
    checked_up_to,
    claim_all,
    enqueue,
    later,
    new_deliveries,
)
from tests.snapshots.workers import PROCESSES, run, tally
from watcher.model import Article

pytestmark = pytest.mark.dialect


def test_an_empty_memory_is_measured_and_nothing_counted_writes_nothing(archive: Archive):
    metrics = archive.metrics.collect(NOW)
    assert (metrics.revisions, metrics.deliveries, metrics.due) == (0, {}, 0)
    assert metrics.due_since is metrics.waiting_since is None
    assert metrics.size > 10_000
    assert archive.metrics.outbox(NOW) == OutboxStatus(queued=0, due=0, dead=0, oldest_queued=None)
    archive.metrics.add_counters({}, NOW)
    assert archive.metrics.counters() == ()


def test_the_outbox_is_measured_by_destination(archive: Archive):
    checked_up_to(archive, 3)
    [message, *_] = claim_all(archive, NOW, owner="me")
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


def test_the_outbox_is_counted_by_what_can_be_done_about_it(archive: Archive):
    for number in (2, 3, 4, 5):
        enqueue(archive, an_alert(number), new_deliveries(number, ("mail",)), later(number))
    (sent,) = claim_all(archive, later(10))
    archive.outbox.mark_sent(sent, later(11))
    for error, retry_at in (("410", None), ("503", later(500))):
        (failed,) = claim_all(archive, later(10))
        archive.outbox.mark_failed(failed, later(11), error, retry_at)
    status = archive.metrics.outbox(later(12))
    assert (status.queued, status.due, status.dead, status.oldest_queued) == (2, 1, 1, later(4))


WELL = ("checks", (("state", "quiet"),))
BAD = ("checks", (("state", "failed"),))


def sums(archive: Archive) -> dict[tuple[str, str], float]:
    return {(counter.name, counter.labels.get("state", "")): counter.amount for counter in archive.metrics.counters()}


def test_what_is_added_is_summed_under_its_name_and_labels(archive: Archive):
    archive.metrics.add_counters({WELL: 2, BAD: 1, ("seconds", ()): 0.25}, NOW)
    archive.metrics.add_counters({WELL: 3, ("seconds", ()): 0.5}, later(60))
    assert sums(archive) == {("checks", "quiet"): 5, ("checks", "failed"): 1, ("seconds", ""): 0.75}
    assert {counter.labels.get("state", ""): counter.at for counter in archive.metrics.counters()} == {
        "quiet": later(60), "failed": NOW, "": later(60),
    }  # fmt: skip


@pytest.mark.slow
def test_no_count_of_processes_that_add_at_once_is_lost(url: str, open_archive: Callable[..., Archive]):
    start = PROCESSES.Barrier(4)
    run(tally, *[(url, start)] * 4)
    assert sums(open_archive()) == {("checks", "quiet"): 80, ("checks", "failed"): 40}
