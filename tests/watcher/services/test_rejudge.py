"""Test that newer rules judge stored edits again: decisions stay, nothing is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from snapshots import Dismissal, ReviewAction, ReviewDecision, ReviewedFinding, ReviewState
from snapshots.review_records import FindingRow
from tests.flows.harness import CHANGED, COPY_EDITED, TEXT, WikiHarness
from watcher.model import Comparison, Severity
from watcher.pipeline import compare
from watcher.services.rejudge import RejudgeReport, rejudge

BOTH = CHANGED.replace("Every harbour keeps", "No harbour keeps")


def lenient(*args, **options) -> Comparison:
    """Rules of another release: a changed statistic is housekeeping."""
    done = compare(*args, **options)
    lowered = (
        replace(finding, severity=Severity.LOW) if finding.change.kind.subject == "statistic" else finding
        for finding in done.findings
    )
    return replace(done, findings=tuple(lowered))


def blind(*args, **options) -> Comparison:
    """Rules of another release: nothing is found."""
    return replace(compare(*args, **options), findings=())


def judged_again(world: WikiHarness, rules=compare, *, write: bool = True) -> RejudgeReport:
    with world.services() as services:
        services.compare = rules
        return rejudge(services, world.clock() - timedelta(days=1), write=write)


def findings(world: WikiHarness) -> dict[str, ReviewedFinding]:
    """The findings from low on by their rules."""
    return {finding.rule: finding for finding in world.findings() if finding.severity > Severity.INFO}


def edited(world: WikiHarness, text: str = CHANGED) -> WikiHarness:
    world.check()
    world.edit_and_check(text)
    return world


def broken(*args, **options) -> Comparison:
    """Rules of another release: the edit that takes a number away is too much for them."""
    _, after = args
    if "No harbour keeps" in after.wikitext:
        raise ZeroDivisionError
    return compare(*args, **options)


def decide(world: WikiHarness, finding: ReviewedFinding) -> None:
    with world.archive() as archive:
        decision = ReviewDecision(action=ReviewAction.DISMISS, reason=Dismissal.UPDATE_IS_RIGHT)
        archive.reviews.decide([finding.id], decision, "Ann", world.clock())


def forget(world: WikiHarness, rule: str) -> None:
    """As if another release had not found it."""
    with world.archive() as archive, archive.database.write() as session:
        for row in session.exec(select(FindingRow).where(FindingRow.rule == rule)):
            session.delete(row)


def test_the_same_rules_change_nothing(either_world: WikiHarness):
    world = edited(either_world, BOTH)
    before, sent = findings(world), world.alerts()
    report = judged_again(world)
    assert (report.judged, report.more, report.fewer, report.findings) == (1, [], [], 0)
    assert (findings(world), world.alerts()) == (before, sent)


def test_what_came_later_is_not_known_when_an_edit_is_judged_again(either_world: WikiHarness):
    """The second edit puts the value back: that makes no edit war of the first."""
    world = edited(either_world)
    world.edit_and_check(TEXT.replace("on the wall", "on a wall"))
    judged_again(world)
    reasons = [item.body["reasons"] for item in world.findings() if item.kind == "statistic.changed"]
    assert ["flipped-before" in codes for codes in reasons] == [False, True]


def test_a_dry_run_says_what_would_be_another_and_stores_nothing(world: WikiHarness):
    edited(world)
    before = findings(world)
    report = judged_again(world, lenient, write=False)
    (edit,) = report.fewer
    assert (edit.was, edit.now, report.more) == (
        "high: 21 million → 25 million boats (+19 %), same source, same year",
        None,
        [],
    )
    assert findings(world) == before


def test_new_severities_are_stored_and_what_is_not_found_any_more_is_resolved(either_world: WikiHarness):
    world = edited(either_world)
    sent = world.alerts()
    judged_again(world, lenient)
    assert findings(world)["statistic_value_changed"].severity is Severity.LOW
    (edit,) = judged_again(world).more
    assert edit.now
    assert findings(world)["statistic_value_changed"].severity is Severity.HIGH
    judged_again(world, blind)
    assert findings(world)["statistic_value_changed"].state is ReviewState.RESOLVED
    assert world.alerts() == sent


def test_to_judge_once_more_finds_nothing_new_and_what_is_found_again_is_open_again(either_world: WikiHarness):
    world = edited(either_world)
    assert len(judged_again(world, blind).fewer) == 1
    once_more = judged_again(world, blind)
    assert (once_more.more, once_more.fewer, once_more.findings) == ([], [], 0)
    assert len(judged_again(world).more) == 1
    assert findings(world)["statistic_value_changed"].state is ReviewState.OPEN
    assert judged_again(world).findings == 0


def test_what_was_decided_is_counted_once_when_newer_rules_do_not_find_it(world: WikiHarness):
    edited(world)
    decide(world, findings(world)["statistic_value_changed"])
    assert [len(judged_again(world, blind).fewer) for _ in range(2)] == [1, 0]
    assert [len(judged_again(world).more) for _ in range(2)] == [1, 0]
    assert [len(judged_again(world, lenient).fewer) for _ in range(2)] == [1, 0]
    stored = findings(world)["statistic_value_changed"]
    assert (stored.state, stored.severity) == (ReviewState.DISMISSED, Severity.HIGH)


def test_a_restored_text_is_judged_as_one_again(world: WikiHarness):
    edited(world, COPY_EDITED)
    world.edit_and_check(CHANGED)
    world.edit_and_check(COPY_EDITED)
    before = restored_texts(world)
    assert before
    report = judged_again(world)
    assert (restored_texts(world), report.findings) == (before, 0)


def restored_texts(world: WikiHarness) -> list[str]:
    texts = [text for item in world.findings() for text in item.body["explanations"]]
    return [text for text in texts if text.startswith("the edit restores")]


def test_what_was_killed_in_the_middle_is_finished_by_the_next_run(either_world: WikiHarness):
    world = edited(either_world)
    world.edit_and_check(CHANGED.replace("25 million", "31 million"))
    calls = []

    def killed(*args: Any, **options: Any) -> Comparison:
        calls.append(args)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return lenient(*args, **options)

    with pytest.raises(KeyboardInterrupt):
        judged_again(world, killed)
    rest = judged_again(world, lenient)
    assert (len(rest.fewer), rest.judged) == (1, 2)
    assert judged_again(world, lenient).findings == 0


def test_decisions_of_reviewers_stay_and_nothing_decided_is_opened_again(either_world: WikiHarness):
    world = edited(either_world, BOTH)
    decide(world, findings(world)["statistic_value_changed"])
    before = findings(world)["statistic_value_changed"]
    for rules in (lenient, blind, compare):
        judged_again(world, rules)
        assert findings(world)["statistic_value_changed"] == before


def test_what_newer_rules_find_is_open_unless_the_edit_was_decided(either_world: WikiHarness):
    world = edited(either_world, BOTH)
    claim = next(rule for rule in findings(world) if rule.startswith("claim"))
    forget(world, claim)
    judged_again(world)
    assert findings(world)[claim].state is ReviewState.OPEN
    forget(world, claim)
    decide(world, findings(world)["statistic_value_changed"])
    judged_again(world)
    assert findings(world)[claim].state is ReviewState.RESOLVED


def test_a_text_that_is_not_stored_any_more_is_counted(world: WikiHarness):
    edited(world)
    world.watch("Ebb")
    assert judged_again(world).unwatched == 1


def test_nothing_older_is_judged(world: WikiHarness):
    edited(world, TEXT.replace("21", "22"))
    world.clock.advance(days=3)
    assert judged_again(world).judged == 0


def test_an_edit_on_which_the_comparison_fails_is_counted_and_ends_no_other(world: WikiHarness):
    edited(world, BOTH)
    world.edit_and_check(CHANGED)
    report = judged_again(world, broken)
    assert (report.judged, report.failed, report.unreadable) == (1, 1, 0)
