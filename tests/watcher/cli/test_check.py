"""Test `watcher check` and `watcher deliver`: a line per article, the messages sent, and exit codes for scripts."""

from __future__ import annotations

from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.simulators import WebhookReceiver
from tests.watcher.cli.conftest import Watcher


def test_a_baseline_then_an_alert_then_nothing(world: WikiHarness, watcher: Watcher, inbox: WebhookReceiver):
    assert watcher("check").out == "+ Tide: watching from revision 1 on\n"
    assert watcher("deliver", "--log").out == "nothing was ever queued\n"
    assert watcher("deliver", "--retry-dead").out.startswith("0 dead deliveries")
    world.edit(CHANGED)
    reported = watcher("check")
    first, second, third = reported.out.splitlines()
    assert first == "! Tide: revisions 1 → 2: 1 finding, worst high"
    assert second.split()[:2] == ["high", "Harbours:"]
    assert "21 million → 25 million boats" in second
    assert (third, reported.code, reported.err) == ("1 message sent", 0, "")
    assert watcher("check").out == "= Tide: nothing since revision 2\n"
    assert len(inbox.requests) == 1


def test_checks_one_after_another_send_what_each_found_at_once(
    world: WikiHarness, watcher: Watcher, inbox: WebhookReceiver
):
    """Whoever calls `check` waits for its messages, whatever the groups of alerts by a service wait for."""
    world.grouping = 'group_wait = "1h"\ngroup_interval = "1h"'
    world.watch("Tide")
    watcher("check")
    for number, millions in enumerate(("25", "28"), start=1):
        world.edit(TEXT.replace("21 million", f"{millions} million"))
        watcher("check")
        assert len(inbox.accepted) == number


def test_only_the_named_articles_are_checked_with_underscores_or_blanks(world: WikiHarness, watcher: Watcher):
    world.edit(TEXT, "Low water")
    world.edit(TEXT, "High water")
    world.watch("Tide", "Low water", "High water")
    reported = watcher("check", "Low_water", "Tide")
    assert [line.split(":")[0] for line in reported.out.splitlines()] == ["+ Tide", "+ Low water"]


def test_what_fails_goes_to_the_stream_of_errors_and_ends_with_three(world: WikiHarness, watcher: Watcher):
    world.watch("Ebb", "Tide")
    reported = watcher("check")
    assert (reported.code, reported.out) == (3, "+ Tide: watching from revision 1 on\n")
    assert reported.err == "✗ Ebb: Ebb on w: there is no such page; correct the title in the watchlist\n"


def test_a_message_that_does_not_arrive_ends_with_three_and_is_sent_later(
    world: WikiHarness, watcher: Watcher, inbox: WebhookReceiver
):
    watcher("check")
    world.edit(CHANGED)
    inbox.respond_with(["404"])
    reported = watcher("check")
    assert reported.code == 3
    assert reported.err.startswith("✗ inbox: ")
    assert watcher("status").code == 3
    assert watcher("deliver", "--retry-dead").code == 0
    assert len(inbox.accepted) == 1


def test_wiki_text_cannot_steer_the_terminal(world: WikiHarness, watcher: Watcher):
    watcher("check")
    world.edit(TEXT.replace("== Harbours ==", "== Har\u202ebours\u009b31m ==").replace("21 million", "25 million"))
    reported = watcher("check")
    assert "25 million" in reported.out
    assert all(letter.isprintable() or letter == "\n" for letter in reported.out + reported.err)
