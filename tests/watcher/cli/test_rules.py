"""`watcher rules` and `watcher rejudge` in a few lines."""

from __future__ import annotations

import json

from tests.flows.harness import CHANGED, WikiHarness
from watcher.judge.engine import RULES


def test_rules_are_listed_and_counted(watcher, world: WikiHarness):
    assert watcher("rules").out.split() == [rule.__name__ for rule in RULES]
    assert "nothing was found yet" in watcher("rules", "--report").out
    watcher("check")
    world.edit(CHANGED)
    watcher("check")
    (row,) = json.loads(watcher("rules", "--report", "--format", "json").out)
    assert (row["rule"], row["open"], row["precision"]) == ("statistic_value_changed", 1, None)


def test_a_dry_run_says_that_nothing_would_be_another(watcher, world: WikiHarness):
    watcher("check")
    world.edit(CHANGED)
    watcher("check")
    done = watcher("rejudge", "--since", "1d")
    assert "this release would have alerted 0 more and 0 fewer; 0 findings differ; store that with --write" in done.out
    assert watcher("rejudge", "--since", "soon").code == 2
