from decimal import Decimal

import pytest

from tests.cases import for_each, table
from watcher.parse.quantities import is_supported, read_quantities
from watcher.parse.quantities.token_stream import (
    END,
    SHIPPED,
    TokenStream,
    digits_value,
    language_of,
    spelled_numbers,
    tokens_of,
)

LINE = TokenStream.of("More than 5km", language_of("en"))


def test_looks_past_either_end_without_an_error() -> None:
    assert LINE.token(-1) is END
    assert LINE.token(60) is END
    assert LINE.lower(60) == ""


def test_knows_what_touches() -> None:
    assert [LINE.is_adjacent(index) for index in range(5)] == [False, False, False, True, False]


def test_finds_the_phrase_that_ends_before_a_token() -> None:
    assert LINE.phrase_before(LINE.language.before["qualifiers"], 2) == ("more than", 0)
    assert LINE.phrase_before(LINE.language.before["qualifiers"], 1) is None


def test_finds_the_longest_phrase_that_begins_at_a_token() -> None:
    line = TokenStream.of("5 percentage points", language_of("en"))

    assert line.phrase_at(line.language.after["percent"], 1) == ("percentage points", 3)
    assert line.phrase_at(line.language.after["percent"], 0) is None


ENGLISH = language_of("en")


@for_each(("text", "value"))
def test_a_number_token_has_its_value(text: str, value: str) -> None:
    (token,) = tokens_of(text, ENGLISH)

    assert digits_value(token.text, ENGLISH) == Decimal(value)


@pytest.mark.parametrize("code", ["192.168.1.2", "1" * 41])
def test_a_code_has_no_value(code: str) -> None:
    assert digits_value(code, ENGLISH) is None


@for_each(("text", "texts"))
def test_cuts_a_text_into_tokens(text: str, texts: tuple[str, ...]) -> None:
    assert [token.text for token in tokens_of(text, ENGLISH)] == [*texts]


def test_french_elision_is_cut_off_the_noun() -> None:
    assert [token.text for token in tokens_of("5 d'euros", language_of("fr"))] == ["5", "euros"]


def test_german_numbers_use_the_other_separators() -> None:
    german = language_of("de")

    assert digits_value("1.234,5", german) == Decimal("1234.5")
    assert digits_value("3.400", german) == Decimal(3400)


FOUR_BOATS = table(__file__, "four_boats")


@for_each("code", sorted(SHIPPED))
def test_every_shipped_language_has_its_words(code: str) -> None:
    language = language_of(code)

    assert language.code == code
    assert [quantity.value for quantity in read_quantities(FOUR_BOATS[code], code)] == [4]
    assert {"%", "percentage points"} <= {
        meaning for result in language.after["percent"].values() for _, meaning in result
    }


@for_each(("code", "known"), [("en", True), ("DE-at", True), ("tl", False), ("", False)])
def test_the_languages_that_it_knows_are_listed(code: str, *, known: bool) -> None:
    assert is_supported(code) is known


def test_a_regional_code_reads_like_its_language() -> None:
    assert language_of("pt-br").code == "pt"
    assert language_of("tl-ph").code == ""
    assert read_quantities("Rund 3.400 Boote", "de-CH") == read_quantities("Rund 3.400 Boote", "de")


def test_a_scale_is_a_power_of_ten() -> None:
    assert language_of("en").numbers["scales"]["lakh"] == Decimal(100_000)
    assert language_of("en").numbers["nowhere"] == {}


def test_only_a_text_with_digits_or_number_words_may_count() -> None:
    english = language_of("en")

    assert english.may_count("It sank 4 times.")
    assert english.may_count("Half sank.")
    assert not english.may_count("Boats sank off the coast.")


def test_a_scale_behind_digits_belongs_to_them() -> None:
    assert spelled_numbers(tokens_of("21 Millionen", language_of("de")), "de") == {}


def test_english_and_unknown_languages_are_left_to_others() -> None:
    assert spelled_numbers(tokens_of("twenty-one boats", language_of("en")), "en") == {}
