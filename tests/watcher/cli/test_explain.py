"""Test that `watcher explain` shows each change with the result of each rule, and what was suppressed."""

import re

import pytest

from tests.flows.harness import CHANGED, COPY_EDITED, WikiHarness
from tests.watcher.cli.conftest import Watcher
from watcher.judge.anomalies import ANOMALY_CHECKS
from watcher.judge.engine import RULES


@pytest.fixture
def edited(watcher: Watcher, world: WikiHarness) -> WikiHarness:
    """Revision 2 changes a figure, 3 undoes it, 4 is a copy-edit; all are stored."""
    watcher("check")
    for text in (CHANGED, world.store.by_title["Tide"].revisions[0].text or "", COPY_EDITED):
        world.edit(text)
    watcher("check")
    return world


def test_every_rule_has_its_say_or_only_those_that_had_something_to_say(watcher: Watcher, edited: WikiHarness):
    assert edited.stored() == [1, 2, 3, 4]
    every = watcher("explain", "Tide", 1, 2, "--all")
    assert every.code == 0
    assert "revision 1 → 2, 1 change, alerts from medium on" in every.out
    assert "statistic.changed in Harbours" in every.out
    for rule in (*RULES, *ANOMALY_CHECKS):
        assert f"    {rule.__name__} " in every.out
    assert "→ high, for alerts" in every.out
    assert "    inbox: not sent: no check found it" in every.out  # it was undone before the check
    shown = watcher("explain", "Tide", 1, 2).out
    assert "    statistic_value_changed  HIGH " in shown
    assert " –\n" not in shown
    silent = every.out.count(" –\n")
    assert f"    {silent} more did not apply; --all shows them\n" in shown
    assert "--all" not in every.out
    assert "not alerted: below medium" in watcher("explain", "Tide", 3, 4).out
    assert watcher("explain", "Tide", 1, 99).refuses("99")
    edited.store.hide(edited.edit(CHANGED), "content")
    assert watcher("explain", "Tide", 4, 5).refuses("its text is hidden by the wiki")


def test_it_says_what_each_destination_got_and_when_and_why_not(watcher: Watcher, world: WikiHarness):
    more = ("digest", 'digest = "daily 08:00"'), ("worst", 'threshold = "critical"')
    world.extra_settings = "".join(
        f'[[destination]]\nname = "{name}"\nurl = "json://127.0.0.1:9/{name}"\n{line}\n' for name, line in more
    )
    world.watch("Tide")
    watcher("check")
    world.edit(CHANGED)
    watcher("check")
    lines = watcher("explain", "Tide", 1, 2).out.partition("→ high, for alerts\n")[2].splitlines()
    assert [re.sub(r"20[-0-9]+ [0-9]+:[0-9]+ UTC", "(time)", line.strip()) for line in lines] == [
        "inbox: sent (time)",
        "digest: queued, due (time)",
        "worst: not sent: its threshold, kinds or filters exclude it",
    ]
    world.edit(COPY_EDITED)
    watcher("check")
    assert "    digest: not sent: undone or replaced by a later alert" in watcher("explain", "Tide", 1, 2).out
