from __future__ import annotations

from datetime import timedelta

import pytest

from tests.watcher.lives import revision
from watcher.model import Sentence
from watcher.model.timelines import Episode, Passage, Row, Timeline, Verb


def passage(text: str) -> Passage:
    return Passage(sentence=Sentence(text=text))


def episode(verb: Verb, day: int, ended: int | None = None) -> Episode:
    element = None if verb is Verb.REMOVED else Sentence(text=f"{day}")
    return Episode(
        verb=verb,
        revision=revision(day),
        origin=revision(day),
        source_origin=revision(day),
        element=element,
        ended=None if ended is None else revision(ended),
    )


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [(["a"], ["a"], True), (["a"], ["b"], False), (["a b"], ["a", "b"], False), ([], ["a"], False)],
)
def test_rows_are_the_same_when_their_sentences_are(old: list[str], new: list[str], same):
    assert Row(old=tuple(map(passage, old)), new=tuple(map(passage, new))).same is same


def test_an_episode_that_stands_has_no_length():
    assert episode(Verb.ADDED, 1).stood is None
    assert episode(Verb.ADDED, 1, ended=3).stood == timedelta(days=2)


def test_what_is_gone_is_known_by_what_it_was_last():
    life = Timeline(number=0, subject="statistic", episodes=(episode(Verb.ADDED, 1, 2), episode(Verb.REMOVED, 2)))
    assert not life.alive
    assert life.latest.revision.id == 1


def test_what_stands_is_its_newest_episode():
    life = Timeline(number=0, subject="statistic", episodes=(episode(Verb.ADDED, 1, 2), episode(Verb.CHANGED, 2)))
    assert life.alive
    assert life.latest.revision.id == 2
