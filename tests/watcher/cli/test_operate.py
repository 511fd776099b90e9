"""Test that `watcher doctor` exits with 3 when something is wrong, and says what to do."""

from __future__ import annotations

import json

from tests.flows.harness import WikiHarness
from tests.watcher.cli.conftest import Watcher
from watcher.services.context import clock


def test_an_examination_is_a_line_a_subject(watcher: Watcher, world: WikiHarness):
    world.store.now = clock
    watcher("check")
    answer = watcher("doctor")
    assert answer.code == 0
    assert "✓ ok   database: can be read and written" in answer.out
    assert "✓ ok   clock: agrees with that of w" in answer.out
    assert "? warn watchlist: watchlist.toml: contact is still mailto:tests@example.org – write your own" in answer.out


def test_what_is_wrong_ends_with_three(watcher: Watcher, world: WikiHarness):
    world.wiki.close()
    answer = watcher("doctor", "--format", "json")
    assert answer.code == 3
    [wiki] = [load for load in json.loads(answer.out) if load["subject"] == "wiki w"]
    assert (wiki["level"], wiki["advice"]) == ("fail", "check the network, its api and allowed_hosts")
