from __future__ import annotations

from watcher.model import Location, TextKind
from watcher.parse.render.passages import Footnote, Passage


def test_footnotes_stand_where_they_were_set():
    passage = Passage(TextKind.PROSE)
    passage.parts.append("Ships left.")
    passage.note(Footnote(keys=("log",)))
    passage.parts.append(" Trade grew.")
    assert passage.rendered() == ("Ships left. Trade grew.", [11])
    assert not passage.is_empty


def test_spans_of_words_lead_back_to_the_source():
    source = "'''Ships'''  left.{{x}} Trade grew."
    passage = Passage(TextKind.PROSE, start=0, end=len(source))
    for part, at, exact in (("'''Ships'''  left.", 0, True), (" Also: ", 18, False), (" Trade grew.", 23, True)):
        passage.anchor(at, exact=exact)
        passage.parts.append(part)
    assert passage.words() == "Ships left. Also: Trade grew."
    locations = passage.locate([(0, 11), (12, 29)])
    assert [source[location.start : location.end] for location in locations] == [
        "'''Ships'''  left.",
        "{{x}} Trade grew.",
    ]


def test_a_passage_without_a_way_back_has_the_place_of_the_whole():
    passage = Passage(TextKind.TABLE, start=3, end=9, parts=["One. Two."])
    assert passage.locate([(0, 4), (5, 9)]) == [Location(start=3, end=9)] * 2
