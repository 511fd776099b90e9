"""Test that a reviewer mutes a statistic from its finding, and ends the mute."""

from datetime import timedelta

import pytest

from snapshots import ReviewAction, ReviewState
from tests.cases import for_each
from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.watcher.services.stories import Sent, send, step
from watcher.errors import InputError
from watcher.services.alerting.mutes import mute_finding, suggest_mute_words
from watcher.services.checks.check import undo_decisions

FURTHER = TEXT.replace("21 million", "30 million")


@for_each("old, new, words")
def test_a_figure_is_known_again_by_the_words_that_stay(old: str, new: str, words: str):
    assert (suggest_mute_words({"sentence": {"old": old or None, "new": new or None}}) or "") == words


def test_a_muted_figure_is_reported_no_more_until_that_is_taken_back(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, CHANGED, sent)
    finding = max(world.findings(), key=lambda finding: finding.severity)
    with world.services() as services:
        words = suggest_mute_words(finding.body)
        mute = mute_finding(services, finding, "ada", words=words, until=timedelta(days=7))
        assert (mute.wiki, mute.title, mute.words) == ("w", "Tide", words)
        assert mute.until == world.clock() + timedelta(days=7)
    sent.clear()
    step(world, FURTHER, sent)
    assert sent == []
    with world.services() as services:
        assert [finding.state for finding in world.findings()] == [ReviewState.MUTED] * 2
        assert undo_decisions(services, services.archive.reviews.events_of(finding.id), "ada") > 0
        assert undo_decisions(services, services.archive.reviews.events_of(finding.id), "ada") == 0
        assert services.archive.mutes.list_open() == ()
        assert [finding.state for finding in world.findings()] == [ReviewState.OPEN] * 2
        assert [event.action for event in services.archive.reviews.events_of(finding.id)] == [
            ReviewAction.MUTE,
            ReviewAction.UNDO,
        ]
    assert send(world, sent) == ["catch-up: 25 million → 30 million boats"]


def test_without_words_the_rule_is_muted_in_the_article(world: WikiHarness):
    world.check()
    step(world, CHANGED)
    finding = max(world.findings(), key=lambda finding: finding.severity)
    with world.services() as services:
        mute = mute_finding(services, finding, "ada", words="", until=None)
        assert (mute.title, mute.rule, mute.words, mute.until) == ("Tide", finding.rule, None, None)
        for words in ("a", " "):
            with pytest.raises(InputError, match="too short"):
                mute_finding(services, finding, "ada", words=words, until=None)
