"""Test that a failing comparison is recorded, alerted once with its revisions and passed."""

from __future__ import annotations

from dataclasses import replace

from tests.flows.harness import CHANGED, TEXT, WikiHarness
from watcher.errors import Unavailable
from watcher.model import Comparison, Dialect, Kind, OperatorEvent, Policy, Severity, Snapshot, Unread
from watcher.model.elements import FAILED
from watcher.pipeline import compare
from watcher.services.check import check
from watcher.services.context import Compare
from watcher.services.health import recent_failures, status_json, watch_health
from watcher.services.operator_alerts import queue_operator_alerts
from watcher.services.outcome import CheckOutcome

_POISONED = TEXT.replace("21 million", "23 million") + "\nPoison.\n"


def _fails_on_poison(before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
    if "Poison" in (after.wikitext or "") and "Poison" not in (before.wikitext or ""):
        raise ZeroDivisionError("planted")
    return compare(before, after, policy=policy, dialect=dialect)


def _reads_in_part(before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
    comparison = compare(before, after, policy=policy, dialect=dialect)
    return replace(comparison, unread=(Unread(reason=f"{FAILED}a reference: ValueError"),))


def _checked(world: WikiHarness, planted: Compare, text: str | None = None) -> CheckOutcome:
    if text is not None:
        world.edit(text)
    world.clock.advance(minutes=1)
    with world.services() as services:
        services.compare = planted
        outcome, *_ = check(services, services.watchlist.watches)
        queue_operator_alerts(services)
    return outcome


def test_a_failed_comparison_is_alerted_once_with_its_revisions_and_the_link_to_the_difference(
    either_world: WikiHarness,
):
    either_world.check()
    outcome = _checked(either_world, _fails_on_poison, _POISONED)
    assert outcome.failed
    assert "revisions 1 → 2" in outcome.text
    (delivery,) = either_world.alerts()
    (notice,) = delivery.alert.notices
    assert (notice.kind, notice.severity) == (OperatorEvent.COMPARISON_FAILED, Severity.HIGH)
    assert "revisions 1 → 2" in notice.summary
    assert "ZeroDivisionError" in notice.summary
    assert "diff=2" in delivery.alert.diff_url
    assert [event.kind for event in either_world.happened()] == ["comparison-failed"]


def test_the_same_failure_is_met_once_and_the_next_edit_is_judged(either_world: WikiHarness):
    either_world.check()
    states = [_checked(either_world, _fails_on_poison, _POISONED).state.value for _ in range(3)]
    assert states == ["failed", "unchanged", "unchanged"]
    assert len(either_world.alerts()) == 1
    assert (
        _checked(either_world, _fails_on_poison, _POISONED.replace("23 million", "29 million")).state.value == "alert"
    )
    newest = either_world.alerts()[-1].alert
    assert (newest.before.id, newest.after.id) == (2, 3)
    assert "23 million → 29 million" in newest.notices[0].summary


def test_the_status_for_programs_lists_a_failed_comparison(world: WikiHarness):
    world.check()
    _checked(world, _fails_on_poison, _POISONED)
    with world.services() as services:
        now = services.now()
        status = services.archive.metrics.outbox(now)
        reported = status_json(watch_health(services, now), status, now, recent_failures(services.archive, now))
    (failure,) = reported["failed_comparisons"]  # type: ignore[misc]
    assert (failure["wiki"], failure["page"], failure["revision"]) == ("w", "Tide", 2)
    assert failure["detail"]


def test_what_was_read_is_reported_beside_what_failed(world: WikiHarness):
    world.check()
    assert _checked(world, _reads_in_part, CHANGED).state.value == "alert"
    kinds = {notice.kind for delivery in world.alerts() for notice in delivery.alert.notices}
    assert kinds == {Kind.STATISTIC_CHANGED, OperatorEvent.COMPARISON_FAILED}


def test_a_destination_that_serves_another_watch_hears_of_no_failure(world: WikiHarness):
    world.extra_settings = (
        'operator = false\n[[destination]]\nname = "other"\nurl = "json://127.0.0.1:9/o"\n'
        'operator = false\narticles = ["Moon"]\n'
    )
    world.watch("Tide", "Moon")
    world.edit_and_check("The Moon.", title="Moon")
    _checked(world, _fails_on_poison, _POISONED)
    assert [delivery.destination for delivery in world.alerts()] == ["inbox"]


def test_an_edit_that_has_not_settled_is_not_given_up_yet(world: WikiHarness):
    world.watch("Tide", settle="10m", critical_bypass=True).check()
    assert _checked(world, _fails_on_poison, _POISONED).state.value == "settling"
    world.clock.advance(minutes=20)
    assert _checked(world, _fails_on_poison).state.value == "failed"


def test_an_error_that_says_what_to_do_is_tried_again(world: WikiHarness):
    def unavailable(*_: object, **__: object) -> Comparison:
        raise Unavailable("the wiki is busy; it is asked again")

    world.check()
    assert _checked(world, unavailable, _POISONED).state.value == "failed"
    assert world.alerts() == []
    assert _checked(world, compare).state.value == "alert"
