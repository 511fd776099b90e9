from importlib.resources import files

import pytest

from tests.cases import for_each, table
from watcher.model import Cue
from watcher.parse.claims import cues, read_marks

ALIKE = table(__file__, "alike")


def cues_of(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [(mark.cue.value, mark.normalized) for mark in read_marks(text, language)]


@for_each(("old", "new"), ALIKE)
def test_cues_that_say_the_same_compare_equal(old: str, new: str) -> None:
    assert cues_of(old)
    assert cues_of(old) == cues_of(new)


@for_each(("text", "cue", "expected"))
def test_each_cue_is_read_with_what_it_says(text: str, cue: str, expected: str) -> None:
    assert (cue, expected) in cues_of(text)


def test_every_name_of_a_list_is_an_entity() -> None:
    names = [
        message for cue, message in cues_of("Among them are Peru, the U.S., Sierra Leone and Laos.") if cue == "entity"
    ]
    assert names == ["peru", "us", "sierra leone", "laos"]


@for_each(("text", "cue"))
def test_words_that_only_look_like_a_cue_are_none(text: str, cue: str) -> None:
    assert cue not in [name for name, _ in cues_of(text)]


@for_each("text", [*(text for pair in ALIKE for text in pair), "Peru, Laos and Mali don't."])
def test_a_mark_slices_back_to_its_words(text: str) -> None:
    for mark in read_marks(text):
        assert text[mark.start : mark.end] == mark.text


@for_each(("text", "language", "cue", "expected"))
def test_other_languages_have_their_own_cues(text: str, language: str, cue: str, expected: str) -> None:
    assert (cue, expected) in cues_of(text, language)


@for_each("language", ["xx", "../en", "", "en/../de"])
def test_a_language_without_cues_has_no_marks(language: str) -> None:
    assert read_marks("It is the largest.", language) == ()


def test_a_language_variant_reads_like_its_language() -> None:
    assert cues_of("It is the largest.", "en-gb") == cues_of("It is the largest.")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", " ", "…", "most", "one of the", "according to", "1st", "not", "A, B, " * 5000])
def test_no_text_is_too_odd_to_read(text: str) -> None:
    assert isinstance(read_marks(text), tuple)


def test_only_before_a_number_bounds_it_and_singles_nothing_out() -> None:
    assert [mark.cue for mark in read_marks("Only 3% are men.")] == []
    assert [mark.text for mark in read_marks("The only 3 survivors left.")] == ["only"]


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
