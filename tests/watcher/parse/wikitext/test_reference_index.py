"""Test which named references an article defines and uses, by a scan of its whole text."""

import pytest

from tests.cases import for_each, table
from watcher.parse.wikitext.reference_index import clean_name, index_references, reference_key


@for_each(("text", "uses", "definitions"))
def test_names_are_found(text: str, uses: dict[str, int], definitions: tuple[str, ...]):
    scan = index_references(text)
    assert (dict(scan.uses), set(scan.definitions)) == (uses, set(definitions))


@for_each("text, key, definition")
def test_a_definition_shows_where_it_stands_the_first_of_two_counts(text: str, key: str, definition: str):
    start, end = index_references(text).definitions[key]
    assert text[start:end] == definition


def test_a_scan_cannot_be_changed():
    with pytest.raises(TypeError):
        index_references("<ref name=a>T</ref>").definitions["b"] = (0, 0)


HOSTILE = table(__file__, "hostile")


@for_each("motif", HOSTILE)
def test_hostile_texts_end(motif: str):
    scan = index_references(motif * 4000)
    assert sum(count for _, count in scan.uses) <= 4000


@for_each(
    ("written", "name"),
    [
        (' "a  b" ', "a b"),
        ("'a'", "a"),
        ("a", "a"),
        ("a/b", "a/b"),
        ('"', None),
        ("", None),
        (None, None),
        ("a_b", "a_b"),
    ],
)
def test_a_name_loses_quotes_and_spare_spaces(written: str | None, name: str | None):
    assert clean_name(written) == name


def test_a_group_comes_before_the_name():
    assert (reference_key("a", "n"), reference_key("a", None)) == ("n/a", "a")
