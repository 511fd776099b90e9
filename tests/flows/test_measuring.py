"""What a run did is summed in the database, whichever process did it."""

from __future__ import annotations

from flows.measuring import Counts
from flows.posting import post
from snapshots import tallies
from tests.flows.world import CHANGED, World


def sums(world: World) -> dict[tuple[str, ...], float]:
    with world.archive() as archive:
        return {(one.name, *one.labels.values()): one.amount for one in tallies(archive)}


def test_checks_revisions_findings_and_requests_are_counted(world: World):
    world.check()
    world.edit(CHANGED)
    world.check()
    found = sums(world)
    assert found["checks", "baseline", "w"] == 1
    assert found["checks", "alert", "w"] == 1
    assert found["revisions", "w"] == 2
    assert found["findings", "statistic.changed", "high"] == 1
    assert found["requests", "ok", "w"] >= 4
    assert found["runs", "check"] == 2
    assert found["judgement_lag_seconds_sum", "w"] == 60  # edited a minute before it was judged


def test_a_failed_check_and_a_busy_wiki_are_counted(world: World):
    world.wiki.close()
    world.told()
    found = sums(world)
    assert found["checks", "failed", "w"] == 1
    assert found["requests", "busy", "w"] == 1


def test_waits_are_counted_with_their_length():
    counts = Counts()
    counts.waited("w", 2.5)
    counts.waited("w", 0.5)
    assert counts.taken() == {("waits", (("wiki", "w"),)): 2, ("wait_seconds", (("wiki", "w"),)): 3.0}


def test_deliveries_are_counted_by_outcome(world: World):
    world.check()
    world.edit(CHANGED)
    world.check()
    with world.services() as services:
        post(services)  # nothing listens there
    found = sums(world)
    assert found["deliveries", "retried"] == 1
    assert found["runs", "deliver"] == 1


def test_a_duration_falls_into_the_first_bucket_that_holds_it():
    counts = Counts()
    for seconds in (0.005, 0.0051, 300, 301):
        counts.observe("check_seconds", seconds)
    found = {dict(labels).get("le", name): amount for (name, labels), amount in counts.taken().items()}
    assert found == {"0.005": 1, "0.025": 1, "300.0": 1, "+Inf": 1, "check_seconds_sum": 601.0101}


def test_what_was_taken_is_not_counted_again():
    counts = Counts()
    counts.add("runs", 1, kind="check")
    assert len(counts.taken()) == 1
    assert counts.taken() == {}
