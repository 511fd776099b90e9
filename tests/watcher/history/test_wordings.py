from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.watcher.history_helpers import build_timelines, events_of, revision, timelines_from
from watcher.history.state import Wordings
from watcher.model import Sentence, Snapshot
from watcher.model.history import Timeline

PLAIN = "The ferry of Ebb carries salt and timber between the islands of the bay."
CLAIM = "The ferry of Ebb, the oldest of all, carries salt and timber between the islands of the bay."
OTHER = "Gulls rest on the quay of Ebb while the tide comes in."


def stories_of(*texts: str) -> list[list[tuple[int, str, str | None]]]:
    return [events_of(timeline) for timeline in timelines_from(*texts, subject="claim")]


@pytest.mark.parametrize("between", [(), (OTHER,), (f"{PLAIN} {OTHER}",)])
def test_a_claim_begins_when_its_sentence_was_written(between: tuple[str, ...]):
    texts = (PLAIN, *between, PLAIN, CLAIM)
    assert stories_of(*texts) == [[(1, "written", PLAIN), (len(texts), "changed", CLAIM)]]


def test_a_sentence_that_was_reworded_before_it_became_a_claim_keeps_both_wordings():
    reworded = PLAIN.replace("carries salt and timber", "brings sailors, letters and cattle")
    texts = (PLAIN, reworded, reworded.replace("of Ebb", "of Ebb, the oldest of all,"))
    assert [(number, verb) for number, verb, _ in stories_of(*texts)[0]] == [
        (1, "written"), (2, "written"), (3, "changed"),
    ]  # fmt: skip


def test_what_was_split_from_a_claim_begins_with_it():
    joined = f"{CLAIM[:-1]}, and the captain of the ferry is never seen on board without his grey dog."
    apart = f"{CLAIM} The captain of the ferry is never seen on board without his grey dog."
    first, second = stories_of(joined, apart)
    assert [(number, verb) for number, verb, _ in first] == [(1, "added"), (2, "changed")]
    assert [(number, verb) for number, verb, _ in second] == [(1, "written"), (2, "changed")]


def test_a_claim_in_place_of_another_sentence_begins_anew():
    claim = "Nobody has ever counted the boats which the tide of Ebb took in winter."
    assert stories_of(OTHER, claim) == [[(2, "added", claim)]]


def timelines_of_a_cue(hours: int, after: str) -> list[Timeline]:
    """The claims of a sentence that had a cue for some hours."""
    made = revision(30)
    edits = [(revision(1), PLAIN), (made, CLAIM), (replace(revision(31), at=made.at + timedelta(hours=hours)), after)]
    timelines = build_timelines(Snapshot(revision=edit, wikitext=text) for edit, text in edits)
    return [timeline for timeline in timelines if timeline.subject == "claim"]


@pytest.mark.parametrize("after", [PLAIN, f"{PLAIN} {OTHER}"])
def test_a_cue_that_stood_for_less_than_a_day_has_no_timeline(after: str):
    assert timelines_of_a_cue(23, after) == []


@pytest.mark.parametrize("after", [PLAIN, f"{PLAIN} {OTHER}"])
def test_a_claim_that_is_a_sentence_again_is_not_removed(after: str):
    (claim,) = timelines_of_a_cue(25, after)
    assert [(episode.verb.value, episode.undone) for episode in claim.episodes] == [
        ("written", False), ("changed", True), ("changed", False),
    ]  # fmt: skip


def test_sentences_that_left_long_ago_are_forgotten():
    wordings = Wordings()
    sentences = [Sentence(text=f"Boat {number} sails.") for number in range(1025)]
    for sentence in sentences:
        wordings.add(revision(1), sentence, (), reworded=False)
    wordings.forget_removed(sentences[:1])
    assert [bool(wordings.of(sentences[number])) for number in (0, 1, -1)] == [True, False, True]
