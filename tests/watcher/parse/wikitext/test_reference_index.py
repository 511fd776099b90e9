"""Test which named references an article defines and uses, by a scan of its whole text."""

import pytest

from tests.cases import for_each, table
from watcher.parse.wikitext.reference_index import index_references


@for_each(("text", "uses", "definitions"))
def test_names_are_found(text: str, uses: dict[str, int], definitions: tuple[str, ...]):
    scan = index_references(text)
    assert (dict(scan.uses), set(scan.definitions)) == (uses, set(definitions))


def test_a_definition_shows_where_it_stands():
    text = 'Before<ref name="a">{{cite web|title=T}}</ref > after'
    start, end = index_references(text).definitions["a"]
    assert text[start:end] == '<ref name="a">{{cite web|title=T}}</ref >'


def test_a_note_template_shows_where_it_stands():
    text = "Before{{efn|name=q|Some {{x}} text}} after"
    start, end = index_references(text).definitions["lower-alpha/q"]
    assert text[start:end] == "{{efn|name=q|Some {{x}} text}}"


def test_the_first_of_two_definitions_wins():
    text = "<ref name=a>First</ref><ref name=a>Second</ref>"
    start, end = index_references(text).definitions["a"]
    assert text[start:end] == "<ref name=a>First</ref>"


def test_a_scan_cannot_be_changed():
    with pytest.raises(TypeError):
        index_references("<ref name=a>T</ref>").definitions["b"] = (0, 0)


HOSTILE = table(__file__, "hostile")


@for_each("motif", HOSTILE)
def test_hostile_texts_end(motif: str):
    scan = index_references(motif * 4000)
    assert sum(count for _, count in scan.uses) <= 4000
