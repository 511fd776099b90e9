"""Test that each language's cue file is complete."""

from __future__ import annotations

from importlib.resources import files

from tests.cases import for_each
from watcher.model import Cue
from watcher.parse.claims import cues

LANGUAGES = sorted(
    path.name.removesuffix(".toml") for path in files("watcher.parse.claims").iterdir() if path.name.endswith(".toml")
)


def test_the_languages_that_the_readme_promises_are_there():
    assert {"de", "en", "es", "fr"} <= set(LANGUAGES)


@for_each("language", LANGUAGES)
def test_every_language_knows_every_kind_of_cue(language: str):
    result = cues(language)
    assert result is not None
    known = {phrase.cue for row in result.phrases.values() for phrase in row}
    assert {Cue.NEGATION, Cue.HEDGE, Cue.ATTRIBUTION, Cue.DIRECTION, Cue.COMPARISON} <= known
    assert result.articles
    assert result.ordinals
    assert result.among


@for_each("language", LANGUAGES)
def test_the_longest_phrase_is_tried_first(language: str):
    result = cues(language)
    assert result is not None
    for row in result.phrases.values():
        lengths = [len(phrase.rest) for phrase in row]
        assert lengths == sorted(lengths, reverse=True)


def test_a_regional_code_is_its_language():
    assert cues("de-at") == cues("de")


@for_each("language", ["xx", "", "../en", "en.toml", "ｅｎ"])
def test_a_language_without_a_file_has_no_cues(language: str):
    assert cues(language) is None
