"""Test that metrics of all processes are summed in the database."""

from tests.flows.harness import CHANGED, WikiHarness
from watcher.services.checks.outcome import RunMetrics


def sums(world: WikiHarness) -> dict[tuple[str, ...], float]:
    with world.archive() as archive:
        return {
            (shared_counter.name, *shared_counter.labels.values()): shared_counter.amount
            for shared_counter in archive.metrics.counters()
        }


def test_checks_revisions_findings_and_requests_are_counted(world: WikiHarness):
    world.check()
    world.edit_and_check(CHANGED)
    result = sums(world)
    assert result["checks", "baseline", "w"] == 1
    assert result["checks", "alert", "w"] == 1
    assert result["revisions", "w"] == 2
    assert result["findings", "statistic.changed", "high"] == 1
    assert result["requests", "ok", "w"] >= 4
    assert result["runs", "check"] == 2
    assert result["judgement_delay_seconds_sum", "w"] == 0
    assert result["judgement_lag_seconds_sum", "w"] == 60  # edited a minute before it was judged


def test_a_failed_check_and_a_busy_wiki_are_counted(world: WikiHarness):
    world.wiki.close()
    world.check_state()
    result = sums(world)
    assert result["checks", "failed", "w"] == 1
    assert result["requests", "busy", "w"] == 1


def test_waits_are_counted_with_their_length():
    counts = RunMetrics()
    counts.on_wait("w", 2.5)
    counts.on_wait("w", 0.5)
    assert counts.drain() == {("waits", (("wiki", "w"),)): 2, ("wait_seconds", (("wiki", "w"),)): 3.0}


def test_deliveries_are_counted_by_outcome(world: WikiHarness):
    world.check()
    world.edit_and_check(CHANGED)
    world.deliver_due()  # nothing listens there
    result = sums(world)
    assert result["deliveries", "retried"] == 1
    assert result["runs", "deliver"] == 1


def test_a_duration_falls_into_the_first_bucket_that_holds_it():
    counts = RunMetrics()
    for seconds in (0.005, 0.0051, 300, 3601):
        counts.observe("check_seconds", seconds)
    result = {dict(labels).get("le", name): amount for (name, labels), amount in counts.drain().items()}
    assert result == {"0.005": 1, "0.025": 1, "300.0": 1, "+Inf": 1, "check_seconds_sum": 3901.0101}
