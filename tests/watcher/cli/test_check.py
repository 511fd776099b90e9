"""Test `watcher check` and `watcher deliver`: a line per article, the messages sent, and exit codes for scripts."""

from __future__ import annotations

from tests.flows.harness import TEXT, WikiHarness
from tests.watcher.cli.conftest import Watcher


def test_wiki_text_cannot_steer_the_terminal(world: WikiHarness, watcher: Watcher):
    watcher("check")
    world.edit(TEXT.replace("== Harbours ==", "== Har\u202ebours\u009b31m ==").replace("21 million", "25 million"))
    reported = watcher("check")
    assert "25 million" in reported.out
    assert all(letter.isprintable() or letter == "\n" for letter in reported.out + reported.err)
