"""Test the parameters of citation templates."""

import dataclasses

from tests.cases import for_each
from watcher.model import Reference
from watcher.parse.citations.plain_text import ALIASES, HIDDEN_PARAMETERS, PREFIXES, TEMPLATES

# Fields that the reader assembles into those of a Reference.
PARTS = {"chapter", "year", "month"}


def test_standard_names_are_fields_of_a_reference():
    assert set(ALIASES.values()) - PARTS <= {field.name for field in dataclasses.fields(Reference)}


@for_each("words", [ALIASES, HIDDEN_PARAMETERS, TEMPLATES, PREFIXES])
def test_words_are_written_as_they_are_looked_up(words: object):
    assert [word for word in words if word != word.lower() or "_" in word or not word.strip()] == []  # type: ignore[attr-defined]


def test_no_parameter_is_both_read_and_unseen():
    assert set(ALIASES) & HIDDEN_PARAMETERS == set()
