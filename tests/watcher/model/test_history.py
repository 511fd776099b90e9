from __future__ import annotations

from datetime import timedelta

from tests.watcher.history_helpers import revision
from watcher.model import Sentence
from watcher.model.ledger import EditVerb, Episode, Timeline


def episode(verb: EditVerb, day: int, ended: int | None = None) -> Episode:
    element = None if verb is EditVerb.REMOVED else Sentence(text=f"{day}")
    return Episode(
        verb=verb,
        revision=revision(day),
        origin=revision(day),
        source_origin=revision(day),
        element=element,
        ended=None if ended is None else revision(ended),
    )


def test_an_episode_that_stands_has_no_length():
    assert episode(EditVerb.ADDED, 1).duration is None
    assert episode(EditVerb.ADDED, 1, ended=3).duration == timedelta(days=2)


def test_what_is_gone_is_known_by_what_it_was_last():
    timeline = Timeline(
        number=0, subject="statistic", episodes=(episode(EditVerb.ADDED, 1, 2), episode(EditVerb.REMOVED, 2))
    )
    assert not timeline.is_current
    assert timeline.latest.revision.id == 1


def test_what_stands_is_its_newest_episode():
    timeline = Timeline(
        number=0, subject="statistic", episodes=(episode(EditVerb.ADDED, 1, 2), episode(EditVerb.CHANGED, 2))
    )
    assert timeline.is_current
    assert timeline.latest.revision.id == 2
