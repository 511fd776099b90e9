"""Test `watcher check` and `watcher deliver`: a line per article, the messages sent, and exit codes for scripts."""

import sys

import pytest

from tests.flows.harness import TEXT, WikiHarness
from tests.watcher.cli.conftest import Watcher


def test_wiki_text_cannot_steer_the_terminal(world: WikiHarness, watcher: Watcher):
    watcher("check")
    world.edit(TEXT.replace("== Harbours ==", "== Har\u202ebours\u009b31m ==").replace("21 million", "25 million"))
    reported = watcher("check")
    assert "25 million" in reported.out
    assert all(letter.isprintable() or letter == "\n" for letter in reported.out + reported.err)


def test_who_sits_at_a_terminal_sees_how_far_it_is(
    world: WikiHarness, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
):
    world.edit("It is low.", "Low water")
    world.watch("Tide", "Low water")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    answer = watcher("check")
    assert answer.out.startswith("+ Tide: watching from revision 1 on\n+ Low water: ")
    assert "100%" in answer.err
