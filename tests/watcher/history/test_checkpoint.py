from __future__ import annotations

import pytest

from tests.watcher.history_generator import Saga
from tests.watcher.history_helpers import revision
from watcher.errors import Corrupt
from watcher.history import HistoryTracker
from watcher.history.history import HistoryBuilder, dump, load
from watcher.history.state import TrackedSentence
from watcher.history.tracks import Track, TrackedElement, TrackVersion
from watcher.history.wordings import KnownSentence, Wording
from watcher.model.history import SERIALIZABLE
from watcher.model.serialization import Codec

ROWS = Codec((*SERIALIZABLE, TrackVersion, TrackedElement, TrackedSentence, Track, Wording, KnownSentence))


def rows_of(builder: HistoryBuilder) -> object:
    return ROWS.load(builder.checkpoint(), lambda ids: {number: revision(number) for number in ids})


def test_lives_that_were_kept_go_on_as_if_they_had_not_been():
    saga = Saga(seed=23)
    saga.play(60)
    through, pieces = HistoryBuilder(), HistoryBuilder()
    notes: list[object] = []
    text = ""
    for number, snapshot in enumerate(saga.snapshots()):
        through.add(snapshot)
        pieces.add(snapshot)
        text = snapshot.wikitext or ""
        if number % 7 == 6:
            notes += pieces.drain_entries()
            pieces = HistoryBuilder.resume(pieces.checkpoint(), text)
    assert pieces.current_elements() == through.current_elements()
    through.drain_entries()
    pieces.drain_entries()
    assert rows_of(pieces) == rows_of(through)
    assert notes


def test_nothing_is_kept_of_notes_that_were_taken():
    saga = Saga(seed=2)
    saga.play(5)
    made = HistoryBuilder()
    for snapshot in saga.snapshots():
        made.add(snapshot)
    assert made.drain_entries()
    assert made.drain_entries() == ()


@pytest.mark.parametrize("body", [b"", b"[]", Codec(()).dump(("state", 1, 2)), Codec(()).dump((1, 2, 3, 4, 5, 6))])
def test_what_was_not_kept_is_corrupt(body: bytes):
    with pytest.raises(Corrupt):
        load(body)


def test_lives_of_nothing_come_back():
    assert dump(load(dump(HistoryTracker()))) == dump(HistoryTracker())
