"""Test that `watcher explain` shows each change with the result of each rule, and what was suppressed."""

from __future__ import annotations

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


def test_every_rule_and_suspicion_has_its_say(watcher: Watcher, edited: WikiHarness):
    assert edited.stored() == [1, 2, 3, 4]
    answer = watcher("explain", "Tide", 1, 2, "--all")
    assert answer.code == 0
    assert "revision 1 → 2, 1 change, alerts from medium on" in answer.out
    assert "statistic.changed in Harbours" in answer.out
    for rule in (*RULES, *ANOMALY_CHECKS):
        assert f"    {rule.__name__} " in answer.out
    assert "→ high, for alerts" in answer.out
    assert "    inbox: not sent: no check has found it" in answer.out  # it was undone before the check


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
        "worst: not sent: its threshold, kinds or filters leave it out",
    ]
    world.edit(COPY_EDITED)
    watcher("check")
    assert "    digest: not sent: undone or replaced by a later alert" in watcher("explain", "Tide", 1, 2).out


def test_what_is_held_back_says_so(watcher: Watcher, edited: WikiHarness):
    assert edited.stored()[-1] == 4
    assert "not alerted: below medium" in watcher("explain", "Tide", 3, 4).out


def test_what_the_watch_filters_and_what_it_names_is_explained(watcher: Watcher, edited: WikiHarness):
    edited.watch("Tide", ignore={"editors": ["Editor"]}, statistic=[{"label": "boats", "change": "10 %"}])
    answer = watcher("explain", "Tide", 1, 2).out
    assert "→ high, not alerted: filtered, edit by Editor" in answer
    assert "named-threshold" in answer
    assert "MEDIUM   at least this: boats moved by more than 10 %" in answer


def test_a_revision_that_nobody_has_is_refused(watcher: Watcher, edited: WikiHarness):
    assert edited.stored()
    assert watcher("explain", "Tide", 1, 99).refuses("99")


def test_the_title_that_an_alert_prints_after_a_move_is_understood(watcher: Watcher, edited: WikiHarness):
    edited.store.move("Tide", "Tides")
    watcher("check")
    for title in ("Tide", "Tides"):
        assert watcher("explain", title, 1, 2).code == 0
        assert watcher("blame", title, "--offline").code == 0
        assert watcher("history", title, "--offline").code == 0
        assert watcher("check", title).code == 0
        assert watcher("mute", title, "--until", "7d").code == 0


def test_without_all_only_the_rules_are_shown_that_had_something_to_say(watcher: Watcher, edited: WikiHarness):
    assert edited.stored()
    shown, every = watcher("explain", "Tide", 1, 2).out, watcher("explain", "Tide", 1, 2, "--all").out
    assert "    statistic_value_changed  HIGH " in shown
    assert " –\n" not in shown
    silent = every.count(" –\n")
    assert f"    {silent} more had nothing to say; --all shows them\n" in shown
    assert "--all" not in every


def test_a_revision_with_a_hidden_text_is_not_explained(watcher: Watcher, world: WikiHarness):
    hidden = world.edit(CHANGED)
    shown = world.edit(CHANGED + "\nIt is high.")
    world.store.hide(hidden, "content")
    assert watcher("explain", "Tide", hidden, shown).refuses("its text is hidden by the wiki")
