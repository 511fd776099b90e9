"""Test output in rare cases: empty lists, hidden texts, accounts after a restore."""

from __future__ import annotations

import pytest

from snapshots import ApiToken, Scope, User
from tests.flows.harness import CHANGED, WikiHarness
from tests.watcher.cli.conftest import Watcher


@pytest.mark.usefixtures("world")
def test_an_outbox_without_messages_has_no_attempts(watcher: Watcher):
    watcher("check")
    assert watcher("deliver", "--log").out == "nothing was ever queued\n"


def test_a_text_without_statistics_has_nothing_to_blame(watcher: Watcher, world: WikiHarness):
    world.edit("The tide rises and falls.")
    watcher("check")
    assert "states no statistic" in watcher("blame", "Tide").err


def test_a_revision_with_a_hidden_text_is_not_explained(watcher: Watcher, world: WikiHarness):
    hidden = world.edit(CHANGED)
    shown = world.edit(CHANGED + "\nIt is high.")
    world.store.hide(hidden, "content")
    assert watcher("explain", "Tide", hidden, shown).refuses("its text is hidden by the wiki")


def test_a_restore_names_who_may_sign_in_and_the_tokens_that_it_left_out(watcher: Watcher, world: WikiHarness):
    watcher("check")
    with world.services() as services:
        services.archive.accounts.add_user(User(name="ada", scope=Scope.READ, at=world.clock(), password="hash"))
        services.archive.accounts.add_token(ApiToken(name="bot", scope=Scope.READ, at=world.clock()), "secret")
    watcher("backup", "today.backup")
    assert watcher("token", "revoke", "bot").code == 0
    answer = watcher("restore", "today.backup", "--force")
    assert answer.code == 0, answer.err
    assert "may sign in: ada (read); remove others" in answer.out
    assert "left out, because they were or may have been revoked since" in answer.out
