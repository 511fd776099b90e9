from __future__ import annotations

import mwparserfromhell

from tests.cases import for_each
from watcher.model import Dialect, TextKind
from watcher.parse.render.nodes import read_node
from watcher.parse.render.renderer import Renderer, strip_stray_tags


def reader_of(text: str):
    reader = Renderer(Dialect(), read_node)
    reader.read_block(mwparserfromhell.parse(text, skip_style_tags=True))
    return reader


def test_passages_follow_the_text_and_come_back_with_their_offsets():
    text = "Ships.\n\nTrade ''grew''.\n* salt"
    passages = [passage for passage in reader_of(text).passages if passage.words()]
    assert [passage.words() for passage in passages] == ["Ships.", "Trade grew.", "salt"]
    assert [text[passage.start : passage.end] for passage in passages] == ["Ships.", "Trade ''grew''.\n", "* salt"]


def test_an_aside_leaves_the_running_text_whole():
    reader = reader_of("Before ")
    result = reader.read_detached("set beside", TextKind.INFOBOX, "note")
    reader.append_text("after")
    assert reader.current.words() == "Before after"
    assert [(item.where, item.label, item.words()) for item in result] == [(TextKind.INFOBOX, "note", "set beside")]


def test_an_enclosed_quote_stays_what_surrounds_it():
    reader = reader_of("")
    reader.where = TextKind.TABLE
    reader.read_block_element(mwparserfromhell.parse("said"), TextKind.QUOTE)
    assert [passage.where for passage in reader.passages if passage.words()] == [TextKind.TABLE]


def test_plain_words_leave_their_footnotes_in_the_text():
    reader = reader_of("x")
    words = reader.plain_text(mwparserfromhell.parse("12 ''ships''<ref name=log>Log.</ref>", skip_style_tags=True))
    assert words == "12 ships"
    assert [note.keys for note in reader.current.notes] == [("log",)]


def test_a_reference_has_its_place():
    text = "Ships.<ref>Log of 1900.</ref> Trade."
    location = reader_of(text).references[0].location
    assert text[location.start : location.end] == "<ref>Log of 1900.</ref>"


@for_each(
    ("text", "shown"),
    [("a <div class=x> b", "a   b"), ("a < b", "a < b"), ("__TOC__ a", " a"), ("-{a}-", "a"), ("a</ref>", "a ")],
)
def test_markup_that_stands_alone_is_not_shown(text: str, shown: str):
    assert strip_stray_tags(text) == shown
