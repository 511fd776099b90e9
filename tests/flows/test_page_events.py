"""Test what operators hear, once, of a text that is too large and of a section that is gone, and of their return."""

import pytest

from snapshots import CheckResult
from snapshots.comparisons import ComparisonRepository
from tests.flows.harness import CHANGED, TEXT, WikiHarness
from watcher.model.revisions import MAX_TEXT_BYTES
from watcher.services.alerting.operator_alerts import queue_operator_alerts
from watcher.services.checks.outcome import CheckState
from watcher.services.history.past import backfill

HUGE = "It stood by the river for 5 years.\n\n" * (MAX_TEXT_BYTES // 30)


def summaries(world: WikiHarness) -> list[str]:
    with world.services() as services:
        queue_operator_alerts(services)
    operator = [delivery.alert for delivery in world.alerts() if delivery.alert.topic.value == "operator"]
    return [notice.summary for alert in operator for notice in alert.notices]


def test_a_text_that_is_too_large_is_an_event_and_a_smaller_one_is_compared_with_the_last_that_was_read(
    world: WikiHarness,
):
    world.check_state()
    huge = world.edit(HUGE)
    (outcome,) = world.check()
    assert (outcome.state.value, outcome.error) == ("settling", None)
    assert world.events() == ["too-large"]
    assert world.stored()[-1] == huge
    with world.archive() as archive:
        kept = archive.revisions.snapshot("w", huge)
    assert kept.wikitext is None
    assert (kept.revision.size or 0) > MAX_TEXT_BYTES
    world.edit(HUGE + "More.")
    world.check_state()
    (summary,) = summaries(world)  # once, whoever asks
    assert "too large to compare" in summary
    after = world.edit(CHANGED)
    (outcome,) = world.check()
    assert outcome.state.value == "alert"
    assert outcome.comparison is not None
    assert [finding.summary.split(",")[0] for finding in outcome.comparison.findings][:1] == [
        "21 million → 25 million boats (+19 %)"
    ]
    assert world.stored()[-1] == after
    assert world.events() == ["too-large", "comparable"]


def test_page_that_begins_too_large_has_its_baseline_later(world: WikiHarness) -> None:
    world.edit(HUGE)
    assert world.check_state() == "settling"
    world.edit(TEXT)
    assert world.check_state() == "baseline"


def test_backfill_passes_over_a_text_that_is_too_large_and_does_not_ask_again(world: WikiHarness) -> None:
    world.edit(HUGE)
    world.edit(CHANGED)
    world.check_state()
    with world.services() as services:
        (watch,) = services.watchlist.watches
        first, second = backfill(services, watch), backfill(services, watch)
    assert len(world.stored()) == 3
    assert (first.fetched, second.fetched) == (2, 0)


SECTIONED = "The port has piers.\n\n== Boats ==\nThe survey counted {} boats in 2012.\n"


def test_operators_hear_once_that_a_heading_is_gone_and_that_it_is_back(world: WikiHarness) -> None:
    world.watch("Tide", sections=["boats"])
    for text in (SECTIONED.format(20), SECTIONED.format(30)):
        world.edit(text)
        world.check_state()
    assert world.events() == []
    for count in (30, 40):
        world.edit(SECTIONED.format(count).replace("== Boats ==", "== Boats seen =="))
        world.check_state()
    assert world.events() == ["sections-missing"]
    (summary,) = summaries(world)
    assert "the article has no heading “boats”, which its `sections` name; did you mean “Boats seen”?" in summary
    world.edit(SECTIONED.format(50))
    world.check_state()
    assert world.events() == ["sections-missing", "sections-found"]
    assert summaries(world)[1:] == ["all headings of its `sections` are there again"]


def test_the_event_is_committed_with_the_comparison(world: WikiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    world.watch("Tide", sections=["boats"])
    world.edit(SECTIONED.format(20))
    world.check_state()
    world.edit(SECTIONED.format(30).replace("== Boats ==", "== Boats seen =="))

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
        world.edit(SECTIONED.format(20), title)
    world.watch(*titles, sections=["ships"])
    assert [outcome.state for outcome in world.check()] == [CheckState.BASELINE] * 3
    assert [kind for title in titles for kind in world.events(title)] == ["sections-missing"] * 3
