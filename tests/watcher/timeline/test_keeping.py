from __future__ import annotations

import pytest

from tests.watcher.saga import Saga
from watcher.chronicle import Chronicle
from watcher.errors import Corrupt
from watcher.model.codec import Codec
from watcher.model.notes import KEPT
from watcher.timeline import Lives
from watcher.timeline.keeping import kept, revived
from watcher.timeline.state import Line
from watcher.timeline.tracks import Held, Slot, Tail

ROWS = Codec((*KEPT, Slot, Held, Line, Tail))


def test_lives_that_were_kept_go_on_as_if_they_had_not_been():
    saga = Saga(seed=23)
    saga.play(60)
    through, pieces = Chronicle(), Chronicle()
    notes: list[object] = []
    text = ""
    for number, snapshot in enumerate(saga.snapshots()):
        through.add(snapshot)
        pieces.add(snapshot)
        text = snapshot.wikitext or ""
        if number % 7 == 6:
            notes += pieces.take()
            pieces = Chronicle.resume(pieces.kept(), text)
    assert pieces.presents() == through.presents()
    through.take()
    pieces.take()
    assert ROWS.load(pieces.kept()) == ROWS.load(through.kept())
    assert notes


def test_nothing_is_kept_of_notes_that_were_taken():
    saga = Saga(seed=2)
    saga.play(5)
    made = Chronicle()
    for snapshot in saga.snapshots():
        made.add(snapshot)
    assert made.take()
    assert made.take() == ()


@pytest.mark.parametrize("body", [b"", b"[]", Codec(()).dump(("state", 1, 2)), Codec(()).dump((1, 2, 3, 4, 5, 6))])
def test_what_was_not_kept_is_corrupt(body: bytes):
    with pytest.raises(Corrupt):
        revived(body)


def test_lives_of_nothing_come_back():
    assert kept(revived(kept(Lives()))) == kept(Lives())
