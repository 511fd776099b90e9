from __future__ import annotations

from collections.abc import Callable

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW, later
from tests.snapshots.workers import PROCESSES, run, tally

pytestmark = pytest.mark.dialect

WELL = ("checks", (("state", "quiet"),))
BAD = ("checks", (("state", "failed"),))


def sums(archive: Archive) -> dict[tuple[str, str], float]:
    return {
        (shared_counter.name, shared_counter.labels.get("state", "")): shared_counter.amount
        for shared_counter in archive.metrics.counters()
    }


def test_what_is_added_is_summed_under_its_name_and_labels(archive: Archive):
    archive.metrics.add_counters({WELL: 2, BAD: 1, ("seconds", ()): 0.25}, NOW)
    archive.metrics.add_counters({WELL: 3, ("seconds", ()): 0.5}, later(60))
    assert sums(archive) == {("checks", "quiet"): 5, ("checks", "failed"): 1, ("seconds", ""): 0.75}


def test_a_sum_knows_when_it_grew_last(archive: Archive):
    archive.metrics.add_counters({WELL: 1, BAD: 1}, NOW)
    archive.metrics.add_counters({BAD: 1}, later(60))
    assert {shared_counter.labels["state"]: shared_counter.at for shared_counter in archive.metrics.counters()} == {
        "quiet": NOW,
        "failed": later(60),
    }


def test_nothing_counted_writes_nothing(archive: Archive):
    archive.metrics.add_counters({}, NOW)
    assert archive.metrics.counters() == ()


def test_no_count_of_processes_that_add_at_once_is_lost(url: str, open_archive: Callable[..., Archive]):
    start = PROCESSES.Barrier(4)
    run(tally, *[(url, start)] * 4)
    assert sums(open_archive()) == {("checks", "quiet"): 80, ("checks", "failed"): 40}
