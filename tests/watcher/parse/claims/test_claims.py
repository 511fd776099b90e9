from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Cue
from watcher.parse.claims import read_marks

ALIKE = [
    ("It is the third largest market.", "It is the 3rd-largest market."),
    ("It is the third-largest market.", "It is the third largest market."),
    ("It is the biggest market.", "It is the largest market."),
    ("It is the most common form.", "It is the commonest form."),
    ("The law does not require force.", "The law doesn’t require force."),
    ("It may be higher.", "It might be higher."),
    ("Perhaps it grew.", "Possibly it grew."),
    ("Prices rose sharply.", "Prices increased sharply."),
    ("He is the only member.", "He is the sole member."),
]


def cues_of(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [(mark.cue.value, mark.normalized) for mark in read_marks(text, language)]


@for_each(("old", "new"), ALIKE)
def test_cues_that_say_the_same_compare_equal(old: str, new: str) -> None:
    assert cues_of(old)
    assert cues_of(old) == cues_of(new)


@for_each(
    ("text", "cue", "expected"),
    [
        ("Iron is the third largest export.", Cue.RANK, "3 largest"),
        ("Iron is the 13th most-watched show.", Cue.RANK, "13 most watched"),
        ("Iron is the second fastest-growing trade.", Cue.RANK, "2 fastest growing"),
        ("Iron is the largest export.", Cue.SUPERLATIVE, "largest"),
        ("Iron is one of the largest exports.", Cue.SUPERLATIVE, "among largest"),
        ("It is the most populous state.", Cue.SUPERLATIVE, "most populous"),
        ("It is the most widely used tool.", Cue.SUPERLATIVE, "most widely used"),
        ("She was the first to sail.", Cue.SUPERLATIVE, "first"),
        ("It was one of the first to sail.", Cue.SUPERLATIVE, "among first"),
        ("Consent is not required.", Cue.NEGATION, "not required"),
        ("They cannot leave.", Cue.NEGATION, "not leave"),
        ("Victims were found without papers.", Cue.NEGATION, "without papers"),
        ("It is estimated to be high.", Cue.HEDGE, "estimated"),
        ("The alleged ring was large.", Cue.HEDGE, "reportedly"),
        ("According to the Red Cross, prices fell.", Cue.ATTRIBUTION, "according cross red"),
        ("The agency reported that prices fell.", Cue.ATTRIBUTION, "said"),
        ("Prices have fallen.", Cue.DIRECTION, "down"),
        ("More women than men were found.", Cue.COMPARISON, "more"),
        ("The term refers to a trade in people.", Cue.DEFINITION, "refers"),
        ("Smuggling is a crime against a state.", Cue.DEFINITION, "is"),
    ],
)
def test_each_cue_is_read_with_what_it_says(text: str, cue: Cue, expected: str) -> None:
    assert (cue.value, expected) in cues_of(text)


def test_every_name_of_a_list_is_an_entity() -> None:
    names = [
        message for cue, message in cues_of("Among them are Peru, the U.S., Sierra Leone and Laos.") if cue == "entity"
    ]
    assert names == ["peru", "us", "sierra leone", "laos"]


@for_each(
    ("text", "cue"),
    [
        ("The forest in the west is at rest.", Cue.SUPERLATIVE),
        ("Most countries signed it.", Cue.SUPERLATIVE),
        ("At least four countries signed it.", Cue.SUPERLATIVE),
        ("It freed more than 5,000 people.", Cue.COMPARISON),
        ("It was signed in May 2004.", Cue.HEDGE),
        ("May 15, 1933", Cue.HEDGE),
        ("The United States ratified it.", Cue.ATTRIBUTION),
        ("When first seen it sank.", Cue.SUPERLATIVE),
        ("It rained in Peru.", Cue.ENTITY),
        ("It rained from March, April and May.", Cue.ENTITY),
        (
            "Whatever came of those long and tiresome talks between the two old rival courts, it is a pity.",
            Cue.DEFINITION,
        ),
    ],
)
def test_words_that_only_look_like_a_cue_are_none(text: str, cue: Cue) -> None:
    assert cue.value not in [name for name, _ in cues_of(text)]


@for_each("text", [*(text for pair in ALIKE for text in pair), "Peru, Laos and Mali don't."])
def test_a_mark_slices_back_to_its_words(text: str) -> None:
    for mark in read_marks(text):
        assert text[mark.start : mark.end] == mark.text


@for_each(
    ("text", "language", "cue", "expected"),
    [
        ("Das ist nicht erlaubt.", "de", "negation", "not erlaubt"),
        ("Sie ist die größte Stadt.", "de", "superlative", "largest"),
        ("Selon la police, ils sont partis.", "fr", "attribution", "according"),
        ("Ce n’est pas permis.", "fr", "negation", "not permis"),
        ("Es la única ciudad.", "es", "superlative", "only"),
        ("Probablemente aumentó.", "es", "direction", "up"),
    ],
)
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
