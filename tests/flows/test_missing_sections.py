"""Test that operators are alerted once when a watched section's heading is renamed, and when it returns."""

from __future__ import annotations

import pytest

from snapshots import CheckResult
from snapshots.comparisons import ComparisonRepository
from tests.flows.harness import WikiHarness
from watcher.services.operator_alerts import queue_operator_alerts
from watcher.services.outcome import CheckState

TEXT = "The port has piers.\n\n== Boats ==\nThe survey counted {} boats in 2012.\n"


def summaries(world: WikiHarness) -> list[str]:
    with world.services() as services:
        queue_operator_alerts(services)
    operator = [delivery.alert for delivery in world.alerts() if delivery.alert.topic.value == "operator"]
    return [notice.summary for alert in operator for notice in alert.notices]


def test_operators_hear_once_that_a_heading_is_gone_and_that_it_is_back(world: WikiHarness) -> None:
    world.watch("Tide", sections=["boats"])
    for text in (TEXT.format(20), TEXT.format(30)):
        world.edit(text)
        world.check_state()
    assert world.events() == []
    for count in (30, 40):
        world.edit(TEXT.format(count).replace("== Boats ==", "== Boats seen =="))
        world.check_state()
    assert world.events() == ["sections-missing"]
    (summary,) = summaries(world)
    assert "the article has no heading “boats”, as its `sections` name it; did you mean “Boats seen”?" in summary
    world.edit(TEXT.format(50))
    world.check_state()
    assert world.events() == ["sections-missing", "sections-found"]
    assert summaries(world)[1:] == ["all headings of its `sections` are there again"]


def test_the_event_is_committed_with_the_comparison(world: WikiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    world.watch("Tide", sections=["boats"])
    world.edit(TEXT.format(20))
    world.check_state()
    world.edit(TEXT.format(30).replace("== Boats ==", "== Boats seen =="))

    commit = ComparisonRepository.commit

    def commit_and_fail(repository: ComparisonRepository, result: CheckResult) -> None:
        commit(repository, result)
        raise RuntimeError("killed after the commit")

    with monkeypatch.context() as patch:
        patch.setattr(ComparisonRepository, "commit", commit_and_fail)
        assert world.check_state() == "failed"
    assert world.check_state() == "unchanged"
    assert "sections-missing" in world.events()


def test_headings_are_missed_from_the_first_check_of_several_pages_on(world: WikiHarness) -> None:
    titles = ("Tide", "Moon", "Sun")
    for title in titles:
        world.edit(TEXT.format(20), title)
    world.watch(*titles, sections=["ships"])
    assert [outcome.state for outcome in world.check()] == [CheckState.BASELINE] * 3
    assert [kind for title in titles for kind in world.events(title)] == ["sections-missing"] * 3
