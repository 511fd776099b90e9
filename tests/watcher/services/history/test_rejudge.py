"""Test that newer rules judge stored edits again: decisions stay, nothing is sent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from snapshots import Dismissal, ReviewAction, ReviewDecision, ReviewedFinding
from snapshots.review_records import FindingRow
from tests.flows.harness import CHANGED, COPY_EDITED, SOURCE, TEXT, WikiHarness
from tests.watcher.services.stories import Player, story_test
from watcher.model import Comparison, Severity
from watcher.pipeline import compare
from watcher.services.history.rejudge import RejudgeReport, rejudge

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


RULES = {"same": compare, "lenient": lenient, "blind": blind, "broken": broken}


class RejudgePlayer(Player):
    """Plays stories of edits that other rules judge again."""

    def judge_again(self, rules: str, **counts: int) -> None:
        """Judge all edits of a day again, and assert some numbers of the report; nobody is alerted."""
        before = self.world.alerts()
        report = judged_again(self.world, RULES[rules])
        for name, count in counts.items():
            value = getattr(report, name)
            assert (value if isinstance(value, int) else len(value)) == count, name
        assert self.world.alerts() == before

    def rule(self, rule: str, state: str, severity: str) -> None:
        """The only finding of a rule from low on."""
        stored = findings(self.world)[rule]
        assert (stored.state.value, stored.severity.label) == (state, severity)

    def reason(self, rule: str, code: str) -> None:
        assert code in findings(self.world)[rule].body["reasons"]

    def dismiss(self, rule: str) -> None:
        decision = ReviewDecision(action=ReviewAction.DISMISS, reason=Dismissal.UPDATE_IS_RIGHT)
        with self.world.archive() as archive:
            archive.reviews.decide([findings(self.world)[rule].id], decision, "Ann", self.world.clock())

    def forget(self, rule: str) -> None:
        """As if another release had not found it."""
        with self.world.archive() as archive, archive.database.write() as session:
            for row in session.exec(select(FindingRow).where(FindingRow.rule == rule)):
                session.delete(row)


HARBOUR = f"A survey found that 21 million boats lay in harbours in 2012.{SOURCE}"
test_newer_rules = story_test(__file__, {"BOTH": BOTH, "HARBOUR": HARBOUR}, RejudgePlayer)


def test_the_same_rules_change_nothing(either_world: WikiHarness):
    world = edited(either_world, BOTH)
    before, sent = findings(world), world.alerts()
    report = judged_again(world)
    assert (report.judged, report.more, report.fewer, report.findings) == (1, [], [], 0)
    assert (findings(world), world.alerts()) == (before, sent)


def test_what_came_later_is_not_known_when_an_edit_is_judged_again(either_world: WikiHarness):
    """The second edit puts the value back: that makes no edit war of the first."""
    world = edited(either_world)
    world.edit_and_check(TEXT.replace("on the wall", "on a wall"), editor="192.0.2.7")
    world.edit_and_check(TEXT.replace("on the wall", "in the hall"), editor="Ann")  # the wiki is asked again who she is
    before = [item.body["reasons"] for item in world.findings()]
    judged_again(world)
    assert [item.body["reasons"] for item in world.findings()] == before
    reasons = [item.body["reasons"] for item in world.findings() if item.kind == "statistic.changed"]
    assert ["flipped-before" in codes for codes in reasons] == [False, True]


def test_a_dry_run_says_what_would_be_another_and_stores_nothing(world: WikiHarness):
    edited(world)
    before = findings(world)
    report = judged_again(world, lenient, write=False)
    (edit,) = report.fewer
    assert (edit.old_worst, edit.new_worst, report.more) == (
        "high: 21 million → 25 million boats (+19 %), same source, same year",
        None,
        [],
    )
    assert findings(world) == before


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
