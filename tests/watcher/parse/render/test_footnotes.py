"""Test that footnotes are read once and replaced without moving or showing other text."""

import mwparserfromhell

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.citations.references import footnote_number, parse_footnote, replace_footnotes
from watcher.parse.document import analyse

NOTE = "<ref>{{cite book|title=A book of some length}}</ref>"


def test_text_keeps_its_length_and_loses_its_footnote():
    short, notes = replace_footnotes(f"One.{NOTE} Two.")
    assert len(short) == len(f"One.{NOTE} Two.")
    assert "cite book" not in short
    assert [reference.title for _, reference in notes if reference] == ["A book of some length"]


@for_each("text")
def test_text_that_shows_or_lacks_footnotes_is_left_alone(text: str):
    text = text.replace("¶", NOTE)
    assert replace_footnotes(text) == (text, ())


def test_each_placeholder_has_the_number_of_its_footnote():
    notes = [f"<ref>{number}</ref>" for number in range(40)]
    short, known = replace_footnotes(f"A <br\t/> {''.join(notes)}")
    tags = mwparserfromhell.parse(short, skip_style_tags=True).filter_tags()
    assert [footnote_number(tag) for tag in tags] == [None, *range(40)]
    assert [reference.text for _, reference in known if reference] == [str(number) for number in range(40)]


def test_equal_footnotes_are_read_once():
    parse_footnote.cache_clear()
    analyse.__wrapped__(f"One.{NOTE} Two.{NOTE}", Dialect())
    assert parse_footnote.cache_info().misses == 1


def test_sentences_cite_and_tags_stand_where_the_footnotes_stood():
    dead = "<ref>{{cite web|title=T|url=https://example.org/x}} {{dead link}}</ref>"
    analysis = analyse.__wrapped__(f"First 12 boats.{dead} Second one.{NOTE}", Dialect())
    assert [sentence.cites for sentence in analysis.sentences] == [
        ("url:example.org/x",),
        ("title:a book of some length|",),
    ]
    assert analysis.sentences[0].tags == ("dead link",)


def test_a_reference_has_its_place():
    text = "Ships.<ref>Log of 1900.</ref> Trade."
    location = analyse(text, Dialect()).references[0].location
    assert text[location.start : location.end] == "<ref>Log of 1900.</ref>"
