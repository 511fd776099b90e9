"""Test `watcher rules` and `watcher rejudge`."""

from __future__ import annotations

import json

from tests.flows.harness import CHANGED, COPY_EDITED, SOURCE, WikiHarness
from watcher.judge.engine import RULES


def test_rules_are_listed_counted_and_applied_again(watcher, world: WikiHarness):
    lines = watcher("rules").out.splitlines()
    assert [line.split()[0] for line in lines] == [rule.__name__ for rule in RULES]
    assert "claim_removed             a claim that is gone; what another sentence says now is only noted." in lines
    assert "nothing was found yet" in watcher("rules", "--report").out
    watcher("check")
    world.edit(CHANGED)
    watcher("check")
    (row,) = json.loads(watcher("rules", "--report", "--format", "json").out)
    assert (row["rule"], row["open"], row["precision"]) == ("statistic_value_changed", 1, None)
    assert watcher("rules", "--report").out.splitlines()[1].split() == "statistic_value_changed – 0 0 0 0 1".split()
    done = watcher("rejudge", "--since", "1d")
    assert done.out.endswith("this release would have alerted 0 more and 0 fewer; 0 findings differ\n")
    assert "Judging: 1 of 1 edits" in done.err
    assert watcher("rejudge", "--since", "soon").code == 2


def test_articles_that_state_one_number_of_a_source_differently_are_listed(watcher, world: WikiHarness):
    world.watch("Tide", "Harbour")
    world.edit("In 2012, 12 million boats lay in harbours." + SOURCE, "Harbour")
    assert "no two watched articles" in watcher("contradictions").out
    watcher("check")
    lines = watcher("contradictions", "--limit", "1").out.splitlines()
    assert lines[0] == "Tidal survey (boats, 2012):"
    assert lines[1:] == [
        "  12 million in Harbour, lead: In 2012, 12 million boats lay in harbours.",
        "  21 million in Tide, Harbours: In 2012, the survey counted 21 million boats in all harbours.",
    ]
    assert json.loads(watcher("contradictions", "--format", "json").out)[0]["source"] == "Tidal survey"


def test_edits_that_alert_now_or_no_longer_are_listed(watcher, world: WikiHarness):
    watcher("check")
    world.edit(COPY_EDITED)
    watcher("check")
    pinned = next(line for line in COPY_EDITED.splitlines() if "a table of its own on a wall" in line)
    world.watch("Tide", claims=[pinned])
    assert "Tide, 1 → 2, would alert now: " in watcher("rejudge", "--write").out
    world.watch("Tide")
    assert "Tide, 1 → 2, would not alert any more: " in watcher("rejudge").out
    world.edit("Another page.", "Ebb")
    world.watch("Ebb")
    assert "1 not judged again: not watched any more" in watcher("rejudge").out
